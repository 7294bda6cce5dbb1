import { nextTick, onBeforeUnmount, ref, shallowRef } from "vue";
import { type Playable, pieceOf, playable, type Span } from "../api/playback.ts";
import { createViewings } from "../api/viewings.ts";
import { type SeenFrame, shownBy } from "./seen-frame.ts";

/** Of a picture at the usual 25 a second. */
const FRAME_MS = 40;
/** Around the picture from which somebody goes on picture by picture. */
const PIECE_MS = { before: 2_000, after: 4_000 };
export const SPEEDS = [1, 2, 4, 8, 16] as const;

export interface PlayerQuestions {
  readonly camera: string;
  readonly reason: () => string;
  /** What somebody looks at who plays this: so much the audit says. */
  readonly viewed: (atMs: number) => Span;
  /** Where something is recorded, at this time or after it. */
  readonly recordedFrom: (atMs: number) => number | undefined;
  /** Runs what may fail, and says so. */
  readonly attempt: (work: () => Promise<void>) => Promise<void>;
  readonly onBroken: () => void;
}

/** Plays what a camera recorded, over gaps and the ends of answers, in viewings that say why. */
export function usePlayer(questions: PlayerQuestions) {
  const video = ref<HTMLVideoElement>();
  const playing = shallowRef<{ readonly url: string; readonly fromMs: number }>();
  const positionMs = ref<number>();
  const isPaused = ref(false);
  const speed = ref<(typeof SPEEDS)[number]>(1);
  /** Whether there is a viewing: then the place for the picture is there. */
  const isOpen = ref(false);
  const viewings = createViewings(questions.camera, questions.reason, questions.viewed);
  let piece: (Playable & Span) | undefined;
  let wanted = 0;
  let isCut = false;
  let resumedAtMs: number | undefined;

  async function load(atMs: number, paused: boolean): Promise<void> {
    isCut = false;
    const mine = ++wanted;
    const found = await viewings.within(atMs, (viewing) => playable(questions.camera, viewing, atMs));
    // Another place may have been wanted meanwhile.
    if (mine !== wanted) return;
    dropPiece();
    playing.value = found;
    positionMs.value = Math.max(atMs, found.fromMs);
    isOpen.value = true;
    await nextTick();
    const player = video.value;
    if (!player) return;
    player.src = found.url;
    player.defaultPlaybackRate = speed.value;
    player.playbackRate = speed.value;
    // From the key frame before it, which had to come first.
    player.currentTime = Math.max(0, (atMs - found.fromMs) / 1000);
    isPaused.value = paused;
    if (!paused) await player.play().catch(() => undefined);
  }

  function seek(atMs: number, paused = false): Promise<void> {
    const at = questions.recordedFrom(atMs);
    return at === undefined ? Promise.resolve() : questions.attempt(() => load(at, paused));
  }

  function toggle(): void {
    const player = video.value;
    if (!player) return;
    if (piece && positionMs.value !== undefined) void seek(positionMs.value);
    else if (player.paused) void player.play().catch(() => undefined);
    else player.pause();
  }

  function setSpeed(next: (typeof SPEEDS)[number]): void {
    speed.value = next;
    const player = video.value;
    if (!player) return;
    player.defaultPlaybackRate = next;
    player.playbackRate = next;
    if (player.paused) toggle();
  }

  /** What the box sends as it makes it cannot be sought in: picture by picture somebody goes through a piece that is here whole. */
  async function loadPiece(atMs: number): Promise<void> {
    const mine = ++wanted;
    const [found, span] = await viewings.within(atMs, async (viewing, seen) => {
      const fromMs = Math.max(seen.fromMs, atMs - PIECE_MS.before);
      const around = { fromMs, toMs: atMs + PIECE_MS.after };
      return [await pieceOf(questions.camera, viewing, around), around] as const;
    });
    const player = video.value;
    if (mine !== wanted || !player) {
      URL.revokeObjectURL(found.url);
      return;
    }
    dropPiece();
    piece = { ...found, toMs: span.toMs };
    playing.value = found;
    player.src = found.url;
    player.currentTime = Math.max(0, (atMs - found.fromMs) / 1000);
    positionMs.value = Math.max(atMs, found.fromMs);
  }

  function dropPiece(): void {
    if (piece) URL.revokeObjectURL(piece.url);
    piece = undefined;
  }

  /** By one picture. */
  function step(by: 1 | -1): Promise<void> {
    const player = video.value;
    if (!player || positionMs.value === undefined) return Promise.resolve();
    player.pause();
    const atMs = positionMs.value + by * FRAME_MS;
    if (!piece || atMs < piece.fromMs || atMs > piece.toMs - FRAME_MS) {
      return questions.attempt(() => loadPiece(atMs));
    }
    positionMs.value = atMs;
    player.currentTime = (atMs - piece.fromMs) / 1000;
    return Promise.resolve();
  }

  function jump(bySeconds: number): Promise<void> {
    const at = positionMs.value;
    return at === undefined ? Promise.resolve() : seek(at + bySeconds * 1000, isPaused.value);
  }

  function stop(): void {
    wanted++;
    dropPiece();
    viewings.forget();
    isOpen.value = false;
    playing.value = undefined;
    positionMs.value = undefined;
    const player = video.value;
    if (!player) return;
    player.removeAttribute("src");
    player.load();
  }

  /** What is seen at this moment; undefined while nothing is. */
  function frame(): SeenFrame | undefined {
    const player = video.value;
    const film = playing.value;
    const picture = player && film && shownBy(player);
    return picture ? { picture, atMs: film.fromMs + player.currentTime * 1000 } : undefined;
  }

  /** Once from each place: what fails there again is a failure. */
  function resume(): void {
    isCut = false;
    const atMs = positionMs.value;
    if (atMs === undefined || atMs === resumedAtMs) questions.onBroken();
    else {
      resumedAtMs = atMs;
      void seek(atMs);
    }
  }

  const on = {
    timeupdate(): void {
      const player = video.value;
      // In a piece the position is where somebody stepped to.
      if (playing.value && player && !piece)
        positionMs.value = playing.value.fromMs + player.currentTime * 1000;
    },
    play(): void {
      isPaused.value = false;
      if (isCut) resume();
    },
    pause(): void {
      // The browser tells where it is only four times a second.
      on.timeupdate();
      isPaused.value = true;
    },
    /** Over the gap; at the end of all it stops. */
    ended(): void {
      const at = positionMs.value === undefined ? undefined : questions.recordedFrom(positionMs.value + 1000);
      if (at !== undefined) void questions.attempt(() => load(at, false));
    },
    error(): void {
      const player = video.value;
      if (!player?.getAttribute("src")) return;
      // The box ends what takes nothing for a minute, as a paused player: it goes on from where it stands.
      if (player.error?.code !== MediaError.MEDIA_ERR_NETWORK) questions.onBroken();
      else if (player.paused) isCut = true;
      else resume();
    },
  };

  // A player that is taken away would go on loading.
  onBeforeUnmount(stop);
  return {
    video,
    playing,
    positionMs,
    isPaused,
    isOpen,
    speed,
    seek,
    toggle,
    setSpeed,
    step,
    jump,
    stop,
    frame,
    on,
  };
}
