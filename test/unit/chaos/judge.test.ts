import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { judge } from "../../chaos/judge.ts";

const event = (type: string, id: string, subject: string, data: object): LedgerEvent =>
  ({ type: `org.cunshao.${type}`, id, subject, data }) as unknown as LedgerEvent;
const alarm = (id: string, subject = id, data: object = {}) => event("alarm.raised", id, subject, data);
const rescued = (id: string) => ({ rescued: { id } });

describe("the judge of what the township has", () => {
  test.each([
    ["everything once", [alarm("a-1"), alarm("a-2")], 0, 0],
    ["one is missing", [alarm("a-1")], 1, 0],
    ["one is there twice", [alarm("a-1"), alarm("a-2"), alarm("a-2")], 0, 1],
    [
      "one came again from a new ledger",
      [alarm("a-1"), alarm("a-2"), alarm("b-7", "a-2", rescued("a-2"))],
      0,
      1,
    ],
    ["one came from a new ledger only", [alarm("a-1"), alarm("b-7", "a-2", rescued("a-2"))], 0, 0],
    ["one alarm was written as two events", [alarm("a-1"), alarm("a-2"), alarm("a-3", "a-2")], 0, 1],
    ["one more than was told of", [alarm("a-1"), alarm("a-2"), alarm("a-3")], 0, 0],
  ])("%s", (_what, events, lost, duplicates) => {
    expect(judge([alarm("a-1"), alarm("a-2")], [{ name: "http", events }])).toMatchObject({
      lost,
      duplicates,
    });
  });

  const raised = alarm("a-1", "a-1", { clip: { camera: "pond" } });
  const picture = event("evidence.added", "a-2", "a-1", { kind: "snapshot", sha256: "aa" });
  const clip = event("evidence.added", "a-3", "a-1", { kind: "clip", sha256: "bb" });
  const noClip = event("evidence.missing", "a-4", "a-1", { kind: "clip" });

  test.each([
    ["all of it", [raised, picture, clip], [raised, picture, clip], ["aa", "bb"], 0, 0],
    ["no word of the clip, neither here nor there", [raised], [raised], [], 1, 0],
    ["the word that there is no clip", [raised, noClip], [raised, noClip], [], 0, 0],
    ["a picture without its file", [raised, picture, noClip], [raised, picture, noClip], [], 1, 0],
    ["a file without its word", [raised, picture, noClip], [raised, noClip], ["aa"], 1, 0],
    ["a clip, and that there is none", [raised, clip], [raised, clip, noClip], ["bb"], 0, 1],
  ])("evidence: %s", (_what, told, events, files, lost, duplicates) => {
    const hasFile = (sha256: string): boolean => files.includes(sha256);
    expect(judge(told, [{ name: "http", events, hasFile }])).toMatchObject({ lost, duplicates });
  });

  test("no file is looked for where none goes", () => {
    expect(judge([picture], [{ name: "mqtt", events: [picture] }])).toMatchObject({ lost: 0 });
  });
});
