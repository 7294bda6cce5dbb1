import { createHash } from "node:crypto";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Sound, Speech } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import { within } from "../../core/time.ts";
import { type ChildDependencies, startChild } from "../ffmpeg/child-process.ts";

/** Mandarin, a little slower than espeak-ng's default: horns outdoors blur fast speech. */
const VOICE = ["-v", "cmn", "-s", "150", "-a", "180"];
const RENDER_TIMEOUT_MS = 15_000;

/** Speech by espeak-ng, kept as WAV files in `folder` by text and voice, so that a known phrase costs nothing. */
export function createEspeakSpeech(dependencies: ChildDependencies, folder: string): Speech {
  const rendering = new Map<string, Promise<Sound>>();

  async function renderOnce(text: string): Promise<Sound> {
    const name = createHash("sha256")
      .update(JSON.stringify([VOICE, text]))
      .digest("hex")
      .slice(0, 32);
    const path = join(folder, `${name}.wav`);
    if (await exists(path)) return { path, durationMs: await wavDurationMs(path) };
    await mkdir(folder, { recursive: true });
    const part = `${path}.part`;
    const child = startChild(dependencies, {
      command: "espeak-ng",
      arguments: [...VOICE, "--stdin", "-w", part],
      title: "speech",
      quit: "end-of-input",
      explain: () => "speech.failed",
    });
    child.stdin.end(text);
    let exit: Awaited<typeof child.ended>;
    try {
      exit = await within(dependencies.clock, RENDER_TIMEOUT_MS, "speech", child.ended);
    } finally {
      await child.stop();
    }
    if (exit.code !== 0) {
      await rm(part, { force: true });
      const code = exit.reason === "espeak-ng.missing" ? "speech.engine_missing" : "speech.failed";
      throw new GatewayError("the text could not be turned into speech", { code, kind: "transient" });
    }
    const durationMs = await wavDurationMs(part);
    await rename(part, path);
    return { path, durationMs };
  }

  return {
    render(text) {
      const known = rendering.get(text);
      if (known) return known;
      const work = renderOnce(text).finally(() => rendering.delete(text));
      rendering.set(text, work);
      return work;
    },
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > WAV_HEADER_BYTES,
    () => false,
  );
}

const WAV_HEADER_BYTES = 44;

/** Length from the canonical 44-byte header that espeak-ng writes (bytes a second at offset 28) and the file's size. */
async function wavDurationMs(path: string): Promise<number> {
  const file = await open(path);
  try {
    const header = Buffer.alloc(WAV_HEADER_BYTES);
    await file.read(header, 0, WAV_HEADER_BYTES, 0);
    const bytesPerSecond = header.readUInt32LE(28);
    const { size } = await file.stat();
    if (header.toString("latin1", 0, 4) !== "RIFF" || bytesPerSecond === 0) {
      throw new GatewayError("the speech engine wrote no WAV file", {
        code: "speech.failed",
        kind: "transient",
      });
    }
    return Math.round(((size - WAV_HEADER_BYTES) / bytesPerSecond) * 1000);
  } finally {
    await file.close();
  }
}
