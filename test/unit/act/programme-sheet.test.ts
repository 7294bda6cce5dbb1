import { describe, expect, test } from "vitest";
import { USUAL_LIMITS } from "../../../src/core/horn-limits.ts";
import type { Programme, ProgrammeDraft } from "../../../src/core/programme.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createTestSheet, type SheetOfTest } from "../../support/programme-sheet-rig.ts";
import { UNREADABLE } from "../../support/speech-double.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";

const BY = { kind: "person", name: "li" } as const;
const DRAFT: ProgrammeDraft = {
  name: "早铃",
  days: [1, 2, 3, 4, 5],
  minutes: [390],
  content: { kind: "text", text: "早上好" },
  speakers: ["square"],
  repeat: 1,
  volume: 60,
  whenPreempted: "resume",
};
const BELL: Programme = { ...DRAFT, id: "bell", latestMinutes: 3 };
const NEWS: Programme = { ...DRAFT, id: "news", name: "广播", latestMinutes: 10 };

function rig(site: Partial<SheetOfTest> = {}) {
  const clock = createManualClock();
  const ledger = createLedgerDouble(clock);
  let changes = 0;
  const sheet = createTestSheet({ clock, ledger, programmes: [BELL, NEWS], ...site });
  sheet.changes.on(() => {
    changes += 1;
  });
  const told = async () => (await ledger.latest(9)).map(({ type }) => type.split(".").at(-1)).reverse();
  return { sheet, told, changes: () => changes };
}

const names = (programmes: readonly Programme[]) => programmes.map(({ name }) => name);

describe("the sheet of programmes", () => {
  test("is the configuration's until somebody writes over it, in the same place, and told", async () => {
    const { sheet, told, changes } = rig();
    expect(names(sheet.current())).toEqual(["早铃", "广播"]);
    const written = await sheet.write("bell", { ...DRAFT, name: "晨钟", minutes: [400, 390, 400] }, 0, BY);
    expect(written).toMatchObject({ id: "bell", minutes: [390, 400], latestMinutes: 3 });
    expect(names(sheet.current())).toEqual(["晨钟", "广播"]);
    expect(sheet.writtenOf("bell")).toMatchObject({ by: BY, version: 1 });
    expect([await told(), changes()]).toEqual([["written"], 1]);
  });

  test("gets new ones after the configured", async () => {
    const { sheet } = rig();
    await sheet.write("song", { ...DRAFT, name: "村歌" }, 0, BY);
    expect(names(sheet.current())).toEqual(["早铃", "广播", "村歌"]);
    expect(sheet.isConfigured("song")).toBe(false);
  });

  test("loses what is taken out, and has it back as configured", async () => {
    const { sheet, told } = rig();
    await sheet.takeOut("bell", 0, BY);
    expect(names(sheet.current())).toEqual(["广播"]);
    expect(sheet.takenOut()).toMatchObject([{ id: "bell", name: "早铃", by: BY }]);
    expect(await sheet.restore("bell", BY)).toEqual(BELL);
    expect([names(sheet.current()), sheet.takenOut()]).toEqual([["早铃", "广播"], []]);
    await sheet.restore("bell", BY);
    expect(await told()).toEqual(["taken_out", "restored"]);
  });

  test("takes what was taken out by mistake again under its id", async () => {
    const { sheet } = rig();
    await sheet.write("song", DRAFT, 0, BY);
    await sheet.takeOut("song", sheet.writtenOf("song")?.version ?? 0, BY);
    await sheet.write("song", DRAFT, 0, BY);
    expect(sheet.current().map(({ id }) => id)).toEqual(["bell", "news", "song"]);
  });

  test("tells the second of two who write at the same time", async () => {
    const { sheet } = rig();
    const both = await Promise.allSettled([
      sheet.write("bell", { ...DRAFT, name: "甲" }, 0, BY),
      sheet.write("bell", { ...DRAFT, name: "乙" }, 0, BY),
    ]);
    expect(both).toMatchObject([
      { status: "fulfilled" },
      { status: "rejected", reason: { code: "programme.changed" } },
    ]);
    await expect(sheet.takeOut("bell", 0, BY)).rejects.toMatchObject({ code: "programme.changed" });
    expect(names(sheet.current())[0]).toBe("甲");
  });

  test("is as it was written after a restart", async () => {
    const { sheet } = rig({
      written: [
        { id: "bell", programme: undefined, by: BY, at: "2026-07-01T06:00:00Z", version: 3 },
        { id: "song", programme: { ...NEWS, id: "song", name: "村歌" }, by: BY, at: "", version: 4 },
      ],
    });
    expect(names(sheet.current())).toEqual(["广播", "村歌"]);
  });

  test.each([
    ["broadcast.unknown_speaker", { speakers: ["barn"] }],
    ["broadcast.text_empty", { content: { kind: "text", text: " " } }],
    ["broadcast.text_markup", { content: { kind: "text", text: "<break/>早" } }],
    ["speech.script", { content: { kind: "text", text: UNREADABLE } }],
    ["clips.unknown", { content: { kind: "clip", clip: "gone" } }],
    ["broadcast.no_volume", { volume: 0 }],
    ["programme.quiet_hours", { minutes: [390, 23 * 60] }],
    ["programme.quiet_hours", { minutes: [0] }],
  ] as const)("refuses with %s %j, and keeps what it had", async (code, wrong) => {
    const { sheet, told } = rig();
    await expect(sheet.write("bell", { ...DRAFT, ...wrong }, 0, BY)).rejects.toMatchObject({ code });
    expect([sheet.current(), await told()]).toEqual([[BELL, NEWS], []]);
  });

  test("takes a time at night where no hours are quiet, and a clip of the shelf", async () => {
    const { sheet } = rig({
      limits: { ...USUAL_LIMITS, quietHours: [] },
      clipOf: async (clip) => ({ kind: "clip", clip, name: "歌", sha256: "ab" }),
    });
    const draft = { ...DRAFT, minutes: [0], content: { kind: "clip", clip: "song" } } as const;
    expect(await sheet.write("bell", draft, 0, BY)).toMatchObject({ minutes: [0] });
  });

  test("holds 200 at most", async () => {
    const programmes = Array.from({ length: 200 }, (_, index) => ({ ...BELL, id: `p-${index}` }));
    const { sheet } = rig({ programmes });
    await expect(sheet.write("one-more", DRAFT, 0, BY)).rejects.toMatchObject({ code: "programme.too_many" });
    expect(await sheet.write("p-7", DRAFT, 0, BY)).toMatchObject({ id: "p-7" });
  });

  test.each(["takeOut", "restore"] as const)("%s of none is refused", async (what) => {
    const { sheet } = rig();
    const done = what === "restore" ? sheet.restore("none", BY) : sheet.takeOut("none", 0, BY);
    await expect(done).rejects.toMatchObject({ code: "programme.unknown" });
  });
});
