import { describe, expect, test } from "vitest";
import { createVillageTime, type MachineTime, type TellingSource } from "../../../src/core/village-time.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";

const WRONG = Date.parse("2026-02-01T00:00:00Z");
const RIGHT = Date.parse("2026-07-01T06:00:00Z");

function village() {
  const machine = createSteppedClock(WRONG);
  let source: ReturnType<MachineTime["source"]>;
  const time = createVillageTime(machine, { source: () => source });
  return {
    machine,
    time,
    tell: (who: TellingSource, wallMs: number) => time.tell(who, wallMs, time.clock.now()),
    now: () => time.clock.now().wallMs,
    setByNetwork(wallMs: number) {
      machine.set(wallMs);
      source = "network";
    },
  };
}

describe("the time of a village", () => {
  test("is the machine's, and not to be relied on, until somebody knows better", () => {
    const { time, now } = village();
    expect(now()).toBe(WRONG);
    expect([time.current(), time.source()]).toEqual(["unsynced", undefined]);
  });

  test("is the township's once it told, and goes on by the monotonic clock", () => {
    const { machine, time, tell, now } = village();
    tell("township", RIGHT);
    machine.step(5000);
    machine.set(0);
    expect(now()).toBe(RIGHT + 5000);
    expect([time.current(), time.source()]).toEqual(["synced", "township"]);
  });

  test("is the machine's again when the network set its clock", () => {
    const { time, tell, now, setByNetwork } = village();
    tell("township", RIGHT);
    setByNetwork(RIGHT + 60_000);
    expect(now()).toBe(RIGHT + 60_000);
    expect(time.source()).toBe("network");
    tell("township", RIGHT - 3_600_000);
    expect(now()).toBe(RIGHT + 60_000);
  });

  test("is a camera's where nobody else told, and the township corrects it", () => {
    const { tell, now, time } = village();
    tell("camera", RIGHT - 600_000);
    tell("camera", RIGHT - 300_000);
    expect(now()).toBe(RIGHT - 600_000);
    tell("township", RIGHT);
    expect(now()).toBe(RIGHT);
    tell("camera", RIGHT - 600_000);
    expect([now(), time.source()]).toEqual([RIGHT, "township"]);
  });

  test("is a satellite receiver's rather than a camera's, and the township's rather than its", () => {
    const { tell, now, time } = village();
    tell("camera", RIGHT - 600_000);
    tell("gps", RIGHT);
    tell("camera", RIGHT - 600_000);
    expect([now(), time.source()]).toEqual([RIGHT, "gps"]);
    tell("township", RIGHT + 5_000);
    tell("gps", RIGHT);
    expect([now(), time.source()]).toEqual([RIGHT + 5_000, "township"]);
  });

  test("is not what a satellite receiver says whose weeks have run over", () => {
    const { tell, time } = village();
    tell("gps", RIGHT - 1024 * 7 * 86_400_000);
    expect(time.source()).toBeUndefined();
  });

  test("does not tremble with the whole seconds in which it is told", () => {
    const { tell, now } = village();
    tell("township", RIGHT);
    for (const offMs of [-900, 1100, -2000, 2400]) {
      tell("township", RIGHT + offMs);
      expect(now()).toBe(RIGHT);
    }
    tell("township", RIGHT + 3000);
    expect(now()).toBe(RIGHT + 3000);
  });

  test.each([
    Number.NaN,
    0,
    Date.parse("2000-01-01T00:00:00Z"),
    Date.parse("2026-01-01T00:00:00Z"),
    1e15,
    -1,
  ])("is not %s", (wallMs) => {
    const { time, tell } = village();
    tell("township", wallMs);
    expect(time.current()).toBe("unsynced");
  });
});
