import { describe, expect, test } from "vitest";
import { FragmentHub, type StreamReader } from "../../../src/video/fragment-hub.ts";
import { fragment, INIT } from "../../support/live-double.ts";

function record(): StreamReader & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    onInit: ({ bytes }) => heard.push(bytes.toString()),
    onFragment: ({ bytes }) => heard.push(bytes.toString("latin1", 0, 2)),
    onEnd: () => heard.push("end"),
  };
}

function hubWith(...labels: readonly string[]): FragmentHub {
  const hub = new FragmentHub();
  hub.begin(INIT);
  for (const label of labels) hub.push(fragment(label));
  return hub;
}

describe("a hub", () => {
  test("gives a late reader the init segment and everything since the last key frame", () => {
    const hub = hubWith("K1", "p2", "K3", "p4");
    const reader = record();
    hub.attach(reader);
    hub.push(fragment("p5"));
    expect(reader.heard).toEqual(["init", "K3", "p4", "p5"]);
  });

  test("gives every reader the same", () => {
    const hub = new FragmentHub();
    const readers = [record(), record()];
    for (const reader of readers) hub.attach(reader);
    hub.begin(INIT);
    hub.push(fragment("K1"));
    hub.end();
    for (const { heard } of readers) expect(heard).toEqual(["init", "K1", "end"]);
  });

  test("forgets the pictures of a session that ended", () => {
    const hub = hubWith("K1");
    hub.end();
    const reader = record();
    hub.attach(reader);
    expect(hub.sinceKeyFrame()).toEqual([]);
    expect(hub.init).toBeUndefined();
    expect(reader.heard).toEqual([]);
  });

  test("keeps nothing before the first key frame: it could not be decoded", () => {
    const hub = hubWith("p1", "p2");
    expect(hub.sinceKeyFrame()).toEqual([]);
  });

  test("keeps a bounded amount for a camera that never sends a second key frame", () => {
    const hub = hubWith("K1");
    for (let count = 0; count < 20; count++) {
      hub.push(fragment("p0", 1024 * 1024));
      const keptBytes = hub.sinceKeyFrame().reduce((sum, { length }) => sum + length, 0);
      expect(keptBytes).toBeLessThan(10 * 1024 * 1024);
    }
    expect(hub.sinceKeyFrame()).toEqual([]);
    hub.push(fragment("K2"));
    expect(hub.sinceKeyFrame()).toHaveLength(2);
  });

  test("tells nothing more to a reader that left, even during the telling", () => {
    const hub = new FragmentHub();
    const second = record();
    const leaveSecond: { run?: () => void } = {};
    hub.attach({ onInit() {}, onFragment: () => leaveSecond.run?.(), onEnd() {} });
    leaveSecond.run = hub.attach(second);
    hub.begin(INIT);
    hub.push(fragment("K1"));
    expect(second.heard).toEqual(["init"]);
  });

  test("is in a hurry while some reader is, or does not tell", () => {
    const hub = new FragmentHub();
    expect(hub.isHurried()).toBe(false);
    let isAwake = false;
    hub.attach({ ...record(), isHurried: () => false });
    hub.attach({ ...record(), isHurried: () => isAwake });
    expect(hub.isHurried()).toBe(false);
    isAwake = true;
    expect(hub.isHurried()).toBe(true);
    isAwake = false;
    const leave = hub.attach(record());
    expect(hub.isHurried()).toBe(true);
    leave();
    expect(hub.isHurried()).toBe(false);
  });
});
