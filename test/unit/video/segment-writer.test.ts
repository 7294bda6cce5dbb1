import { expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { createDiskLane } from "../../../src/video/disk-lane.ts";
import { scanSegments } from "../../../src/video/segment-scan.ts";
import { createSegmentWriter } from "../../../src/video/segment-writer.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { gate } from "../buffer/scratch.ts";
import {
  createCatalogueDouble,
  createDiskDouble,
  type DiskDouble,
  systemError,
} from "./recording-doubles.ts";

const FOLDER = "/recordings";
const START = Date.parse("2026-07-01T06:00:00Z");

function setUp() {
  const disk = createDiskDouble();
  const index = createCatalogueDouble();
  const inHand = new Set<string>();
  const faults: string[] = [];
  const writer = createSegmentWriter({
    files: disk,
    index,
    lane: createDiskLane(),
    clock: createManualClock(START),
    log: silentLogger,
    folder: FOLDER,
    inHand,
    onWritten: () => {},
    onFault: (code) => faults.push(code),
  });
  return {
    disk,
    inHand,
    faults,
    writer,
    begin: () =>
      writer.begin({ camera: "pond", startMs: START, clock: "synced" }, "video/mp4", Buffer.from("init")),
    scan: () =>
      scanSegments(
        { files: disk, index, folder: FOLDER, log: silentLogger, inHand },
        new AbortController().signal,
      ),
  };
}

/** Files are there, but `create` waits, as it does while their folder is synced. */
function holdCreation(disk: DiskDouble) {
  const create = disk.create;
  const reached = gate();
  const synced = gate();
  disk.create = async (path) => {
    const file = await create(path);
    reached.open();
    await synced.opened;
    return file;
  };
  return { reached: reached.opened, goOn: synced.open };
}

test("a file that is being created is not taken for an empty one that a power cut left", async () => {
  const { disk, writer, begin, scan, inHand } = setUp();
  const { reached, goOn } = holdCreation(disk);
  begin();
  writer.end();
  const written = writer.flush();
  await reached;
  expect(await scan()).toMatchObject({ removed: 0 });
  goOn();
  await written;
  expect([...disk.content.values()]).toEqual([Buffer.from("init")]);
  expect(inHand.size).toBe(0);
});

test("a file that could not be created is in nobody's hand", async () => {
  const { disk, writer, begin, faults, inHand } = setUp();
  disk.create = async () => {
    throw systemError("EACCES");
  };
  begin();
  await writer.flush();
  expect(faults).toEqual(["EACCES"]);
  expect(inHand.size).toBe(0);
});
