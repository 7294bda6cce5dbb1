import { type ComputedRef, computed, onBeforeUnmount, type Ref, ref, shallowRef } from "vue";
import { codeOf } from "../api/http.ts";
import type { Span } from "../api/playback.ts";
import { NO_TIMELINE, timelineOf } from "../api/timeline.ts";
import { cut, within, withMargin } from "../words/time-window.ts";

/** Of the window and what lies beside it. */
const PARTS = 1_800;
/** A finger that rests, or a hand that turned on: until then what is there is drawn. */
const REST_MS = 250;

/** What a camera's bar of time shows: a window of its time, and what the box knows of that. */
export function useTimeline(camera: string, reason: Ref<string>, limits: ComputedRef<Span>) {
  const window = shallowRef<Span>({ fromMs: 0, toMs: 1 });
  const timeline = shallowRef(NO_TIMELINE);
  /** The code of why it could not be had; empty while it could. */
  const failure = ref("");
  let resting: ReturnType<typeof setTimeout> | undefined;
  let asked: object | undefined;

  /** @returns whether it is still what is wanted. */
  async function load(): Promise<boolean> {
    clearTimeout(resting);
    const mine = {};
    asked = mine;
    try {
      const found = await timelineOf(camera, withMargin(window.value, limits.value), PARTS, reason.value);
      if (asked !== mine) return false;
      timeline.value = found;
      failure.value = "";
    } catch (error) {
      if (asked !== mine) return false;
      failure.value = codeOf(error);
    }
    return true;
  }

  /** Another window, and what is in it. */
  function show(wanted: Span): Promise<boolean> {
    window.value = within(wanted, limits.value);
    timeline.value = NO_TIMELINE;
    return load();
  }

  /** A window near by: what is there stays until there is more. */
  function change(wanted: Span): void {
    window.value = within(wanted, limits.value);
    clearTimeout(resting);
    resting = setTimeout(() => void load(), REST_MS);
  }

  onBeforeUnmount(() => {
    clearTimeout(resting);
    asked = undefined;
  });

  return {
    window,
    timeline,
    failure,
    recorded: computed(() => cut(timeline.value.recorded, window.value)),
    load,
    show,
    change,
  };
}
