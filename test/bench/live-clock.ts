import { spawnSync } from "node:child_process";
import { createSceneSource, type Scene, type SceneSource } from "../../hw/virtual/scene/scene-source.ts";

// A camera whose every picture tells the millisecond in which it was taken, as a bar code that survives any encoder.

export const WIDTH = 640;
export const HEIGHT = 360;
/** Milliseconds of the wall clock modulo 2^BITS: repeats after 17 minutes. */
const BITS = 20;
const CELL_WIDTH = WIDTH / BITS;
/** The upper row holds the bits, the lower one their complements: whatever is no code does not read as one. */
const ROW_HEIGHT = 24;
const FOOTAGE_FRAMES = 75;
const FRAME_BYTES = WIDTH * HEIGHT * 4;

/** Five seconds of a clip, over and over, under the bar code; 640x360, 15 fps, a key frame every 0.8 s. */
export function createClockCamera(clip: string, fromSeconds: number): SceneSource {
  const { stdout, stderr } = spawnSync(
    "ffmpeg",
    [
      ...["-v", "error", "-ss", String(fromSeconds), "-i", clip, "-frames:v", String(FOOTAGE_FRAMES)],
      ...["-vf", `fps=15,scale=${WIDTH}:${HEIGHT},format=rgba`, "-f", "rawvideo", "pipe:1"],
    ],
    { maxBuffer: 2 * FOOTAGE_FRAMES * FRAME_BYTES },
  );
  const frames = Math.floor(stdout.length / FRAME_BYTES);
  if (frames === 0) throw new Error(`ffmpeg gave no pictures of ${clip}: ${stderr}`);
  let shown = 0;
  const scene: Scene = {
    width: WIDTH,
    height: HEIGHT,
    render(_capturedAtMs, wallMs) {
      const start = (shown++ % frames) * FRAME_BYTES;
      const picture = stdout.subarray(start, start + FRAME_BYTES);
      drawCode(picture, wallMs % 2 ** BITS);
      return picture;
    },
  };
  return createSceneSource(scene);
}

function drawCode(rgba: Buffer, code: number): void {
  for (let bit = 0; bit < BITS; bit++) {
    const isSet = ((code >> bit) & 1) === 1;
    for (const [row, isWhite] of [isSet, !isSet].entries()) {
      for (let y = row * ROW_HEIGHT; y < (row + 1) * ROW_HEIGHT; y++) {
        const at = (y * WIDTH + bit * CELL_WIDTH) * 4;
        rgba.fill(isWhite ? 0xff : 0x00, at, at + CELL_WIDTH * 4);
      }
    }
  }
}

/** What a page collected: from opening its socket to the first picture, and how old each new picture was when it was shown. */
export interface Seen {
  readonly firstPictureMs: number | null;
  readonly latencyMs: readonly number[];
}

/**
 * For a page's beginning: notes when a socket is opened whose address contains `socketMark`, and then reads the bar code
 * off the first element of `selector` before each repaint, into `window.seen` (`Seen`).
 */
export function readerScript(socketMark: string, selector: string): string {
  return `(() => {
    const seen = { firstPictureMs: null, latencyMs: [] };
    window.seen = seen;
    let openedMs;
    let lastCode;
    const Native = window.WebSocket;
    window.WebSocket = class extends Native {
      constructor(...parameters) {
        super(...parameters);
        if (String(parameters[0]).includes(${JSON.stringify(socketMark)})) openedMs ??= performance.now();
      }
    };
    const canvas = document.createElement("canvas");
    canvas.width = ${WIDTH};
    canvas.height = ${2 * ROW_HEIGHT};
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const read = (source) => {
      context.drawImage(source, 0, 0, ${WIDTH}, ${2 * ROW_HEIGHT}, 0, 0, ${WIDTH}, ${2 * ROW_HEIGHT});
      const { data } = context.getImageData(0, 0, ${WIDTH}, ${2 * ROW_HEIGHT});
      const light = (bit, row) =>
        data[((row + 0.5) * ${ROW_HEIGHT} * ${WIDTH} + (bit + 0.5) * ${CELL_WIDTH}) * 4];
      let code = 0;
      for (let bit = 0; bit < ${BITS}; bit++) {
        const difference = light(bit, 0) - light(bit, 1);
        if (Math.abs(difference) < 64) return undefined;
        if (difference > 0) code |= 1 << bit;
      }
      return code;
    };
    const look = () => {
      requestAnimationFrame(look);
      const source = document.querySelector(${JSON.stringify(selector)});
      const hasPicture = source && (source.videoWidth ?? source.width) === ${WIDTH};
      const code = hasPicture ? read(source) : undefined;
      if (code === undefined || code === lastCode || openedMs === undefined) return;
      lastCode = code;
      seen.firstPictureMs ??= performance.now() - openedMs;
      seen.latencyMs.push((Date.now() - code + 2 ** ${BITS}) % 2 ** ${BITS});
    };
    requestAnimationFrame(look);
  })();`;
}
