import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ExportDesk, Footage, Remuxer } from "../../src/core/footage.ts";
import { silentLogger } from "../../src/core/log.ts";
import { type Clock, systemClock } from "../../src/core/time.ts";
import { createChildRegister } from "../../src/drivers/ffmpeg/child-register.ts";
import { createRemuxer } from "../../src/drivers/ffmpeg/remux.ts";
import { createExportDesk } from "../../src/video/export-desk.ts";
import { openExportKey } from "../../src/video/export-key.ts";
import { createPlaybackDesk } from "../../src/video/playback-desk.ts";
import { createSegmentIndexDouble } from "./recordings-double.ts";

/** For tests of something else: nothing is recorded, nothing can be taken along. */
export function createFootageDouble(): Footage {
  const exports: ExportDesk = {
    certificateSha256: "",
    weigh: async () => {},
    begin: () => {
      throw new Error("nothing can be exported here");
    },
    list: () => [],
    find: () => undefined,
    cancel: async () => false,
    file: () => Promise.reject(new Error("there is no file here")),
  };
  const desk = { segments: createSegmentIndexDouble(), clock: systemClock, log: silentLogger };
  return { replay: createPlaybackDesk({ ...desk, cameras: ["pond-east"] }), exports };
}

/** The real desks over an index in memory and real files; they stop with the test. */
export async function createFootageRig(
  clock: Clock,
  more: { readonly folder?: string; readonly remuxer?: Remuxer } = {},
) {
  const folder = more.folder ?? mkdtempSync(join(tmpdir(), "footage-"));
  const segments = createSegmentIndexDouble();
  const log = silentLogger;
  const replay = createPlaybackDesk({ segments, cameras: ["pond-east", "road"], clock, log });
  const register = createChildRegister(join(folder, "children"));
  const exports = createExportDesk({
    clock,
    log,
    replay,
    segments,
    cameras: [{ id: "pond-east", name: "东塘" }],
    // Processes live in real time, whatever the test's clock says.
    remuxer: more.remuxer ?? createRemuxer({ clock: systemClock, log, register }),
    key: await openExportKey(join(folder, "keys"), "430281-longwan"),
    site: { id: "430281-longwan", name: "龙湾村", timezone: "Asia/Shanghai" },
    version: "1.2.3",
    folder: join(folder, "exports"),
  });
  await exports.start();
  onTestFinished(() => exports.stop());
  return { folder, segments, replay, exports };
}
