import { describe, expect, test } from "vitest";
import { systemClock } from "../../../../src/core/time.ts";
import type { VillageState } from "../../../../src/core/village.ts";
import { next } from "../../../../src/panel/web/messages/zh-condition.ts";
import { overall } from "../../../../src/panel/web/messages/zh-overall.ts";
import { conditionsOf } from "../../../../src/panel/web/words/condition.ts";
import { nextStep } from "../../../../src/panel/web/words/next-step.ts";
import { phrase } from "../../../../src/panel/web/words/phrase.ts";
import { createTimes } from "../../../../src/panel/web/words/times.ts";
import { createVillageDouble } from "../../../support/village-double.ts";

/** What is no fault, or says itself what to do. */
const NO_FAULT = ["well", "alarms", "handled", "cameraConnecting", "paused", "more", "title", "titleAlarm"];

describe("what to do next", () => {
  test.each(Object.keys(overall).filter((key) => !NO_FAULT.includes(key)))("is known of %s", (fault) => {
    const [, step = ""] = nextStep(phrase(`overall.${fault}`))?.key.split(".") ?? [];
    expect(Object.keys(next)).toContain(step);
  });

  test.each(NO_FAULT)("is nothing of %s", (key) => {
    expect(nextStep(phrase(`overall.${key}`))).toBeUndefined();
  });
});

describe("how the box is", () => {
  const told = (change: Partial<VillageState>) => {
    const state = { ...createVillageDouble(systemClock).state(), ...change };
    const found = conditionsOf(state, createTimes("Asia/Shanghai"), ({ key }) => key);
    return Object.fromEntries(
      found.map(({ name, phrases, well }) => [
        name,
        [well, ...phrases.map(({ key }) => key.replace("condition.", ""))],
      ]),
    );
  };

  test("leaves out what it does not have, and says what it cannot see", () => {
    expect(told({ cameras: [], speakers: [], sensors: [], inputs: [], clock: "synced" })).toEqual({
      clock: [true, "clockRight"],
      power: [true, "powerUnknown"],
    });
  });

  test("tells power and heat as the board does", () => {
    const since = "2026-07-01T06:00:00.000Z";
    expect(told({ board: { supply: "low", celsius: 81.2, since } })).toMatchObject({
      power: [false, "powerLow"],
      heat: [false, "heatIs"],
    });
    expect(told({ board: { supply: "good", celsius: 50 } })).toMatchObject({
      power: [true, "powerGood"],
      heat: [true, "heatIs"],
    });
  });

  test("tells what was let go when there was no room, calmly", () => {
    const storage = { freeBytes: 5.25e9, freeInodes: 1, cameras: [] };
    const [firstAt, lastAt] = ["2026-06-01T06:00:00.000Z", "2026-06-03T06:00:00.000Z"];
    expect(told({ storage, letGo: { sent: { events: 400 } } })["disk"]).toEqual([
      true,
      "diskFree",
      "diskLetGo",
    ]);
    expect(told({ storage, letGo: { unsent: { events: 12, firstAt, lastAt } } })["disk"]).toEqual([
      ...[true, "diskFree", "diskLostBetween"],
    ]);
  });

  test("tells how long recordings reach and the card lasts", () => {
    const storage = {
      outlook: { days: 12, wantedDays: 30, basis: "measured" as const },
      freeBytes: 5.25e9,
      freeInodes: 1,
      cameras: [],
      cardLifeDays: 10,
    };
    expect(told({ storage })["disk"]).toEqual([true, "diskFree", "diskDays", "diskCard"]);
    const parts = [{ name: "recordings", status: "degraded" as const, reason: "recording.too_short" }];
    expect(told({ storage, parts })["disk"]?.[0]).toBe(false);
  });
});
