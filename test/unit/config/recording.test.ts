import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const PLACE = "    zones:\n";

async function planOf(record: string) {
  const village = changed(PLACE, `    record: ${record}\n${PLACE}`);
  return (await configurationOf({ village })).cameras[0]?.record;
}

describe("what is recorded", () => {
  test("is everything for 30 days, as the disk allows, where nothing is said", async () => {
    const { cameras, storage } = await configurationOf();
    expect(cameras[0]?.record).toEqual({
      mode: "continuous",
      schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
      keep: { days: 30 },
      segmentSeconds: 300,
      beforeSeconds: 10,
      afterSeconds: 30,
      expectedKbps: 4000,
    });
    expect(storage).toEqual({
      keepFreeBytes: 1e9,
      reservePercent: 5,
      crossings: { days: 30, maxBytes: 2e9 },
      evidence: { days: 90, maxBytes: 8e9 },
      ledger: { maxBytes: 2e9 },
    });
  });

  test.each([
    ["200GB", 200e9],
    ["1.5TB", 1.5e12],
    ["500 MB", 500e6],
  ])("is as much as %s says", async (written, bytes) => {
    const plan = await planOf(`{mode: continuous, keep: {days: 30, maxBytes: ${written}}}`);
    expect(plan?.keep).toEqual({ days: 30, maxBytes: bytes });
  });

  test("follows a schedule of its own", async () => {
    const plan = await planOf('{mode: events, schedule: {days: [mon], from: "18:00", to: "06:00"}}');
    expect(plan).toMatchObject({ mode: "events", schedule: { days: [1], fromMinute: 1080, toMinute: 360 } });
  });

  test.each([
    ["{mode: always}", "cameras[0].record.mode", 'found "always"', "off, continuous or events"],
    ["{keep: {days: 0}}", "cameras[0].record.keep.days", "found 0", "a number from 0.01 to 3650"],
    ["{keep: {maxBytes: 200}}", "cameras[0].record.keep.maxBytes", "found 200", "a size like 500MB"],
    ["{keep: {maxBytes: 200GiB}}", "cameras[0].record.keep.maxBytes", 'found "200GiB"', "a size like 500MB"],
    ["{keep: {maxBytes: 0GB}}", "cameras[0].record.keep.maxBytes", 'found "0GB"', "at least 1MB"],
    ["{keep: {maxBytes: -5GB}}", "cameras[0].record.keep.maxBytes", 'found "-5GB"', "a size like 500MB"],
    ["{segmentSeconds: 5}", "cameras[0].record.segmentSeconds", "found 5", "a whole number from 10 to 900"],
    ["{retain: 30}", "cameras[0].record.retain", "", "no such key here"],
  ])("is refused as %s, with the place and what was expected", async (record, ...parts) => {
    const problems = await problemsOf({ village: changed(PLACE, `    record: ${record}\n${PLACE}`) });
    expect(problems).toHaveLength(1);
    for (const part of parts) expect(problems[0]).toContain(part);
  });

  test("leaves the ledger the room that the site asks for", async () => {
    const village = changed(
      "panel:",
      "storage: {keepFreeBytes: 2GB, reservePercent: 10, cardLifeTerabytes: 40}\npanel:",
    );
    expect((await configurationOf({ village })).storage).toEqual({
      keepFreeBytes: 2e9,
      reservePercent: 10,
      cardLifeTerabytes: 40,
      crossings: { days: 30, maxBytes: 2e9 },
      evidence: { days: 90, maxBytes: 8e9 },
      ledger: { maxBytes: 2e9 },
    });
  });

  test("keeps crossings and evidence for as long as the site says", async () => {
    const village = changed(
      "panel:",
      "storage: {crossings: {days: 7, maxBytes: 500MB}, evidence: {days: 365}}\npanel:",
    );
    expect((await configurationOf({ village })).storage).toMatchObject({
      crossings: { days: 7, maxBytes: 5e8 },
      evidence: { days: 365 },
    });
    const problems = await problemsOf({
      village: changed("panel:", "storage: {evidence: {days: 0}}\npanel:"),
    });
    expect(problems).toEqual([expect.stringContaining("storage.evidence.days")]);
  });
});
