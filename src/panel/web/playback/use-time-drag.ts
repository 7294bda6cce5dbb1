import type { Ref } from "vue";
import type { Span } from "../api/playback.ts";
import { lengthOf, moved, zoomed } from "../words/time-window.ts";

/** A finger that trembles still taps. */
const TREMBLE_PIXELS = 8;
/** Of one turn of a wheel, or of two fingers on a pad. */
const WHEEL_ZOOM = 0.002;

export interface TimeDrag {
  readonly track: Ref<HTMLElement | undefined>;
  readonly window: () => Span;
  readonly limits: () => Span;
  readonly change: (window: Span) => void;
  readonly tap: (atMs: number) => void;
}

/** One finger moves the time under it, two zoom it, a tap means the time there. @returns listeners for the track. */
export function useTimeDrag({ track, window, limits, change, tap }: TimeDrag) {
  const fingers = new Map<number, number>();
  let began: { readonly window: Span; readonly x: number; readonly apart: number } | undefined;
  let isDrag = false;

  const middle = (): number =>
    [...fingers.values()].reduce((sum, x) => sum + x, 0) / Math.max(1, fingers.size);
  const apart = (): number => Math.max(1, Math.max(...fingers.values()) - Math.min(...fingers.values()));
  const begin = (): void => {
    began = fingers.size > 0 ? { window: window(), x: middle(), apart: apart() } : undefined;
  };

  function timeAt(x: number, shown: Span): number | undefined {
    const frame = track.value?.getBoundingClientRect();
    if (!frame || frame.width === 0) return undefined;
    return shown.fromMs + ((x - frame.left) / frame.width) * lengthOf(shown);
  }

  function onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    track.value?.setPointerCapture(event.pointerId);
    if (fingers.size === 0) isDrag = false;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size > 1) isDrag = true;
    begin();
  }

  function onMove(event: PointerEvent): void {
    if (!fingers.has(event.pointerId) || !began) return;
    fingers.set(event.pointerId, event.clientX);
    const width = track.value?.getBoundingClientRect().width ?? 0;
    if (width === 0) return;
    const x = middle();
    if (Math.abs(x - began.x) > TREMBLE_PIXELS) isDrag = true;
    if (!isDrag) return;
    const around = timeAt(began.x, began.window) ?? began.window.fromMs;
    const scaled =
      fingers.size > 1 ? zoomed(began.window, began.apart / apart(), around, limits()) : began.window;
    change(moved(scaled, ((began.x - x) / width) * lengthOf(scaled), limits()));
  }

  function onUp(event: PointerEvent): void {
    if (!fingers.delete(event.pointerId)) return;
    const at = isDrag || fingers.size > 0 ? undefined : timeAt(event.clientX, window());
    begin();
    if (at !== undefined) tap(at);
  }

  function onCancel(event: PointerEvent): void {
    fingers.delete(event.pointerId);
    isDrag = true;
    begin();
  }

  /** The wheel itself turns the page; with the control key, as pads send two fingers, it zooms, and sideways it moves. */
  function onWheel(event: WheelEvent): void {
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!event.ctrlKey && !isSideways) return;
    event.preventDefault();
    const shown = window();
    const frame = track.value?.getBoundingClientRect();
    if (isSideways) {
      change(moved(shown, (event.deltaX / (frame?.width || 1)) * lengthOf(shown), limits()));
      return;
    }
    const around = timeAt(event.clientX, shown) ?? shown.fromMs;
    change(zoomed(shown, Math.exp(event.deltaY * WHEEL_ZOOM), around, limits()));
  }

  return {
    pointerdown: onDown,
    pointermove: onMove,
    pointerup: onUp,
    pointercancel: onCancel,
    wheel: onWheel,
  };
}
