import { describe, expect, test } from "vitest";
import { CAMERA_FAULTS, type CameraFault } from "../../../src/core/camera-health.ts";
import { CLEAR_AFTER_MS, firstHealth, RAISE_AFTER_MS, stepHealth } from "../../../src/sense/camera-health.ts";
import type { Suspicion } from "../../../src/sense/camera-suspicion.ts";

/** Looks once a second; each word of the story is a suspicion and how many seconds it lasts. */
function tell(story: readonly (readonly [Suspicion | "lost", number])[], open?: CameraFault) {
  let state = firstHealth(open);
  let seconds = 0;
  const told: string[] = [];
  for (const [suspicion, lasts] of story) {
    for (let second = 0; second < lasts; second++) {
      const [next, changes] = stepHealth(state, suspicion, seconds * 1000);
      state = next;
      for (const { kind, fault } of changes) told.push(`${seconds} ${kind} ${fault}`);
      seconds++;
    }
  }
  return told;
}

describe("a camera's health", () => {
  test.each(CAMERA_FAULTS)("tells %s when it has lasted, and its end when the good has", (fault) => {
    const raisedAt = RAISE_AFTER_MS[fault] / 1000;
    expect(
      tell([
        ["good", 1],
        [fault, raisedAt + 5],
        ["good", 20],
      ]),
    ).toEqual([`${raisedAt} raised ${fault}`, `${raisedAt + 5 + CLEAR_AFTER_MS / 1000} cleared ${fault}`]);
  });

  test("takes a camera's reboot for what it is", () => {
    expect(
      tell([
        ["good", 5],
        ["lost", 25],
        ["good", 60],
      ]),
    ).toEqual([]);
  });

  test("never makes a fault of what flickers about its threshold", () => {
    const flicker = Array.from({ length: 200 }, (_, index) => [index % 2 ? "moved" : "good", 2] as const);
    expect(tell(flicker)).toEqual([]);
  });

  test("tells only the gravest, and the other when that is over and it still lasts", () => {
    expect(
      tell([
        ["covered", 25],
        ["black", 20],
        ["covered", 15],
      ]),
    ).toEqual(["20 raised covered", "39 cleared covered", "39 raised black", "54 cleared black"]);
  });

  test("leaves a fault open while it cannot be told, as a turned camera at night", () => {
    expect(
      tell([
        ["moved", 31],
        ["unclear", 3600],
        ["black", 100],
      ]),
    ).toEqual(["30 raised moved", "3645 cleared moved", "3645 raised black"]);
  });

  test("does not raise again what was open before a restart", () => {
    expect(
      tell(
        [
          ["covered", 60],
          ["good", 12],
        ],
        "covered",
      ),
    ).toEqual(["69 cleared covered"]);
  });
});
