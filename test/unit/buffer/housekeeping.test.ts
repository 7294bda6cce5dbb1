import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ledgerPath } from "../../../src/buffer/buffer.ts";
import { openDatabase } from "../../../src/buffer/database.ts";
import { verifyBox } from "../../../src/buffer/verify.ts";
import type { EvidencePlan } from "../../../src/core/site.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.parse("2026-07-01T06:00:00Z");

async function createRig({
  crossings = { days: 30, maxBytes: 1e9 },
  evidence = { days: 90 },
  upstreams = [],
}: Partial<EvidencePlan> & { upstreams?: readonly string[] } = {}) {
  const time = createManualClock(START_MS);
  let wrongByMs = 0;
  const clock = {
    ...time,
    now: () => ({ ...time.now(), wallMs: time.now().wallMs + wrongByMs }),
    setWall(wallMs: number) {
      wrongByMs = wallMs - time.now().wallMs;
    },
  };
  const quality = { current: "synced" as "synced" | "unsynced" };
  const dataFolder = await scratchFolder();
  const buffer = await scratchBuffer({
    dataFolder,
    clock,
    clockQuality: () => quality.current,
    keeping: { plan: { crossings, evidence }, upstreams },
  });
  await buffer.housekeeping.start();
  const isKept = async (id: string): Promise<boolean> => (await buffer.evidence.find(id)) !== undefined;

  return {
    clock,
    quality,
    buffer,
    dataFolder,
    isKept,
    /** Each comes as it would: housekeeping looked at it within the hour. */
    async later(days: number) {
      await buffer.housekeeping.run();
      wrongByMs += days * DAY_MS;
      await buffer.housekeeping.run();
    },
    async cross(bytes = 100, line = "edge", picture?: string) {
      const snapshot = picture ?? (await buffer.evidence.put(randomBytes(bytes), "image/jpeg"));
      const at = new Date(clock.now().wallMs).toISOString();
      await buffer.ledger.append({
        type: "org.cunshao.line.crossed",
        class: "state",
        subject: line,
        data: { camera: "gate", line, direction: "in", at, snapshot },
      });
      return snapshot;
    },
    async alarm(alarm: string, { isOver = true, kind = "snapshot" } = {}) {
      const because = { kind: "presence", camera: "pond" };
      const head = { class: "alarm", subject: alarm } as const;
      const { ledger } = buffer;
      await ledger.append({
        ...head,
        type: "org.cunshao.alarm.raised",
        data: { rule: "edge", severity: "danger", because },
      });
      const sha256 = await buffer.evidence.put(
        randomBytes(100),
        kind === "clip" ? "video/mp4" : "image/jpeg",
      );
      await ledger.append({
        ...head,
        type: "org.cunshao.evidence.added",
        data: { kind, camera: "pond", sha256 },
      });
      if (isOver) await ledger.append({ ...head, type: "org.cunshao.alarm.cleared", data: {} });
      return sha256;
    },
    crossings: () => buffer.crossings.between(0, Number.MAX_SAFE_INTEGER, 1000),
    deleted: async () =>
      (await buffer.ledger.latest(1000)).filter(({ type }) => type === "org.cunshao.evidence.deleted"),
  };
}

describe("who went over a line", () => {
  test("is kept with its picture for the days that the site says, and no longer", async () => {
    const { cross, later, isKept, crossings, deleted } = await createRig();
    const old = await cross();
    await later(29);
    const young = await cross();
    expect([await isKept(old), await isKept(young)]).toEqual([true, true]);
    expect(await deleted()).toEqual([]);
    await later(2);
    expect([await isKept(old), await isKept(young)]).toEqual([false, true]);
    expect(await crossings()).toMatchObject([{ snapshot: young }]);
    expect((await deleted()).map(({ data }) => data)).toEqual([
      { files: 1, deleted: [{ what: "line", reason: "age", files: 1, bytes: 100 }] },
    ]);
  });

  test("loses its oldest pictures above the limit, whoever knows the time, and stays counted", async () => {
    const { cross, buffer, quality, isKept, crossings, deleted } = await createRig({
      crossings: { days: 30, maxBytes: 10_000 },
    });
    quality.current = "unsynced";
    const pictures: string[] = [];
    for (let n = 0; n < 130; n++) pictures.push(await cross());
    await buffer.housekeeping.run();
    expect(await Promise.all(pictures.map(isKept))).toEqual(pictures.map((_, n) => n >= 30));
    const seen = (await crossings()).reverse();
    expect(seen.map(({ snapshot }) => snapshot)).toEqual(pictures.map((id, n) => (n < 30 ? undefined : id)));
    expect((await deleted()).map(({ data }) => data["deleted"])).toEqual([
      [{ what: "line", reason: "size", files: 30, bytes: 3000 }],
    ]);
  });

  test("shares a picture that goes once", async () => {
    const { cross, later, deleted, crossings } = await createRig();
    await cross(100, "other", await cross());
    await later(31);
    expect(await crossings()).toEqual([]);
    expect((await deleted()).map(({ data }) => data["files"])).toEqual([1]);
  });

  test("is not old because the clock was wrong: what came after stands by its place in the ledger", async () => {
    const { cross, clock, quality, later, isKept, crossings } = await createRig();
    const right = await cross();
    quality.current = "unsynced";
    clock.setWall(0);
    const wrong = await cross();
    clock.setWall(START_MS);
    quality.current = "synced";
    await later(1);
    expect([await isKept(right), await isKept(wrong)]).toEqual([true, true]);
    expect(await crossings()).toHaveLength(2);
  });

  test("stays where the recording of that moment is locked", async () => {
    const { cross, later, isKept, buffer, dataFolder } = await createRig();
    const picture = await cross();
    await lockRecording(buffer, dataFolder, "gate");
    await later(31);
    expect(await isKept(picture)).toBe(true);
  });
});

describe("an alarm's pictures and clips", () => {
  test("go when they are old and the alarm is over, and the alarm says why it has none", async () => {
    const { alarm, later, isKept, buffer } = await createRig();
    const picture = await alarm("a1");
    const clip = await alarm("a2", { kind: "clip" });
    await later(89);
    expect([await isKept(picture), await isKept(clip)]).toEqual([true, true]);
    await later(2);
    expect([await isKept(picture), await isKept(clip)]).toEqual([false, false]);
    expect(await buffer.alarms.get("a1")).not.toHaveProperty("snapshot");
    expect(await buffer.alarms.get("a2")).toMatchObject({ noClip: "evidence.aged" });
  });

  test("stay until every upstream has them, and then go", async () => {
    const { alarm, later, isKept, buffer } = await createRig({ upstreams: ["township", "county"] });
    const picture = await alarm("a1");
    await buffer.evidenceOutbox.delivered("township", picture, "2026-07-01T06:00:00Z");
    await later(400);
    expect(await isKept(picture)).toBe(true);
    await buffer.evidenceOutbox.delivered("county", picture, "2027-08-01T06:00:00Z");
    await later(0);
    expect(await isKept(picture)).toBe(false);
  });

  test("stay until every puller has read past what names them, or was gone for too long", async () => {
    const { alarm, later, isKept, buffer } = await createRig();
    const { cursors, ledger } = buffer;
    const read = await alarm("a1");
    await cursors.put({ name: "township", ledger: ledger.id, seq: ledger.head, keepDays: 200 });
    const unread = await alarm("a2");
    await later(100);
    expect([await isKept(read), await isKept(unread)]).toEqual([false, true]);
    await later(101);
    expect(await isKept(unread)).toBe(false);
  });

  test("go oldest first above the limit, also among those of one hour", async () => {
    const { alarm, clock, isKept, buffer } = await createRig({ evidence: { days: 90, maxBytes: 500 } });
    const all: string[] = [];
    for (let number = 0; number < 12; number++) {
      await clock.advance(1000);
      all.push(await alarm(`a${number}`));
    }
    await buffer.housekeeping.run();
    expect(await Promise.all(all.map(isKept))).toEqual(all.map((_, number) => number >= 7));
  });

  test("stay while the alarm is not over", async () => {
    const { alarm, later, isKept } = await createRig();
    const picture = await alarm("a1", { isOver: false });
    await later(400);
    expect(await isKept(picture)).toBe(true);
  });

  test("stay where the recording of that moment is locked", async () => {
    const { alarm, later, isKept, buffer, dataFolder } = await createRig();
    const [locked, other] = [await alarm("a1"), await alarm("a2")];
    await lockRecording(buffer, dataFolder, "pond");
    await later(91);
    expect([await isKept(locked), await isKept(other)]).toEqual([true, true]);
    await buffer.recordings.setLocked("pond", START_MS - 1000, START_MS + 60_000, false);
    await later(0);
    expect([await isKept(locked), await isKept(other)]).toEqual([false, false]);
  });

  test("are an alarm's and not a line's where one picture shows both", async () => {
    const { alarm, cross, later, isKept } = await createRig({ crossings: { days: 1, maxBytes: 50 } });
    const both = await alarm("a1");
    await cross(0, "edge", both);
    await later(31);
    expect(await isKept(both)).toBe(true);
  });

  test("are not old while the clock may be wrong, and count from when it is right", async () => {
    const { alarm, later, isKept, quality, clock } = await createRig();
    quality.current = "unsynced";
    clock.setWall(0);
    const picture = await alarm("a1");
    await later(400);
    expect(await isKept(picture)).toBe(true);
    quality.current = "synced";
    clock.setWall(START_MS);
    await later(89);
    expect(await isKept(picture)).toBe(true);
    await later(2);
    expect(await isKept(picture)).toBe(false);
  });

  test("are no longer offered to an upstream once they are gone", async () => {
    const { alarm, later, buffer } = await createRig();
    await alarm("a1");
    await buffer.outbox.acknowledge("new", buffer.ledger.head, "2026-07-01T06:00:00Z");
    expect(await buffer.evidenceOutbox.pending("new", 0, 10)).toHaveLength(1);
    await later(91);
    expect(await buffer.evidenceOutbox.pending("new", 0, 10)).toEqual([]);
  });
});

test("gives the disk back what others let go", async () => {
  const { buffer, dataFolder } = await createRig();
  const path = ledgerPath(dataFolder);
  const other = await openDatabase(path);
  await other.transaction(async ({ run }) => {
    await run(
      `CREATE TABLE much AS WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 2000)
       SELECT value, randomblob(3000) AS noise FROM n`,
    );
  });
  await other.transaction(({ run }) => run("DROP TABLE much"));
  const free = async (): Promise<number> => {
    const [row] = await other.all<{ freelist_count: number }>("PRAGMA freelist_count");
    return row?.freelist_count ?? 0;
  };
  expect(await free()).toBeGreaterThan(1500);
  await buffer.housekeeping.run();
  expect(await free()).toBe(0);
  await other.close();
});

test("goes on with the others where one file cannot be removed, and tries it again", async () => {
  const { alarm, later, isKept, dataFolder, deleted, buffer } = await createRig();
  const ids = [await alarm("a1"), await alarm("a2"), await alarm("a3")];
  const obstacle = join(dataFolder, "evidence/leaving", ids[1] ?? "");
  await mkdir(obstacle);
  await later(91);
  expect((await deleted()).map(({ data }) => data["files"])).toEqual([2]);
  expect(await isKept(ids[1] ?? "")).toBe(true);
  await rm(obstacle, { recursive: true });
  await buffer.housekeeping.run();
  expect((await deleted()).map(({ data }) => data["files"]).sort()).toEqual([1, 2]);
  expect(await Promise.all(ids.map(isKept))).toEqual([false, false, false]);
});

test("goes on with what a run that was killed had begun to remove, and tells of it", async () => {
  const { alarm, dataFolder, buffer } = await createRig();
  const [going, staying, back] = [await alarm("a1"), await alarm("a2"), await alarm("a3")];
  await buffer.close();
  const placeOf = (id: string): string => join(dataFolder, "evidence", id.slice(0, 2), id);
  const leaving = (id: string): string => join(dataFolder, "evidence/leaving", id);
  await rename(placeOf(going), leaving(going));
  // Put again after its removal had failed half-way.
  await writeFile(leaving(back), "");

  const again = await scratchBuffer({ dataFolder });
  const kept = await Promise.all([going, staying, back].map((id) => again.evidence.find(id)));
  expect(kept.map((file) => file !== undefined)).toEqual([false, true, true]);
  expect(await again.alarms.get("a1")).not.toHaveProperty("snapshot");
  expect(await again.ledger.latest(1)).toMatchObject([
    { type: "org.cunshao.evidence.deleted", data: { files: 1 } },
  ]);
  expect(await verifyBox(dataFolder)).toMatchObject({ intact: true, evidence: { files: 2, missing: [] } });
  expect(await readdir(join(dataFolder, "evidence/leaving"))).toEqual([]);
});

test("a file that is put again while old ones go is there afterwards", async () => {
  const { alarm, later, buffer } = await createRig();
  await alarm("a1");
  const content = randomBytes(100);
  const id = await buffer.evidence.put(content, "image/jpeg");
  await later(0);
  for (let n = 0; n < 50; n++) {
    const [removed] = await Promise.all([
      buffer.evidence.remove([id]),
      buffer.evidence.put(content, "image/jpeg"),
    ]);
    expect(removed.length).toBeLessThanOrEqual(1);
    expect(await buffer.evidence.find(id)).toMatchObject({ sizeBytes: 100 });
  }
});

async function lockRecording(
  { recordings }: Awaited<ReturnType<typeof scratchBuffer>>,
  dataFolder: string,
  camera: string,
): Promise<void> {
  const path = join(dataFolder, "recordings", `${camera}.mp4`);
  const id = await recordings.add({
    camera,
    startMs: START_MS - 1000,
    clock: "synced",
    path,
    mediaType: "video/mp4",
  });
  await recordings.update(id, { endMs: START_MS + 60_000, sizeBytes: 1000, isOpen: false });
  await recordings.setLocked(camera, START_MS - 1000, START_MS + 60_000, true);
}
