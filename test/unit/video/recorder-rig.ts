import { onTestFinished } from "vitest";
import type { EventDraft } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { RecordPlan, StoragePlan } from "../../../src/core/site.ts";
import { createRecorder } from "../../../src/video/recorder.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import {
  createCatalogueDouble,
  createDiskDouble,
  createStreamDouble,
  frame,
  INIT,
  PLAN,
} from "./recording-doubles.ts";

export const START = Date.parse("2026-07-01T06:00:00Z");
export const NO_RESERVE: StoragePlan = { keepFreeBytes: 0, reservePercent: 0 };

interface RigOptions {
  readonly plan?: Partial<RecordPlan>;
  readonly storage?: StoragePlan;
  readonly capacityBytes?: number;
  /** Another camera on the same stream. */
  readonly second?: string;
}

/** The whole recorder of one camera, on a stream, a disk, an index and a clock that a test plays by hand. */
export async function startRig({ plan, storage = NO_RESERVE, capacityBytes, second }: RigOptions = {}) {
  const manual = createManualClock(START);
  let wallShiftMs = 0;
  const clock = {
    ...manual,
    now: () => {
      const { wallMs, monotonicMs } = manual.now();
      return { wallMs: wallMs + wallShiftMs, monotonicMs };
    },
  };
  const disk = createDiskDouble(capacityBytes);
  const index = createCatalogueDouble();
  const stream = createStreamDouble();
  const events: EventDraft[] = [];
  let quality: "synced" | "unsynced" = "synced";
  const recorder = createRecorder(
    {
      index,
      clock,
      clockQuality: () => quality,
      timezone: "Asia/Shanghai",
      log: silentLogger,
      record: (draft) => events.push(draft),
      folder: "/recordings",
      files: disk,
      bytesWritten: async () => undefined,
    },
    ["pond", ...(second ? [second] : [])].map((id) => {
      return { camera: { id, record: { ...PLAN, ...plan } }, stream };
    }),
    storage,
  );
  await recorder.start();
  onTestFinished(() => recorder.stop());
  let decodeTime = 0;
  return {
    clock,
    disk,
    index,
    stream,
    events,
    recorder,
    setClock: (shiftMs: number) => {
      wallShiftMs = shiftMs;
    },
    setQuality: (next: "synced" | "unsynced") => {
      quality = next;
    },
    connect() {
      decodeTime = 0;
      stream.hub.begin(INIT);
    },
    /** Sends frames for a while, one each half second, a key frame every two seconds. */
    async play(seconds: number, sizeBytes = 100) {
      for (let sent = 0; sent < seconds * 2; sent++) {
        stream.hub.push(frame(decodeTime, decodeTime % 2000 === 0, sizeBytes));
        decodeTime += 500;
        await manual.advance(500);
      }
    },
    files: () => [...disk.content.keys()].map((path) => path.replace("/recordings/", "")),
    segments: () => index.all(),
    eventTypes: () => events.map(({ type }) => type.replace("org.cunshao.recording.", "")),
    state: () => recorder.recordingOf("pond"),
  };
}
