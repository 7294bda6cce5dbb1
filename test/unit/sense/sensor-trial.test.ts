import { describe, expect, test } from "vitest";
import { createSensorTrial, type WiredLines } from "../../../src/sense/sensor-trial.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { profiles } from "../config/config-rig.ts";

const LEVEL = { profile: "generic-level", bus: "rs485", address: 3 };
const NOTHING_ELSE: WiredLines = { speakers: [], switches: [] };
const alsa = { kind: "alsa", device: "default" } as const;

async function rig(lines: Partial<WiredLines> = {}) {
  const clock = createManualClock();
  const asked: object[] = [];
  const answers: ((value: number | null) => void)[] = [];
  const trial = createSensorTrial(
    {
      clock,
      openSensor({ profile, ...at }) {
        return {
          unit: profile.unit,
          read() {
            asked.push(at);
            return new Promise((resolve) => answers.push(resolve));
          },
        };
      },
    },
    { ...NOTHING_ELSE, ...lines, profiles: (await profiles()).sensors },
  );
  return { clock, trial, asked, answer: (value: number | null) => answers.shift()?.(value) };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error) => error.code,
  );

describe("a sensor that is read once on trial", () => {
  test.each([2.31, null])("tells its value in its unit: %s", async (value) => {
    const { trial, asked, answer } = await rig();
    const reading = trial.read(LEVEL);
    answer(value);
    expect(await reading).toEqual({ value, unit: "m" });
    expect(asked).toEqual([{ bus: "rs485", address: 3 }]);
  });

  test("keeps the next one out until it is over, even where nobody waits for it any more", async () => {
    const { clock, trial, asked, answer } = await rig();
    const late = codeOf(trial.read(LEVEL));
    expect(await codeOf(trial.read(LEVEL))).toBe("sensor_trial.busy");
    await clock.advance(10_000);
    expect(await late).toBe("time.out");
    expect(await codeOf(trial.read(LEVEL))).toBe("sensor_trial.busy");
    answer(1);
    await clock.advance(0);
    const next = trial.read(LEVEL);
    answer(2);
    expect(await next).toMatchObject({ value: 2 });
    expect(asked).toHaveLength(2);
  });

  const wired = { bus: "rs485", profile: "lcus", channel: 1 };
  test.each<[string, Partial<WiredLines>]>([
    ["a relay board", { speakers: [{ audio: alsa, power: { serial: wired } }] }],
    ["a siren's relay board", { switches: [{ relay: { serial: wired } }] }],
    ["an amplifier", { speakers: [{ audio: alsa, power: { amplifier: wired } }] }],
    ["a voice module", { speakers: [{ audio: { kind: "module", module: wired } }] }],
    ["a satellite receiver", { gps: { id: "rs485" } }],
  ])("is never asked on the line of %s, which would take it for an order", async (_what, lines) => {
    const { trial, asked } = await rig(lines);
    expect(await codeOf(trial.read(LEVEL))).toBe("sensor_trial.other_line");
    expect(asked).toEqual([]);
  });

  test("may be on the line of Modbus relays", async () => {
    const { trial, answer } = await rig({ switches: [{ relay: { modbus: wired } }] });
    const reading = trial.read(LEVEL);
    answer(1);
    expect(await reading).toEqual({ value: 1, unit: "m" });
  });

  test("is of a model that there is", async () => {
    const { trial } = await rig();
    expect(await codeOf(trial.read({ ...LEVEL, profile: "none" }))).toBe("profile.missing");
  });
});
