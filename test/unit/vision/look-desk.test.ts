import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createLookDesk } from "../../../src/vision/look-desk.ts";
import type {
  LookPicture,
  PersonBox,
  PersonModel,
  PersonModelFacts,
} from "../../../src/vision/people/person-model.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";

const FACTS: PersonModelFacts = {
  id: "by-hand",
  sha256: "",
  sides: { multiple: 32, width: 640, height: 640 },
  usualScore: 0.4,
};
const PICTURE: LookPicture = { width: 32, height: 32, pixels: new Uint8Array(32 * 32 * 3) };
const SOMEBODY: PersonBox = { box: { x: 0, y: 0, width: 1, height: 1 }, score: 0.9 };

/** A desk whose model answers when the test says so. */
function openDesk(...cameras: readonly string[]) {
  const clock = createSteppedClock();
  const told: string[] = [];
  const answers: ((people: readonly PersonBox[] | Error) => void)[] = [];
  let loads = 0;
  let loadFault: Error | undefined;
  const model: PersonModel = {
    async load() {
      loads++;
      if (loadFault) throw loadFault;
      return FACTS;
    },
    detect: () =>
      new Promise((resolve, reject) => {
        answers.push((people) => (people instanceof Error ? reject(people) : resolve(people)));
      }),
    async close() {},
  };
  const desk = createLookDesk(
    {
      clock,
      log: silentLogger,
      model,
      coreShare: 0.5,
      onModel: (facts) => told.push(`model ${facts?.id}`),
      onTurn: (camera) => told.push(`turn ${camera}`),
      onLooked: (camera, people) => told.push(`looked ${camera} ${people.map(({ length }) => length)}`),
    },
    cameras,
  );
  return {
    clock,
    desk,
    told,
    loads: () => loads,
    failLoading: (fault: Error | undefined) => {
      loadFault = fault;
    },
    async start(): Promise<void> {
      desk.start();
      await until(() => loads === 1);
      await Promise.resolve();
    },
    async answer(people: readonly PersonBox[] | Error, tookMs = 20): Promise<void> {
      await until(() => answers.length > 0);
      clock.step(tookMs);
      answers.shift()?.(people);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const crash = (kind: "transient" | "permanent" = "transient", code = "detector.crashed") =>
  new GatewayError("it died", { code, kind });

describe("the desk that hands out looks", () => {
  test("gives no turn before the model is ready", async () => {
    const { desk, told, start } = openDesk("pond");
    desk.ask("pond");
    expect(told).toEqual([]);
    expect(desk.health()).toMatchObject({ status: "starting" });
    await start();
    desk.ask("pond");
    expect(told).toEqual(["model by-hand", "turn pond"]);
    expect(desk.health()).toMatchObject({ status: "ok" });
  });

  test("shows the model the pictures of one camera, then gives the next its turn", async () => {
    const { desk, told, start, answer } = openDesk("pond", "lake");
    await start();
    desk.ask("pond");
    desk.ask("lake");
    desk.look("pond", [PICTURE, PICTURE]);
    await answer([SOMEBODY]);
    await answer([]);
    expect(told.slice(1)).toEqual(["turn pond", "looked pond 1,0", "turn lake"]);
    expect(desk.figures("pond").looks).toBe(2);
  });

  test("waits when its time is used up, and goes on by itself when there is some again", async () => {
    const { clock, desk, told, start, answer } = openDesk("pond", "lake");
    await start();
    desk.ask("pond");
    desk.look("pond", [PICTURE]);
    desk.ask("lake");
    await answer([], 4000);
    expect(told).not.toContain("turn lake");
    clock.step(6100);
    expect(told).toContain("turn lake");
  });

  test("says for a minute that time was short", async () => {
    const { clock, desk, start, answer } = openDesk("pond", "lake");
    await start();
    desk.ask("pond");
    desk.look("pond", [PICTURE]);
    desk.ask("lake");
    await answer([], 20_000);
    clock.step(41_000);
    expect(desk.health()).toMatchObject({ status: "degraded", reason: "detector.short" });
    desk.look("lake", [PICTURE]);
    await answer([]);
    clock.step(60_000);
    expect(desk.health()).toMatchObject({ status: "ok" });
  });

  test("leaves the zones to movement when the model dies, says why, and starts it again", async () => {
    const { clock, desk, told, start, answer, loads } = openDesk("pond");
    await start();
    desk.ask("pond");
    desk.look("pond", [PICTURE]);
    await answer(crash());
    expect(told.at(-1)).toBe("model undefined");
    expect(desk.health()).toMatchObject({
      status: "degraded",
      reason: "detector.crashed",
      detail: "it died",
    });
    clock.step(2000);
    await until(() => told.at(-1) === "model by-hand");
    expect(loads()).toBe(2);
    expect(desk.health()).toMatchObject({ status: "ok" });
  });

  test("starts it again later each time, and after the sixth failure no more", async () => {
    const { clock, desk, start, loads, failLoading } = openDesk("pond");
    failLoading(crash());
    await start();
    const waits = [2000, 4000, 8000, 16_000, 32_000];
    for (const [index, waitMs] of waits.entries()) {
      clock.step(waitMs - 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(loads()).toBe(index + 1);
      clock.step(1);
      await until(() => loads() === index + 2);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(desk.health()).toMatchObject({ reason: "detector.given_up" });
    clock.step(24 * 3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(loads()).toBe(6);
  });

  test("does not try again with a file that is wrong", async () => {
    const { clock, desk, start, loads, failLoading } = openDesk("pond");
    failLoading(crash("permanent", "detector.wrong_sum"));
    await start();
    await until(() => desk.health().reason === "detector.wrong_sum");
    clock.step(3_600_000);
    expect(loads()).toBe(1);
  });

  test("drops what a worker that died had asked for", async () => {
    const { desk, told, start, answer } = openDesk("pond");
    await start();
    desk.ask("pond");
    desk.look("pond", [PICTURE]);
    desk.reset();
    await answer([SOMEBODY]);
    expect(told.at(-1)).toBe("turn pond");
    desk.ask("pond");
    expect(told.filter((each) => each === "turn pond")).toHaveLength(2);
  });
});
