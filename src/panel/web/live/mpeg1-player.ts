import { createPlayer, type Player, type PlayerStatus, type Screen, type ScreenEvents } from "./player.ts";

// Plays MPEG-1 on a canvas, in plain script: no Media Source Extensions, no WebAssembly, which the security policy forbids.

/** About three seconds; JSMpeg throws away what does not fit. */
const BUFFER_BYTES = 512 * 1024;
/** Pictures at most for one of the screen's: catches up after a pause, and leaves a slow phone its breath. */
const MOST_AT_ONCE = 4;

type JSMpeg = typeof import("@cycjimmy/jsmpeg-player")["default"];

export function createMpeg1Player(options: {
  canvas: HTMLCanvasElement;
  url: string;
  onStatus: (status: PlayerStatus) => void;
  /** Called before the picture goes away. */
  onReset: () => void;
}): Player {
  const { canvas, url, onStatus, onReset } = options;
  let player: Player | undefined;
  let stopped = false;
  // Loaded only where it is needed: it is as large as the rest of the page.
  import("@cycjimmy/jsmpeg-player").then(
    ({ default: jsmpeg }) => {
      if (stopped) return;
      const openScreen = (events: ScreenEvents): Screen => createScreen(jsmpeg, canvas, onReset, events);
      player = createPlayer({ url, onStatus, openScreen });
    },
    () => {
      if (!stopped) onStatus("failing");
    },
  );
  return {
    stop() {
      stopped = true;
      player?.stop();
    },
  };
}

function createScreen(
  jsmpeg: JSMpeg,
  canvas: HTMLCanvasElement,
  onReset: () => void,
  { onPlaying }: ScreenEvents,
): Screen {
  const { TS } = jsmpeg.Demuxer;
  let write: (chunk: ArrayBuffer) => void = () => {};
  let decode: () => boolean = () => false;
  let pending = 0;
  let hasPlayed = false;

  function draw(): void {
    for (let count = 0; count < MOST_AT_ONCE && decode(); count++);
    pending = requestAnimationFrame(draw);
  }

  return {
    begin() {
      cancelAnimationFrame(pending);
      if (hasPlayed) onReset();
      hasPlayed = false;
      // A decoder reads the picture's size once: each run has its own.
      const decoder = new jsmpeg.Decoder.MPEG1Video({
        streaming: true,
        videoBufferSize: BUFFER_BYTES,
        onVideoDecode() {
          if (hasPlayed) return;
          hasPlayed = true;
          onPlaying();
        },
      });
      const demuxer = new TS({});
      demuxer.connect(TS.STREAM.VIDEO_1, decoder);
      decoder.connect(new jsmpeg.Renderer.Canvas2D({ canvas }));
      write = (chunk) => demuxer.write(chunk);
      decode = () => decoder.decode();
      pending = requestAnimationFrame(draw);
      return true;
    },
    show: (chunk) => write(chunk),
    clear() {
      cancelAnimationFrame(pending);
      if (hasPlayed) onReset();
      hasPlayed = false;
    },
  };
}
