import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, errorMessage, GatewayError, isAbort } from "../core/errors.ts";
import type { ExportDesk, ExportFile, ExportOrder, ExportState, Replay } from "../core/footage.ts";
import type { Part } from "../core/part.ts";
import type { Segment, SegmentIndex } from "../core/recordings.ts";
import type { Camera } from "../core/site.ts";
import type { Timer } from "../core/time.ts";
import { type ExportJobDependencies, type MadeFile, makeExport } from "./export-job.ts";
import { MAX_ZIP_BYTES, zipLayout } from "./export-zip.ts";

const HOUR_MS = 3_600_000;
const LONGEST_MS = 6 * HOUR_MS;
const KEPT_MS = 24 * HOUR_MS;
/** Exports that wait or run; they are made one at a time, so that recording keeps its disk. */
const MOST_WAITING = 5;
/** Left free for what the box itself has to write. */
const RESERVE_BYTES = 256 * 1024 * 1024;
const STATE_FILE = "export.json";
const PACKAGE = "package.zip";
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  mp4: "video/mp4",
  json: "application/json",
  pem: "application/x-pem-file",
  pub: "application/x-pem-file",
  txt: "text/plain; charset=utf-8",
};

export interface ExportDeskDependencies extends ExportJobDependencies {
  readonly replay: Pick<Replay, "check">;
  readonly segments: Pick<SegmentIndex, "between">;
  readonly cameras: readonly Pick<Camera, "id" | "name">[];
  /** On the data disk. */
  readonly folder: string;
}

interface Kept {
  state: ExportState;
  files: readonly MadeFile[];
  readonly ending: AbortController;
}

export interface ExportDeskPart extends ExportDesk, Part {}

/** Makes exports one after the other and keeps them for a day, also over a restart. */
export function createExportDesk(dependencies: ExportDeskDependencies): ExportDeskPart {
  const { replay, segments, cameras, folder, clock, log, key } = dependencies;
  const exports = new Map<string, Kept>();
  const timers = new Set<Timer>();
  let last: Promise<void> = Promise.resolve();
  let isStopped = false;

  const folderOf = (id: string): string => join(folder, id);

  function change(kept: Kept, news: Partial<ExportState>): void {
    kept.state = { ...kept.state, ...news };
  }

  function unfinished(): Kept[] {
    return [...exports.values()].filter(({ state }) => ["waiting", "running"].includes(state.status));
  }

  async function remove(id: string): Promise<void> {
    exports.delete(id);
    await rm(folderOf(id), { recursive: true, force: true });
  }

  function forgetLater(id: string): number {
    const timer = clock.after(KEPT_MS, () => {
      timers.delete(timer);
      remove(id).catch((error: unknown) => {
        log.error({ export: id, code: errorCode(error) }, "an old export cannot be removed");
      });
    });
    timers.add(timer);
    return clock.now().wallMs + KEPT_MS;
  }

  async function run(kept: Kept, audit: { id: string; seq: number }): Promise<void> {
    const { id } = kept.state;
    const { signal } = kept.ending;
    if (signal.aborted) return;
    change(kept, { status: "running" });
    try {
      const made = await make(kept, audit, signal);
      kept.files = made.files;
      change(kept, { status: "done", progress: 1, videos: made.videos, keptUntilMs: forgetLater(id) });
      await keepState(kept);
    } catch (error) {
      await rm(folderOf(id), { recursive: true, force: true });
      if (isAbort(error) || signal.aborted) change(kept, { status: "cancelled" });
      else {
        log.error({ export: id, code: errorCode(error), error: errorMessage(error) }, "an export failed");
        const failure = error instanceof GatewayError ? error.code : "export.failed";
        change(kept, { status: "failed", failure });
      }
      forgetLater(id);
    }
  }

  async function make(kept: Kept, audit: { id: string; seq: number }, signal: AbortSignal) {
    const { state } = kept;
    const order: ExportOrder = {
      camera: state.camera,
      fromMs: state.fromMs,
      toMs: state.toMs,
      reason: state.reason,
      by: state.by,
    };
    return makeExport(dependencies, {
      folder: folderOf(state.id),
      order,
      cameraName: cameras.find(({ id }) => id === state.camera)?.name ?? state.camera,
      segments: await segments.between(state.camera, state.fromMs, state.toMs),
      audit,
      signal,
      onProgress: (progress) => change(kept, { progress }),
    });
  }

  /** Last of all: a folder without it is what a crash left. */
  async function keepState({ state, files }: Kept): Promise<void> {
    const path = join(folderOf(state.id), STATE_FILE);
    await writeFile(`${path}.draft`, JSON.stringify({ state, files }));
    await rename(`${path}.draft`, path);
  }

  async function load(id: string): Promise<void> {
    try {
      const { state, files } = JSON.parse(await readFile(join(folderOf(id), STATE_FILE), "utf8")) as Kept;
      if (state.id !== id || !Array.isArray(files)) throw new Error("another export's state");
      const keptUntilMs = forgetLater(id);
      exports.set(id, { state: { ...state, keptUntilMs }, files, ending: new AbortController() });
    } catch (error) {
      log.info({ export: id, code: errorCode(error) }, "an unfinished export is removed");
      await remove(id);
    }
  }

  function madeOf(id: string): Kept {
    const kept = exports.get(id);
    if (!kept) throw refused("export.unknown", `there is no export ${id}`);
    if (kept.state.status !== "done") throw refused("export.not_ready", `export ${id} is not done`);
    return kept;
  }

  function filed(id: string, { name, sizeBytes }: MadeFile): ExportFile {
    const mediaType = MEDIA_TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    const path = join(folderOf(id), name);
    return { name, sizeBytes, mediaType, read: (start, end) => createReadStream(path, { start, end }) };
  }

  return {
    name: "exports",
    certificateSha256: key.fingerprint,
    async start() {
      await mkdir(folder, { recursive: true });
      for (const id of await readdir(folder)) await load(id);
    },
    async stop() {
      isStopped = true;
      for (const timer of timers) timer.cancel();
      for (const { ending } of unfinished()) ending.abort();
      await last;
    },

    async weigh({ camera, fromMs, toMs }) {
      await replay.check(camera, fromMs, toMs, LONGEST_MS);
      if (unfinished().length >= MOST_WAITING) {
        throw new GatewayError("other exports wait already", { code: "export.busy", kind: "transient" });
      }
      const bytes = weightOf(await segments.between(camera, fromMs, toMs), fromMs, toMs);
      if (bytes > MAX_ZIP_BYTES) {
        throw refused("export.too_large", `about ${Math.ceil(bytes / 1e6)} MB; a file may have 4000 MB`);
      }
      const { bavail, bsize } = await statfs(folder);
      if (bytes + RESERVE_BYTES > bavail * bsize) {
        throw new GatewayError(`about ${Math.ceil(bytes / 1e6)} MB are needed`, {
          code: "export.disk_full",
          kind: "transient",
        });
      }
    },

    begin(order, audit) {
      const { id = randomUUID() } = order;
      const state: ExportState = {
        ...order,
        id,
        status: "waiting",
        progress: 0,
        orderedAtMs: clock.now().wallMs,
        videos: [],
      };
      const kept: Kept = { state, files: [], ending: new AbortController() };
      exports.set(id, kept);
      if (isStopped) kept.ending.abort();
      last = last.then(() => run(kept, audit));
      return state;
    },

    list: () => [...exports.values()].map(({ state }) => state).sort((a, b) => b.orderedAtMs - a.orderedAtMs),
    find: (id) => exports.get(id)?.state,

    async cancel(id) {
      const kept = exports.get(id);
      if (!kept) return false;
      if (!unfinished().includes(kept)) await remove(id);
      else {
        kept.ending.abort();
        // One that runs says so itself, when its files are gone.
        if (kept.state.status === "waiting")
          change(kept, { status: "cancelled", keptUntilMs: forgetLater(id) });
      }
      return true;
    },

    async file(id, name) {
      const { state, files } = madeOf(id);
      if (name === PACKAGE) {
        const entries = files.map((file) => ({ ...filed(id, file), ...file }));
        const zip = zipLayout(entries, new Date(state.orderedAtMs));
        return { name, mediaType: "application/zip", ...zip };
      }
      const found = files.find((file) => file.name === name);
      if (!found) throw refused("export.unknown", `export ${id} has no ${name}`);
      return filed(id, found);
    },
  };
}

/** How many bytes of these segments lie in a span, about. */
function weightOf(segments: readonly Segment[], fromMs: number, toMs: number): number {
  return segments.reduce((sum, { startMs, endMs, sizeBytes }) => {
    const within = Math.min(toMs, endMs) - Math.max(fromMs, startMs);
    return sum + (endMs > startMs ? Math.max(0, within / (endMs - startMs)) * sizeBytes : 0);
  }, 0);
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
