import { childrenOf } from "../soak/processes.ts";
import { type HornRig, SPEAKERS } from "../support/horn-rig.ts";
import { until } from "../support/until.ts";

const LONG = "水边危险，请大家马上离开，不要靠近塘边，也不要下水游泳，照看好老人和小孩。";
const SHORT = "请注意。";
/** The gateway, its guard and the devices have so long until outputs are safe. */
export const SAFE_WITHIN_MS = 5000;
const GONE_MS = 1000;

/**
 * What is done in the middle of a broadcast. Each resolves with the moment from which outputs have 5 s to be safe: that
 * of the fault, or that from which the device can hear an order again.
 */
export const FAULTS = {
  async killed(rig) {
    return at(() => rig.signalGateway("SIGKILL"));
  },
  async hung(rig) {
    return at(() => rig.signalGateway("SIGSTOP"));
  },
  /** The cable is out while the broadcast ends, so that nobody can switch the relay off. */
  async unplugged(rig, broadcast) {
    await rig.unplug();
    await rig.silence(broadcast);
    await pause(GONE_MS);
    await rig.plug();
    return performance.now();
  },
  /** The gateway dies while the cable is out: the guard has to try until it is in again. */
  async unpluggedAndKilled(rig) {
    await rig.unplug();
    rig.signalGateway("SIGKILL");
    await pause(GONE_MS);
    await rig.plug();
    return performance.now();
  },
  async garbage(rig, broadcast) {
    rig.answer("garbage");
    const since = performance.now();
    await rig.silence(broadcast);
    return since;
  },
  async garbageAndKilled(rig) {
    rig.answer("garbage");
    return at(() => rig.signalGateway("SIGKILL"));
  },
  /** The board hears nothing, like a serial server that hangs, and all of it later. */
  async silent(rig, broadcast) {
    rig.answer("not");
    await rig.silence(broadcast);
    await pause(GONE_MS);
    return at(() => rig.answer("well"));
  },
  async playerEnded(rig) {
    const players = childrenOf(rig.gatewayPid()).filter(({ command }) => command === "ffmpeg");
    if (players.length === 0) throw new Error("nothing plays");
    return at(() => {
      for (const { pid } of players) process.kill(pid, "SIGKILL");
    });
  },
} satisfies Readonly<Record<string, (rig: HornRig, broadcast: string) => Promise<number>>>;

export type Fault = keyof typeof FAULTS;

/**
 * One fault in the middle of a broadcast on two horns.
 * @returns how long outputs took to be safe, in ms.
 * @throws when they were not, or when the next broadcast was not heard on every horn.
 */
export async function breakOnce(rig: HornRig, fault: Fault): Promise<number> {
  await rig.untilUp();
  const broadcast = await rig.say(LONG, 3);
  await until(() => SPEAKERS.every((id) => rig.relaysOn()[id]), { what: "both amplifiers on" });
  await until(() => SPEAKERS.every((id) => rig.horns[id].state().soundingSince !== undefined), {
    what: "both horns to sound",
  });
  const since = await FAULTS[fault](rig, broadcast);
  await until(() => SPEAKERS.every((id) => !rig.relaysOn()[id]), {
    timeoutMs: 4 * SAFE_WITHIN_MS,
    what: `safe outputs, of ${JSON.stringify(rig.relaysOn())}`,
  });
  const tookMs = performance.now() - since;
  rig.answer("well");
  await rig.untilUp();
  await speakAgain(rig);
  return tookMs;
}

/** The next broadcast is heard on every horn, and the amplifiers go off after it. */
async function speakAgain(rig: HornRig): Promise<void> {
  const since = performance.now();
  const next = await rig.say(SHORT);
  await until(() => SPEAKERS.every((id) => (rig.horns[id].state().lastSoundAt ?? 0) > since), {
    timeoutMs: 15_000,
    what: "the next broadcast on both horns",
  });
  await until(() => SPEAKERS.every((id) => !rig.relaysOn()[id]), { what: "amplifiers off after it" });
  await until(
    async () => {
      const results = (await rig.events())
        .filter(({ type, data }) => type === "org.cunshao.broadcast.finished" && data["broadcast"] === next)
        .map(({ data }) => data["result"]);
      return results.length === SPEAKERS.length && results.every((result) => result === "played");
    },
    { what: "its end in the ledger" },
  );
}

function at(act: () => void): number {
  const now = performance.now();
  act();
  return now;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
