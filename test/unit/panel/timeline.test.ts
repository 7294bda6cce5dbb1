import { describe, expect, test } from "vitest";
import { noCells } from "../../../src/core/movement-cells.ts";
import type { AlarmView } from "../../../src/core/village.ts";
import { HOUR_MS, REASON, rig } from "./recordings-rig.ts";

const DAY_MS = 24 * HOUR_MS;

async function setUp() {
  const made = await rig();
  const { ask, at, segments, startMs, movement, village, ledger } = made;
  segments.record({ startMs, seconds: 10 });
  segments.record({ startMs: startMs + 20_000, seconds: 10 });
  segments.record({ startMs: startMs + 600_000, seconds: 10 });
  movement.add({
    camera: "pond-east",
    fromMs: startMs + 2_000,
    toMs: startMs + 6_000,
    clock: "synced",
    zones: [],
    cells: noCells(),
  });
  const alarm: AlarmView = {
    ...{ id: "a1", rule: "pond-bank", name: "东塘有人靠近", place: "东塘", camera: "pond-east" },
    ...{ severity: "danger", status: "cleared", raisedAt: at(4), seq: 7, delivered: [] },
  };
  village.update({ alarms: [alarm, { ...alarm, id: "a2", camera: "road", seq: 8 }] });
  const timeline = (query: Record<string, string>, camera = "pond-east") =>
    ask("GET", `/cameras/${camera}/timeline?${new URLSearchParams(query)}`);
  const searched = async () =>
    (await ledger.latest(100)).filter(({ type }) => type === "org.cunshao.movement.searched");
  return { ...made, timeline, searched };
}

describe("GET /cameras/<id>/timeline", () => {
  test("tells what was recorded, when something moved and when it alarmed, and who wanted to know", async () => {
    const { at, timeline, searched } = await setUp();
    const answer = await timeline({ from: at(0), to: at(1000), parts: "1000", reason: REASON });
    expect(answer.json()).toEqual({
      recorded: [
        { from: at(0), to: at(10) },
        { from: at(20), to: at(30) },
        { from: at(600), to: at(610) },
      ],
      moved: [{ from: at(2), to: at(6), share: 1 }],
      alarms: [{ id: "a1", seq: 7, name: "东塘有人靠近", severity: "danger", raisedAt: at(4) }],
    });
    expect((await searched()).map(({ subject, data }) => [subject, data["reason"]])).toEqual([
      ["pond-east", REASON],
    ]);
  });

  test("tells nothing of movement, and writes nothing down, without a reason", async () => {
    const { at, timeline, searched } = await setUp();
    const body = (await timeline({ from: at(0), to: at(1000) })).json();
    expect(Object.keys(body)).toEqual(["recorded", "alarms"]);
    expect(await searched()).toEqual([]);
  });

  test("keeps no gap that the bar could not draw", async () => {
    const { at, timeline } = await setUp();
    const { recorded } = (await timeline({ from: at(0), to: at(1000), parts: "10" })).json();
    expect(recorded).toEqual([
      { from: at(0), to: at(30) },
      { from: at(600), to: at(610) },
    ]);
  });

  test.each([
    [{ from: -31.5 * DAY_MS, to: 0 }, {}, 422, "movement.too_long"],
    [{ from: 0, to: 0 }, {}, 422, "recordings.bad_range"],
    [{ from: 0, to: 1000 }, { parts: "0" }, 400, "request.invalid"],
    [{ from: 0, to: 1000 }, { parts: "1000000" }, 400, "request.invalid"],
    [{ from: 0, to: 1000 }, { reason: " " }, 400, "request.invalid"],
  ])("refuses %o %o", async ({ from, to }, more, status, code) => {
    const { startMs, timeline } = await setUp();
    const iso = (ms: number) => new Date(startMs + ms).toISOString();
    const answer = await timeline({ from: iso(from), to: iso(to), ...more });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  test("knows no camera that is not there", async () => {
    const { at, timeline } = await setUp();
    const answer = await timeline({ from: at(0), to: at(10) }, "nowhere");
    expect([answer.statusCode, answer.json().code]).toEqual([404, "camera.unknown"]);
  });
});
