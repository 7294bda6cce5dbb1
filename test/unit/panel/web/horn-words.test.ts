import { expect, test } from "vitest";
import type { LedgerEvent } from "../../../../src/core/event.ts";
import { zh } from "../../../../src/panel/web/messages/zh.ts";
import { hornTellers, isOwnOrder } from "../../../../src/panel/web/words/horn-words.ts";

const speech = {
  reason: (code: string) => `<${code}>`,
  source: ({ name }: { readonly name: string }) => name,
};

function told(type: string, data: Readonly<Record<string, unknown>>): string {
  const { key, params } = hornTellers[type]?.({ data } as LedgerEvent, {}, speech) ?? { key: "", params: {} };
  const words = key.split(".").reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], zh);
  return String(words).replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? "?"));
}

const by = { kind: "person", name: "李伯" };

test.each([
  ["broadcast.ordered", { by, text: "开会" }, "李伯要喊话：开会"],
  [
    "broadcast.ordered",
    { by, text: "上山", priority: "emergency", reason: "垮坝" },
    "李伯下了应急广播（垮坝）：上山",
  ],
  ["broadcast.ordered", { by, clip: "c1", clipName: "锣鼓" }, "李伯要喊话：锣鼓"],
  [
    "broadcast.refused",
    { by, text: "开会", refusal: "guard.quiet_hours" },
    "李伯的喊话没有放行（<guard.quiet_hours>）：开会",
  ],
  ["broadcast.refused", {}, "的喊话没有放行（<>）："],
  ["programme.missed", { name: "早铃", reason: "programme.late" }, "节目《早铃》没有播（<programme.late>）"],
  ["programme.skipped", { name: "早铃", by }, "李伯让节目《早铃》跳过一次"],
  ["programme.unskipped", { name: "早铃", by }, "李伯让节目《早铃》照常播"],
  ["programme.paused", { name: "早铃", by, reason: "放假" }, "李伯让节目《早铃》停播：放假"],
  ["programme.resumed", { name: "早铃", by }, "李伯让节目《早铃》恢复播"],
  ["switch.refused", { name: "警报器", reason: "guard.second_key" }, "警报器没有打开（<guard.second_key>）"],
])("%s %j says %s", (type, data, expected) => {
  expect(told(type, data)).toBe(expected);
});

test("what the box orders by itself is told by how it ended only", () => {
  const ordered = (kind: string) =>
    ({ type: "org.cunshao.broadcast.ordered", data: { by: { kind, name: "x" } } }) as unknown as LedgerEvent;
  expect(
    ["rule", "schedule", "drill", "person", "township"].filter((kind) => isOwnOrder(ordered(kind))),
  ).toEqual(["rule", "schedule", "drill"]);
});
