import { expect, test } from "vitest";
import { tellGuard } from "../../../../src/panel/web/words/guard-words.ts";

const speakers = [{ speaker: "pond", name: "东塘喇叭" }];

test.each([
  [
    "ended",
    { why: "ended", outputs: ["pond"], unsafe: [], tookMs: 130 },
    ["event.guardEnded", { seconds: 1 }],
  ],
  ["hung", { why: "hung", outputs: ["pond"], unsafe: [], tookMs: 130 }, ["event.guardHung", {}]],
  [
    "left something on too long",
    { why: "overrun", outputs: ["pond", "siren"], unsafe: [], tookMs: 90 },
    ["event.guardOverrun", { outputs: "东塘喇叭 siren" }],
  ],
  [
    "ended, with a relay that did not answer",
    { why: "ended", outputs: ["pond"], unsafe: ["pond"], tookMs: 9000 },
    ["event.guardUnsafe", { outputs: "东塘喇叭" }],
  ],
  ["did what nobody knows", { why: 7 }, ["event.guardEnded", { seconds: 1 }]],
])("what the guard did when the gateway %s is told in its own words", (_what, data, [key, params]) => {
  const told = tellGuard({ data } as never, { speakers });
  expect(told.key).toBe(key);
  expect(told.params).toEqual(params);
});
