import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClipShelf } from "../../src/act/clip-shelf.ts";
import type { Clip, ClipLimits, ClipStore, SoundMaker } from "../../src/core/clip-shelf.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { Ledger } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { SpeakerLimit } from "../../src/core/speaker-limits.ts";
import type { Clock } from "../../src/core/time.ts";
import type { Draft } from "../../src/core/upload-drafts.ts";

export const CLIP_LIMITS: ClipLimits = {
  maxSeconds: 600,
  maxUploadBytes: 10_000,
  maxBytes: 30_000,
  keepFreeBytes: 0,
};

/** Files in a folder of its own, an index in memory. */
export function createClipStoreDouble(carried: readonly Clip[] = []) {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-clips-"));
  const kept = new Map<string, Buffer>();
  const disk = { freeBytes: 1e9, refusal: undefined as GatewayError | undefined };
  const draftAt = (name: string): Draft => {
    const path = join(folder, name);
    return {
      path,
      sizeBytes: async () => (await readFile(path)).length,
      remove: () => rm(path, { force: true }),
    };
  };
  const store: ClipStore = {
    all: async () => [...carried],
    async receive(id, content, maxBytes) {
      const pieces: Uint8Array[] = [];
      for await (const piece of content) pieces.push(piece);
      const bytes = Buffer.concat(pieces);
      if (bytes.length > maxBytes) {
        throw new GatewayError("Too large", { code: "clips.too_large", kind: "permanent" });
      }
      const draft = draftAt(`${id}.upload`);
      await writeFile(draft.path, bytes);
      return draft;
    },
    draft: (id) => draftAt(`${id}.made`),
    async measure({ path }) {
      const bytes = await readFile(path);
      return { sha256: createHash("sha256").update(bytes).digest("hex"), sizeBytes: bytes.length };
    },
    async keep({ path }, sha256) {
      if (disk.refusal) throw disk.refusal;
      kept.set(sha256, await readFile(path));
      await writeFile(store.pathOf(sha256), await readFile(path));
    },
    pathOf: (sha256) => join(folder, `${sha256}.wav`),
    async discard(sha256) {
      kept.delete(sha256);
    },
    async keepOnly(contents) {
      for (const sha256 of kept.keys()) if (!contents.includes(sha256)) kept.delete(sha256);
    },
    freeBytes: async () => disk.freeBytes,
  };
  return { store, kept, disk, folder };
}

/** Takes everything for sound but what begins with `bad`: of one second, or as long as `<seconds>s` at its beginning says. */
export const simpleMaker: SoundMaker = {
  async make(source, target) {
    const bytes = await readFile(source);
    if (bytes.toString("latin1", 0, 3) === "bad") {
      throw new GatewayError("No sound", { code: "clips.not_audio", kind: "permanent" });
    }
    await writeFile(target, bytes);
    const [, seconds = "1"] = /^(\d+)s/.exec(bytes.toString("latin1", 0, 8)) ?? [];
    return { durationMs: Number(seconds) * 1000 };
  },
};

/** The real shelf on a store of its own. */
export function createClipsDouble({
  clock,
  ledger,
  speakers = [],
}: {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly speakers?: readonly SpeakerLimit[];
}) {
  let count = 0;
  const { store } = createClipStoreDouble();
  return createClipShelf(
    {
      store,
      maker: simpleMaker,
      ledger,
      clock,
      isClockSynced: () => true,
      newId: () => `clip-${++count}`,
      usedBy: () => [],
      speakers,
      log: silentLogger,
    },
    CLIP_LIMITS,
  );
}
