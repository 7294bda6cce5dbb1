import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { judge } from "../../chaos/judge.ts";

const alarm = (id: string, subject = id, data: object = {}): LedgerEvent =>
  ({ type: "org.cunshao.alarm.raised", id, subject, data }) as unknown as LedgerEvent;

describe("the judge of what the township has", () => {
  test.each([
    ["everything once", [alarm("a-1"), alarm("a-2")], 0, 0],
    ["one is missing", [alarm("a-1")], 1, 0],
    ["one is there twice", [alarm("a-1"), alarm("a-2"), alarm("a-2")], 0, 1],
    [
      "one came again from a new ledger",
      [alarm("a-1"), alarm("a-2"), alarm("b-7", "a-2", { rescued: { id: "a-2" } })],
      0,
      1,
    ],
    [
      "one came from a new ledger only",
      [alarm("a-1"), alarm("b-7", "a-2", { rescued: { id: "a-2" } })],
      0,
      0,
    ],
    ["one alarm was written as two events", [alarm("a-1"), alarm("a-2"), alarm("a-3", "a-2")], 0, 1],
    ["one more than was told of", [alarm("a-1"), alarm("a-2"), alarm("a-3")], 0, 0],
  ])("%s", (_what, events, lost, duplicates) => {
    expect(judge(["a-1", "a-2"], [{ name: "http", events }])).toMatchObject({ lost, duplicates });
  });
});
