import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { isSameRun, type Processes, type ProcessRun } from "../../../src/core/process-run.ts";
import { leftActs } from "../../../src/guard/acts.ts";
import { createGuard, type Guard } from "../../../src/guard/guard.ts";
import { createHeart, type Heart, isGuardActing } from "../../../src/guard/heart.ts";
import { readGuardSign, type SafePlan, signsIn } from "../../../src/guard/signs.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";

const PLAN: SafePlan = {
  speakers: [{ id: "pond", power: { gpio: { chip: "c", line: 4, activeLow: true } } }],
  switches: [],
  buses: [],
  relayProfiles: [],
  voiceModuleProfiles: [],
  amplifierProfiles: [],
  maxOnMs: { pond: 60_000 },
};

/** A machine with two processes on it: gateway and guard share its files and its clock. */
function machine() {
  const folder = join(mkdtempSync(join(tmpdir(), "cunshao-guard-")), "runtime");
  onTestFinished(() => rmSync(join(folder, ".."), { recursive: true, force: true }));
  const clock: ManualClock = createManualClock();
  const alive: ProcessRun[] = [];
  const ended: ProcessRun[] = [];
  const processesOf = (self: ProcessRun): Processes => ({
    self: () => self,
    isAlive: (run) => alive.some((each) => isSameRun(each, run)),
    childrenOf: () => [],
    end(run) {
      ended.push(run);
      kill(run);
      return true;
    },
  });
  const kill = (run: ProcessRun): void => {
    alive.splice(0, alive.length, ...alive.filter((each) => !isSameRun(each, run)));
  };
  let pids = 100;
  const newRun = (): ProcessRun => {
    const run = { boot: "b", pid: ++pids, startTicks: String(pids) };
    alive.push(run);
    return run;
  };
  const relays = { on: false, answers: true, orders: 0, plan: PLAN };

  /** Of a process of its own, or anew in that of an earlier one. */
  async function startGateway(anew?: { run: ProcessRun; plan: SafePlan }): Promise<{
    run: ProcessRun;
    heart: Heart;
    speak(): Promise<void>;
    hang(): void;
  }> {
    const { run, plan } = anew ?? { run: newRun(), plan: PLAN };
    // Its own clock can stand still: so it hangs.
    const loop = { stands: false };
    const own = {
      ...clock,
      after: (ms: number, go: () => void) =>
        clock.after(ms, () => loop.stands || !alive.includes(run) || go()),
    };
    const heart = createHeart(
      { clock: own, processes: processesOf(run), log: silentLogger },
      { folder, plan, start: anew ? 2 : 1 },
    );
    const begun = heart.begin();
    await clock.advance(100);
    await begun;
    const { gpio } = heart.watching({
      gpio: {
        openRelay: async () => ({
          switch: async (on) => {
            relays.on = on;
          },
          readBack: async () => "unknown",
          close: async () => {},
        }),
        openContact: () => Promise.reject(new Error("none")),
      },
      serial: {} as never,
      modbus: {} as never,
    });
    const line = PLAN.speakers[0]?.power;
    const relay = await gpio.openRelay((line as { gpio: never }).gpio);
    heart.running();
    return {
      run,
      heart,
      speak: () => relay.switch(true),
      hang: () => {
        loop.stands = true;
      },
    };
  }
  async function startGuard(): Promise<Guard> {
    const guard = createGuard(
      {
        clock,
        processes: processesOf(newRun()),
        log: silentLogger,
        maker: {
          prepare: async () => {},
          makeSafe: async (plan) => {
            relays.orders++;
            relays.plan = plan;
            if (!relays.answers) return plan.speakers.map(({ id }) => id);
            relays.on = false;
            return [];
          },
          endChildren: () => 2,
        },
      },
      folder,
    );
    await guard.start();
    return guard;
  }
  return {
    folder,
    clock,
    relays,
    ended,
    kill,
    startGateway,
    startGuard,
    acts: () => leftActs(signsIn(folder).acts),
  };
}

describe("the guard", () => {
  let box: ReturnType<typeof machine>;
  beforeEach(() => {
    box = machine();
  });

  test("lets a healthy gateway speak", async () => {
    await box.startGuard();
    const { speak } = await box.startGateway();
    await speak();
    await box.clock.advance(50_000);
    expect(box.relays).toMatchObject({ on: true, orders: 0 });
  });

  test("switches off within a second when the gateway has died, and leaves word of it", async () => {
    await box.startGuard();
    const { run, speak } = await box.startGateway();
    await speak();
    box.kill(run);
    await box.clock.advance(1000);
    expect(box.relays.on).toBe(false);
    expect(box.acts().map(({ act }) => act)).toMatchObject([
      { why: "ended", outputs: ["pond"], unsafe: [], children: 2 },
    ]);
  });

  test("ends a gateway that hangs before it switches off, within 5 s of the hang", async () => {
    await box.startGuard();
    const { run, speak, hang } = await box.startGateway();
    await speak();
    hang();
    await box.clock.advance(5000);
    expect(box.ended).toEqual([run]);
    expect(box.relays.on).toBe(false);
    expect(box.acts()[0]?.act.why).toBe("hung");
  });

  test("switches off what the gateway drives that was started anew in the same process", async () => {
    await box.startGuard();
    const { run, heart } = await box.startGateway();
    heart.stopping();
    heart.stopped();
    const plan = { ...PLAN, speakers: [{ id: "square", power: PLAN.speakers[0]?.power }] };
    const { speak } = await box.startGateway({ run, plan });
    await speak();
    box.kill(run);
    await box.clock.advance(1000);
    expect(box.relays).toMatchObject({ on: false, plan: { speakers: [{ id: "square" }] } });
  });

  test("acts once for one loss, also after it was started anew itself", async () => {
    const first = await box.startGuard();
    const { run } = await box.startGateway();
    box.kill(run);
    await box.clock.advance(1000);
    const stopping = first.stop();
    await box.clock.advance(5000);
    await stopping;
    await box.startGuard();
    await box.clock.advance(5000);
    expect(box.relays.orders).toBe(1);
  });

  test("started late, still switches off what a dead gateway left on", async () => {
    const { run, speak } = await box.startGateway();
    await speak();
    box.kill(run);
    await box.clock.advance(600_000);
    await box.startGuard();
    await box.clock.advance(1000);
    expect(box.relays.on).toBe(false);
  });

  test("started late, ends a gateway that hung before", async () => {
    const { run, speak, hang } = await box.startGateway();
    await speak();
    hang();
    await box.startGuard();
    await box.clock.advance(4000);
    expect(box.ended).toEqual([run]);
    expect(box.relays.on).toBe(false);
  });

  test("does nothing in an orderly stop and after it", async () => {
    await box.startGuard();
    const { run, heart } = await box.startGateway();
    heart.stopping();
    await box.clock.advance(9000);
    heart.stopped();
    box.kill(run);
    await box.clock.advance(60_000);
    expect(box.relays.orders).toBe(0);
  });

  test("acts where a gateway dies on its way to a stop", async () => {
    await box.startGuard();
    const { run, heart, speak } = await box.startGateway();
    await speak();
    heart.stopping();
    box.kill(run);
    await box.clock.advance(1000);
    expect(box.relays.on).toBe(false);
  });

  test("tries on while a relay does not answer", async () => {
    await box.startGuard();
    const { run, speak } = await box.startGateway();
    await speak();
    box.relays.answers = false;
    box.kill(run);
    await box.clock.advance(20_000);
    expect(box.relays.orders).toBeGreaterThan(20);
    expect(box.acts()).toEqual([]);
    box.relays.answers = true;
    await box.clock.advance(1000);
    expect(box.relays.on).toBe(false);
    expect(box.acts()[0]?.act.unsafe).toEqual([]);
  });

  test("leaves a relay that does not answer to the next gateway, which waits until the guard has let go", async () => {
    await box.startGuard();
    const { run } = await box.startGateway();
    box.relays.answers = false;
    box.kill(run);
    await box.clock.advance(3000);
    const next = box.startGateway();
    await box.clock.advance(1000);
    await next;
    const { orders } = box.relays;
    await box.clock.advance(10_000);
    expect(box.relays.orders).toBe(orders);
    expect(box.acts()[0]?.act.unsafe).toEqual(["pond"]);
  });

  test("told to end together with the gateway, switches off first", async () => {
    const guard = await box.startGuard();
    const { run, speak } = await box.startGateway();
    await speak();
    box.kill(run);
    const stopping = guard.stop();
    await box.clock.advance(5000);
    await stopping;
    expect(box.relays.on).toBe(false);
    expect(readGuardSign(signsIn(box.folder).guard)?.stopped).toBe(true);
  });

  test.each([
    ["nothing", ""],
    ["half of it", '{"run":{"boot"'],
    ["null", "null"],
    ["a list", "[]"],
    ["a run that is none", '{"run":7}'],
    ["outputs that are none", '{"run":{"pid":1},"on":[]}'],
    ["zeros", "\0".repeat(9000)],
  ])("is not moved by signs that say %s", async (_what, text) => {
    const guard = await box.startGuard();
    writeFileSync(signsIn(box.folder).beat, text);
    writeFileSync(signsIn(box.folder).plan, text);
    await box.clock.advance(30_000);
    expect(box.relays.orders).toBe(0);
    expect(guard.isWell()).toBe(true);
  });

  test("refuses a folder in which others may write", async () => {
    mkdirSync(box.folder, { mode: 0o777 });
    chmodSync(box.folder, 0o777);
    await expect(box.startGuard()).rejects.toMatchObject({ code: "guard.no_folder" });
  });
});

describe("the gateway's heart", () => {
  test("knows whether a guard watches, hangs or is missing", async () => {
    const box = machine();
    const { heart } = await box.startGateway();
    expect(heart.health().status).toBe("starting");
    await box.clock.advance(16_000);
    expect(heart.health()).toMatchObject({ status: "degraded", reason: "guard.missing" });
    const guard = await box.startGuard();
    await box.clock.advance(2000);
    expect(heart.health()).toEqual({ name: "guard", status: "ok" });
    const frozen = readFileSync(signsIn(box.folder).guard);
    const stopping = guard.stop();
    await box.clock.advance(5000);
    await stopping;
    await box.clock.advance(1000);
    expect(heart.health().reason).toBe("guard.missing");
    writeFileSync(signsIn(box.folder).guard, frozen);
    await box.clock.advance(12_000);
    expect(heart.health().reason).toBe("guard.hung");
  });

  test("beats on without a folder, and says that nobody can guard", async () => {
    const log = silentLogger;
    const clock = createManualClock();
    const processes: Processes = {
      self: () => ({ boot: "b", pid: 2, startTicks: "1" }),
      isAlive: () => false,
      childrenOf: () => [],
      end: () => false,
    };
    const heart = createHeart({ clock, processes, log }, { folder: "/proc/nowhere", plan: PLAN, start: 1 });
    await heart.begin();
    heart.running();
    await clock.advance(1000);
    expect(heart.health()).toMatchObject({ status: "degraded", reason: "guard.no_folder" });
    expect(isGuardActing("/proc/nowhere", processes)).toBe(false);
    heart.stopped();
  });
});
