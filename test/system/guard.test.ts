import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { breakOnce, FAULTS, type Fault } from "../safety/trials.ts";
import { type HornRig, startHornRig } from "../support/horn-rig.ts";
import { until } from "../support/until.ts";

// The built gateway and the built guard, each a process of its own, on virtual horns. `npm run safety` is the long form.

const missing = ["ffmpeg", "espeak-ng", "socat"].filter(
  (command) => spawnSync("which", [command]).status !== 0,
);
const LONG = "水边危险，请大家马上离开，不要靠近塘边。";

describe.skipIf(missing.length > 0)(`a guarded gateway${missing.map((what) => ` (needs ${what})`)}`, () => {
  let rig: HornRig;
  beforeEach(async () => {
    rig = await startHornRig();
  });
  afterEach(() => rig.stop());

  const bothOn = (): Promise<unknown> =>
    until(() => rig.relaysOn().pond && rig.relaysOn().square, { what: "both amplifiers on" });
  const bothOff = (): Promise<unknown> =>
    until(() => !rig.relaysOn().pond && !rig.relaysOn().square, { timeoutMs: 20_000, what: "both off" });
  const acts = async () =>
    (await rig.events()).filter(({ type }) => type === "org.cunshao.guard.acted").map(({ data }) => data);

  test.each(Object.keys(FAULTS) as Fault[])(
    "is safe and speaks again after it was %s in the middle of a broadcast, and after a second time",
    async (fault) => {
      rig.startGuard();
      rig.startGateway();
      for (let round = 0; round < 2; round++) expect(await breakOnce(rig, fault)).toBeGreaterThanOrEqual(0);
    },
  );

  test("tells in the ledger what the guard did, once each", async () => {
    rig.startGuard();
    rig.startGateway();
    await breakOnce(rig, "killed");
    await breakOnce(rig, "hung");
    const told = await until(async () => (await acts()).length === 2 && (await acts()), {
      what: "two events",
    });
    expect(told).toMatchObject([
      { why: "ended", outputs: ["pond", "square"], unsafe: [] },
      { why: "hung", outputs: ["pond", "square"], unsafe: [] },
    ]);
    const pid = rig.gatewayPid();
    rig.signalGateway("SIGTERM");
    await until(() => rig.gatewayPid() !== pid, { timeoutMs: 20_000, what: "the restart" });
    await rig.untilUp();
    expect(await acts()).toHaveLength(2);
  });

  test("is made safe by a guard that comes after its end", async () => {
    rig.startGateway();
    await until(async () => (await rig.health()).length > 0, { timeoutMs: 60_000, what: "the gateway" });
    await rig.say(LONG, 3);
    await bothOn();
    await rig.endGateway("SIGKILL");
    expect(rig.relaysOn()).toEqual({ pond: true, square: true });
    rig.startGuard();
    await bothOff();
  });

  test("goes on speaking while its guard is killed and started anew, and says whether one watches", async () => {
    rig.startGuard();
    rig.startGateway();
    await rig.untilUp();
    const pid = rig.gatewayPid();
    await rig.say(LONG, 3);
    await bothOn();
    await rig.endGuard("SIGKILL");
    const guardPart = async () => (await rig.health()).find(({ name }) => name === "guard");
    await until(async () => (await guardPart())?.status !== "ok", { what: "the missing guard in health" });
    rig.startGuard();
    await until(async () => (await guardPart())?.status === "ok", { what: "the guard in health" });
    expect(rig.relaysOn()).toEqual({ pond: true, square: true });
    expect(rig.gatewayPid()).toBe(pid);
  });

  test("stops by itself in the middle of a broadcast, and its guard has nothing to do", async () => {
    rig.startGuard();
    rig.startGateway();
    await rig.untilUp();
    await rig.say(LONG, 3);
    await bothOn();
    expect(await rig.endGateway("SIGTERM")).toBe(0);
    await bothOff();
    await rig.endGuard("SIGTERM");
    expect(await readFile(rig.guardLog, "utf8")).not.toContain("lost");
  });
});
