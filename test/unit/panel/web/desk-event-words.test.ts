import { describe, expect, test } from "vitest";
import { type DeskNames, deskEventPhrase } from "../../../../src/panel/web/words/desk-event-words.ts";
import { event, speech } from "./word-samples.ts";

const names = {
  boxes: [{ id: "longwan", name: "龙湾村" }],
  alarms: [{ box: "longwan", id: "a1", name: "东塘有人靠近" }],
} as unknown as DeskNames;
const by = { kind: "person", name: "王芳" };

describe("the audit of a township's desk says", () => {
  test.each<[string, Record<string, unknown>, string, string, Record<string, unknown>]>([
    [
      ...(["evidence.viewed", { box: "longwan", by, reason: "核实报警" }, "f".repeat(64)] as const),
      ...(["deskEvent.clip", { by: "person:王芳", village: "龙湾村", reason: "核实报警" }] as const),
    ],
    [
      ...(["desk.opened", { by, path: "/cameras/pond-east/live" }, "longwan"] as const),
      ...(["deskEvent.camera", { village: "龙湾村", camera: "pond-east" }] as const),
    ],
    [
      ...(["desk.opened", { by, path: "/cameras/pond-east/snapshot.jpg" }, "longwan"] as const),
      ...(["deskEvent.camera", { village: "龙湾村", camera: "pond-east" }] as const),
    ],
    [
      ...(["recording.viewed", { box: "longwan", by, reason: "核实报警" }, "pond-east"] as const),
      ...(["deskEvent.recording", { village: "龙湾村", camera: "pond-east", reason: "核实报警" }] as const),
    ],
    [
      ...(["export.ordered", { box: "longwan", by, reason: "派出所要" }, "pond-east"] as const),
      ...(["deskEvent.exported", { village: "龙湾村", camera: "pond-east", reason: "派出所要" }] as const),
    ],
    ["export.fetched", { box: "longwan", by }, "x1", "deskEvent.fetched", { village: "龙湾村" }],
    ["desk.spoke", { by, path: "/broadcasts" }, "longwan", "deskEvent.talk", { village: "龙湾村" }],
    ["desk.opened", { by, path: "/broadcasts/live" }, "longwan", "deskEvent.talk", { village: "龙湾村" }],
    ["desk.opened", { by, path: "/other" }, "longwan", "deskEvent.opened", { path: "/other" }],
    [
      ...(["desk.act", { box: "longwan", kind: "clear", by }, "a1"] as const),
      ...(["deskEvent.clear", { village: "龙湾村", alarm: "东塘有人靠近" }] as const),
    ],
    [
      ...(["desk.act_withdrawn", { box: "longwan", kind: "note", by, person: "李四" }, "a1"] as const),
      ...(["deskEvent.withdrawn.note", { person: "李四" }] as const),
    ],
    [
      ...(["desk.act_refused", { box: "gone", kind: "acknowledge", reason: "alarm.unknown" }, "a9"] as const),
      ...([
        "deskEvent.refused.acknowledge",
        { village: "gone", alarm: "", reason: "<alarm.unknown>" },
      ] as const),
    ],
    ["desk.refusal_read", { box: "longwan", by }, "a1", "deskEvent.read", { alarm: "东塘有人靠近" }],
    ["desk.other_site", { site: "taohua" }, "longwan", "deskEvent.otherSite", { site: "taohua" }],
    ["desk.cursor_left", { from: "desk-a", to: "desk-a.1" }, "", "deskEvent.cursorLeft", { to: "desk-a.1" }],
    ["session.opened", { username: "王芳" }, "", "event.sessionOpened", { name: "王芳" }],
  ])("%s with %j of %s as %s", (type, data, subject, key, params) => {
    const told = deskEventPhrase(event(type, data, subject), names, speech);
    expect(told.key).toBe(key);
    expect(told.params).toMatchObject(params);
  });
});
