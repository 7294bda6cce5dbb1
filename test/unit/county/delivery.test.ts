import { describe, expect, test } from "vitest";
import { createVirtualBox } from "../../../hw/virtual/fleet/virtual-box.ts";
import { type CountyMessage, readMessage } from "../../../src/county/delivery.ts";

const box = createVirtualBox("longwan", "");
const [first, second] = [1, 2].map((index) =>
  box.append({ type: "org.cunshao.test", class: "alarm", subject: "pond", data: { index } }),
);
const BATCH = "application/cloudevents-batch+json; charset=UTF-8";

function read(topic: string, said: unknown, more: Partial<CountyMessage> = {}) {
  const payload = Buffer.from(typeof said === "string" ? said : JSON.stringify(said));
  return readMessage(
    { topic, payload, contentType: undefined, absent: undefined, isRetained: false, ...more },
    "cunshao",
  );
}
const events = (said: unknown, more: Partial<CountyMessage> = {}) =>
  read("cunshao/longwan/events/alarm", said, more);

describe("a message of a box", () => {
  test("with one event, or with a batch of them, is a delivery of its ledger", () => {
    const delivery = { box: "longwan", ledger: box.ledger, odd: [], absent: [] };
    expect(events(first)).toEqual({ kind: "delivery", delivery: { ...delivery, events: [first], head: 1 } });
    expect(events([first, second], { contentType: BATCH })).toEqual({
      kind: "delivery",
      delivery: { ...delivery, events: [first, second], head: 2 },
    });
  });

  test("keeps members of events that nobody here knows: the hash is over them", () => {
    const later = { ...first, extension: "of a later version" };
    expect(events(later)).toMatchObject({ delivery: { events: [later] } });
  });

  test("names the numbers that never come", () => {
    expect(events(first, { absent: "5-9,17,nine,3-1,0" })).toMatchObject({
      delivery: {
        absent: [
          { first: 5, last: 9 },
          { first: 17, last: 17 },
        ],
      },
    });
  });

  test("that asks how far its events are kept says where they end", () => {
    expect(read("cunshao/longwan/question", { ledger: "abc", head: 12 })).toMatchObject({
      kind: "delivery",
      delivery: { box: "longwan", ledger: "abc", head: 12, events: [] },
    });
  });

  test("says whether the box is there", () => {
    const said = { status: "offline", ledger: "abc", version: "1.2.3", at: "whenever" };
    expect(read("cunshao/longwan/status", said, { isRetained: true })).toEqual({
      kind: "sign",
      sign: { box: "longwan", status: "offline", ledger: "abc", version: "1.2.3", isRetained: true },
    });
  });

  test("with what has a number and is no event is kept as it came", () => {
    const odd = { ...second, class: "gossip" };
    expect(events([first, odd], { contentType: BATCH })).toMatchObject({
      delivery: { events: [first], odd: [{ seq: 2, payload: JSON.stringify(odd) }], head: 2 },
    });
  });
});

describe.each([
  ["no JSON", "cunshao/longwan/events/alarm", "{", "json"],
  ["an empty one", "cunshao/longwan/status", "", "json"],
  ["no number", "cunshao/longwan/events/alarm", { ...first, seq: 1.5 }, "form"],
  ["a ledger that is no name", "cunshao/longwan/events/alarm", { ...first, ledger: "a b\0" }, "form"],
  ["an event of another village", "cunshao/shuikou/events/alarm", first, "other-source"],
  ["an array that is announced as one event", "cunshao/longwan/events/alarm", [first], "form"],
  [
    "data that nothing can go over",
    "cunshao/longwan/events/alarm",
    `${"[".repeat(9999)}${"]".repeat(9999)}`,
    "too-deep",
  ],
  ["a village that is no id", "cunshao/../events/alarm", first, "topic"],
  ["another topic", "cunshao/longwan/gossip", {}, "topic"],
  ["another beginning", "elsewhere/longwan/events/alarm", first, "topic"],
])("a message with %s", (_what, topic, said, why) => {
  test(`is nonsense: ${why}`, () => {
    expect(read(topic, said)).toMatchObject({ kind: "nonsense", why });
  });
});

test("a batch of two ledgers is nonsense: no word could answer it", () => {
  expect(events([first, { ...second, ledger: "another" }], { contentType: BATCH })).toMatchObject({
    kind: "nonsense",
    why: "mixed-ledgers",
  });
});
