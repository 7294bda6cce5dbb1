import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { Sound, Speech } from "../../core/devices.ts";
import { errorCode, GatewayError } from "../../core/errors.ts";
import { type ChildDependencies, startChild } from "../ffmpeg/child-process.ts";

/** Mandarin, a little slower than espeak-ng's default: horns outdoors blur fast speech. */
const VOICE = ["-v", "cmn", "-s", "150", "-a", "180"];
const RENDER_TIMEOUT_MS = 15_000;
/** About 400 kB each: what the township says once must not fill the card. */
const MAX_PHRASES = 200;

/** Speech by espeak-ng, kept as WAV files in `folder` by text and voice, so that a known phrase costs nothing. */
export function createEspeakSpeech(dependencies: ChildDependencies, folder: string): Speech {
  const rendering = new Map<string, Promise<Sound>>();

  async function render(text: string): Promise<Sound> {
    const name = createHash("sha256")
      .update(JSON.stringify([VOICE, text]))
      .digest("hex")
      .slice(0, 32);
    const path = join(folder, `${name}.wav`);
    const knownMs = await wavDurationMs(path);
    if (knownMs !== undefined) {
      await tidy(() => markUsed(path));
      return { path, durationMs: knownMs };
    }
    await mkdir(folder, { recursive: true });
    const part = `${path}.part`;
    try {
      await speakInto(part, text);
      const durationMs = await wavDurationMs(part);
      if (durationMs === undefined) throw failure("the speech engine wrote no WAV file");
      await flush(part);
      await rename(part, path);
      await tidy(() => forgetOldest(folder, path));
      return { path, durationMs };
    } finally {
      await rm(part, { force: true });
    }
  }

  async function markUsed(path: string): Promise<void> {
    const now = dependencies.clock.now().wallMs / 1000;
    await utimes(path, now, now);
  }

  /** On a card that turned read-only the known phrases must still be spoken. */
  async function tidy(action: () => Promise<void>): Promise<void> {
    await action().catch((error: unknown) => {
      dependencies.log.warn({ code: errorCode(error) }, "the kept phrases could not be tidied");
    });
  }

  async function speakInto(file: string, text: string): Promise<void> {
    const child = startChild(dependencies, {
      command: "espeak-ng",
      arguments: [...VOICE, "--stdin", "-w", file],
      title: "speech",
      quit: "end-of-input",
      explain: () => "speech.failed",
    });
    child.stdin.end(text);
    const late = dependencies.clock.after(RENDER_TIMEOUT_MS, () => void child.kill());
    const exit = await child.ended;
    late.cancel();
    if (exit.reason === "espeak-ng.missing") {
      throw new GatewayError("espeak-ng is not installed", {
        code: "speech.engine_missing",
        kind: "permanent",
      });
    }
    if (exit.code !== 0) throw failure("the text could not be turned into speech");
  }

  return {
    render(text) {
      const known = rendering.get(text);
      if (known) return known;
      const work = render(text)
        .catch((error: unknown) => {
          throw error instanceof GatewayError ? error : failure("speech could not be kept on disk", error);
        })
        .finally(() => rendering.delete(text));
      rendering.set(text, work);
      return work;
    },
  };
}

function failure(message: string, cause?: unknown): GatewayError {
  return new GatewayError(message, { code: "speech.failed", kind: "transient", cause });
}

/** Without this a power cut may leave the name without the sound. */
async function flush(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function forgetOldest(folder: string, newest: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".wav"));
  if (names.length <= MAX_PHRASES) return;
  const phrases = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return { path, usedMs: (await stat(path)).mtimeMs };
    }),
  );
  const oldestFirst = phrases.filter(({ path }) => path !== newest).sort((a, b) => a.usedMs - b.usedMs);
  // More than the one too many, so that this is rare.
  for (const { path } of oldestFirst.slice(0, names.length - MAX_PHRASES + 20))
    await rm(path, { force: true });
}

const WAV_HEADER_BYTES = 44;

/**
 * Length from the canonical 44-byte header that espeak-ng writes: bytes a second at offset 28, bytes of sound at 40.
 * Undefined when there is no such file or it was cut short.
 */
async function wavDurationMs(path: string): Promise<number | undefined> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const header = Buffer.alloc(WAV_HEADER_BYTES);
    await file.read(header, 0, WAV_HEADER_BYTES, 0);
    const bytesPerSecond = header.readUInt32LE(28);
    const soundBytes = header.readUInt32LE(40);
    const { size } = await file.stat();
    const isWhole = header.toString("latin1", 0, 4) === "RIFF" && size >= WAV_HEADER_BYTES + soundBytes;
    if (!isWhole || bytesPerSecond === 0 || soundBytes === 0) return undefined;
    return Math.round((soundBytes / bytesPerSecond) * 1000);
  } finally {
    await file.close();
  }
}
