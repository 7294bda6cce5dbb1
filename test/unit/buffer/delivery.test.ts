import { describe, expect, test } from "vitest";
import { createManualClock } from "../../support/manual-clock.ts";
import { draft, scratchBuffer, scratchFolder } from "./scratch.ts";

const DAY_MS = 86_400_000;

const AT = "2026-07-01T00:00:00.000Z";
const LATER = "2026-07-01T00:01:00.000Z";

function evidenceDraft(sha256: string) {
  return draft({ type: "org.cunshao.evidence.added", class: "alarm", subject: "a1", data: { sha256 } });
}

describe("the outbox", () => {
  test("counts for each upstream what it has not acknowledged", async () => {
    const { ledger, outbox } = await scratchBuffer();
    for (const kind of ["alarm", "state", "alarm", "audit"] as const)
      await ledger.append(draft({ class: kind }));
    expect(await outbox.acknowledged("township")).toBe(0);
    expect(await outbox.waiting("township")).toEqual({ events: 4, alarms: 2 });
    await outbox.acknowledge("township", 2, AT);
    expect(await outbox.acknowledged("township")).toBe(2);
    expect(await outbox.waiting("township")).toEqual({ events: 2, alarms: 1 });
    expect(await outbox.waiting("county")).toEqual({ events: 4, alarms: 2 });
  });

  test("keeps the first time of an acknowledgement and joins ranges without a gap", async () => {
    const { ledger, outbox } = await scratchBuffer();
    await Promise.all(Array.from({ length: 5 }, () => ledger.append(draft())));
    await outbox.acknowledge("township", 2, AT);
    await outbox.acknowledge("township", 1, LATER);
    await outbox.acknowledge("township", 2, LATER);
    await Promise.all([outbox.acknowledge("township", 5, LATER), outbox.acknowledge("township", 5, LATER)]);
    await outbox.acknowledge("county", 3, LATER);
    const township = [
      { upstream: "township", class: "state", firstSeq: 1, lastSeq: 2, at: AT },
      { upstream: "township", class: "state", firstSeq: 3, lastSeq: 5, at: LATER },
    ];
    const ofState = async (first: number, last: number) =>
      (await outbox.deliveries(first, last)).filter((one) => one.class === "state");
    expect(await ofState(1, 5)).toEqual([
      { upstream: "county", class: "state", firstSeq: 1, lastSeq: 3, at: LATER },
      ...township,
    ]);
    expect(await ofState(4, 4)).toEqual(township.slice(1));
  });

  test("refuses an acknowledgement of what was never written", async () => {
    const { ledger, outbox } = await scratchBuffer();
    await ledger.append(draft());
    for (const seq of [2, Number.NaN, Number.MAX_VALUE]) {
      await expect(outbox.acknowledge("township", seq, AT)).rejects.toMatchObject({ code: "outbox.future" });
    }
    expect(await outbox.acknowledged("township")).toBe(0);
  });

  test("writes down together what is acknowledged while the disk is busy, of each upstream its own", async () => {
    const { ledger, outbox } = await scratchBuffer();
    await Promise.all(Array.from({ length: 40 }, () => ledger.append(draft())));
    const accepted = (upstream: string, seq: number, at: string) =>
      outbox.accept(upstream, { at, stored: 0, spans: [{ class: "state", first: seq, last: seq }] });
    await Promise.all([
      outbox.acknowledge("elsewhere", 1, AT),
      ...Array.from({ length: 20 }, (_, index) => accepted("township", index + 1, AT)),
      ...Array.from({ length: 5 }, (_, index) => accepted("county", index + 11, AT)),
      accepted("county", 20, LATER),
    ]);
    expect((await outbox.lanes("township")).state).toEqual([{ first: 1, last: 20 }]);
    expect((await outbox.lanes("county")).state).toEqual([
      { first: 11, last: 15 },
      { first: 20, last: 20 },
    ]);
    expect(await outbox.word("county")).toEqual({ stored: 0, heardAt: LATER });
    const township = (await outbox.deliveries(1, 40)).filter(({ upstream }) => upstream === "township");
    expect(township).toEqual([{ upstream: "township", class: "state", firstSeq: 1, lastSeq: 20, at: AT }]);
  });

  test("refuses by itself what was never written, whatever is acknowledged beside it", async () => {
    const { ledger, outbox } = await scratchBuffer();
    await Promise.all(Array.from({ length: 2 }, () => ledger.append(draft())));
    const accepted = (last: number) =>
      outbox.accept("township", { at: AT, stored: last, spans: [{ class: "state", first: 1, last }] });
    const results = await Promise.allSettled([accepted(1), accepted(3), accepted(2)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await outbox.acknowledged("township")).toBe(2);
  });

  test("survives a restart", async () => {
    const dataFolder = await scratchFolder();
    const before = await scratchBuffer({ dataFolder });
    await before.ledger.append(draft());
    await before.outbox.acknowledge("township", 1, AT);
    await before.close();
    const { outbox } = await scratchBuffer({ dataFolder });
    expect(await outbox.acknowledged("township")).toBe(1);
  });
});

describe("the outbox of evidence", () => {
  async function threeFiles({ evidence }: Awaited<ReturnType<typeof scratchBuffer>>) {
    const put = (text: string): Promise<string> => evidence.put(Buffer.from(text), "image/jpeg");
    return [await put("one"), await put("two"), await put("three")] as const;
  }

  test("offers files only once the event that names them is acknowledged, oldest first", async () => {
    const buffer = await scratchBuffer();
    const { ledger, outbox, evidenceOutbox } = buffer;
    const [one, two, three] = await threeFiles(buffer);
    await ledger.append(draft());
    for (const sha256 of [one, two, three]) await ledger.append(evidenceDraft(sha256));
    expect(await evidenceOutbox.pending("township", 0, 10)).toEqual([]);
    await outbox.acknowledge("township", 3, AT);
    expect(await evidenceOutbox.pending("township", 0, 10)).toEqual([
      { seq: 2, sha256: one },
      { seq: 3, sha256: two },
    ]);
    expect(await evidenceOutbox.pending("township", 0, 1)).toEqual([{ seq: 2, sha256: one }]);
    expect(await evidenceOutbox.pending("township", 2, 10)).toEqual([{ seq: 3, sha256: two }]);
  });

  test("never offers again what an upstream has, whichever event names it", async () => {
    const buffer = await scratchBuffer();
    const { ledger, outbox, evidenceOutbox } = buffer;
    const [one, two] = await threeFiles(buffer);
    for (const sha256 of [one, two, one]) await ledger.append(evidenceDraft(sha256));
    for (const upstream of ["township", "county"]) await outbox.acknowledge(upstream, 3, AT);
    await evidenceOutbox.delivered("township", one, AT);
    await evidenceOutbox.delivered("township", one, LATER);
    expect(await evidenceOutbox.pending("township", 0, 10)).toEqual([{ seq: 2, sha256: two }]);
    expect(await evidenceOutbox.pending("county", 0, 10)).toHaveLength(3);
  });

  test("passes over an event that names no file", async () => {
    const { ledger, outbox, evidenceOutbox } = await scratchBuffer();
    await ledger.append(draft({ type: "org.cunshao.evidence.added", data: {} }));
    await outbox.acknowledge("township", 1, AT);
    expect(await evidenceOutbox.pending("township", 0, 10)).toEqual([]);
  });
});

describe("cursors", () => {
  test("keep how far a puller has stored, also back again", async () => {
    const { ledger, cursors } = await scratchBuffer();
    await Promise.all([ledger.append(draft()), ledger.append(draft())]);
    expect(await cursors.get("centre")).toBeUndefined();
    await cursors.put({ name: "centre", ledger: ledger.id, seq: 2 });
    await cursors.put({ name: "centre", ledger: ledger.id, seq: 1 });
    expect(await cursors.get("centre")).toEqual({
      name: "centre",
      ledger: ledger.id,
      seq: 1,
      at: expect.stringMatching(/Z$/),
    });
  });

  test("refuse another ledger and what is not written yet", async () => {
    const { ledger, cursors } = await scratchBuffer();
    await expect(cursors.put({ name: "centre", ledger: "other", seq: 0 })).rejects.toMatchObject({
      code: "cursor.other_ledger",
      kind: "permanent",
    });
    for (const seq of [1, -1, 0.5]) {
      await expect(cursors.put({ name: "centre", ledger: ledger.id, seq })).rejects.toMatchObject({
        code: "cursor.future",
      });
    }
    expect(await cursors.get("centre")).toBeUndefined();
  });

  test("are fifty at most: a new name has to wait until another is removed, and those that are there go on", async () => {
    const { ledger, cursors } = await scratchBuffer();
    const put = (name: string) => cursors.put({ name, ledger: ledger.id, seq: 0 });
    for (let each = 1; each <= 50; each += 1) await put(`puller-${each}`);
    await expect(put("one-more")).rejects.toMatchObject({ code: "cursor.too_many", kind: "permanent" });
    await put("puller-7");
    await cursors.remove("puller-8");
    await put("one-more");
    expect(await cursors.list()).toHaveLength(50);
  });

  test("that ended leave their places to a new name, once the time is known", async () => {
    const clock = createManualClock();
    let quality: "synced" | "unsynced" = "synced";
    const { ledger, cursors } = await scratchBuffer({ clock, clockQuality: () => quality });
    const put = (name: string, keepDays?: number) =>
      cursors.put({ name, ledger: ledger.id, seq: 0, ...(keepDays !== undefined && { keepDays }) });
    const names = async () => (await cursors.list()).map(({ name }) => name);
    await put("patient", 60);
    for (let each = 1; each <= 49; each += 1) await put(`left-${each}`);
    clock.set(clock.now().wallMs + 29 * DAY_MS);
    await expect(put("desk")).rejects.toMatchObject({ code: "cursor.too_many" });
    clock.set(clock.now().wallMs + 2 * DAY_MS);
    quality = "unsynced";
    await expect(put("desk")).rejects.toMatchObject({ code: "cursor.too_many" });
    expect(await cursors.list()).toHaveLength(50);
    quality = "synced";
    // Whoever comes again goes on, however late.
    await put("left-7");
    expect(await cursors.list()).toHaveLength(50);
    await put("desk");
    expect(await names()).toEqual(["desk", "left-7", "patient"]);
    clock.set(clock.now().wallMs + 31 * DAY_MS);
    await put("next");
    expect(await names()).toEqual(["next"]);
  });

  test("know what each has still to get, and the first event that somebody needs", async () => {
    const clock = createManualClock();
    let quality: "synced" | "unsynced" = "synced";
    const { ledger, cursors } = await scratchBuffer({ clock, clockQuality: () => quality });
    expect(await cursors.unreadFrom()).toBeUndefined();
    await Promise.all([draft({ class: "alarm" }), draft(), draft({ class: "alarm" })].map(ledger.append));
    // Nobody pulls: nobody needs anything.
    expect(await cursors.unreadFrom()).toBeUndefined();
    await cursors.put({ name: "ahead", ledger: ledger.id, seq: 3 });
    expect(await cursors.unreadFrom()).toBeUndefined();
    await cursors.put({ name: "behind", ledger: ledger.id, seq: 1 });
    await cursors.put({ name: "patient", ledger: ledger.id, seq: 2, keepDays: 60 });
    expect(await cursors.unreadFrom()).toBe(2);
    expect(await cursors.backlog({ ledger: ledger.id, seq: 1 })).toEqual({ events: 2, alarms: 1 });
    expect(await cursors.backlog({ ledger: "former", seq: 99 })).toEqual({ events: 3, alarms: 2 });
    // Who did not come for so long as it was to be kept for him holds nothing back.
    clock.set(clock.now().wallMs + 31 * DAY_MS);
    expect(await cursors.unreadFrom()).toBe(3);
    clock.set(clock.now().wallMs + 31 * DAY_MS);
    expect(await cursors.unreadFrom()).toBeUndefined();
    // Nobody is gone by a clock that is not known to be right, and what it says is not remembered.
    quality = "unsynced";
    expect(await cursors.unreadFrom()).toBe(2);
    await cursors.put({ name: "patient", ledger: ledger.id, seq: 2 });
    quality = "synced";
    expect(await cursors.unreadFrom()).toBe(3);
    expect(await cursors.remove("patient")).toBe(true);
    expect(await cursors.remove("patient")).toBe(false);
    expect(await cursors.unreadFrom()).toBeUndefined();
  });
});
