import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GatewayRig, startRig, TOKEN, untilArmed } from "../support/gateway-rig.ts";
import { createMosquitto } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";
import { fillBacklog, openBacklog } from "./backlog.ts";

// One village of bench outage: a built gateway with a button and a horn, a township by HTTP and a county by MQTT.

const FAR = fileURLToPath(new URL("./outage-far.js", import.meta.url));
const SITE = "test-village";
const CHIP = "virtual-gpio";
const BUTTON_LINE = 10;
export const SETTLE_MS = 300;
const GIVE_UP_MS = 30_000;

export interface OutageBox {
  /** Presses the button, waits for the sound, and has the alarm seen to. @returns ms to the first sample, without settling. */
  alarmToSoundMs(): Promise<number>;
  /** Events that wait for each upstream; 0 while it does not know. */
  waiting(): Promise<{ readonly http: number; readonly mqtt: number }>;
  cut(): void;
  mend(): void;
  /** The gateway is down while so many events are added. */
  restartWithBacklog(events: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startOutageBox(): Promise<OutageBox> {
  const broker = await createMosquitto(["max_queued_messages 0"]);
  await broker.start();
  const folder = await mkdtemp(join(tmpdir(), "cunshao-far-"));
  const far = fork(FAR, [folder, String(broker.port), SITE, TOKEN]);
  const [townPort, countyPort] = await portsOf(far);
  const rig = await startRig({
    cameras: [],
    settleMs: SETTLE_MS,
    // The same words many times a minute are what the guards are there to stop.
    broadcasts: { mostPerMinute: 600, sameWordsSeconds: 0 },
    townPort,
    upstreams: [{ id: "county", kind: "mqtt", url: `mqtt://127.0.0.1:${countyPort}` }],
    more: {
      inputs: [{ id: "help", name: "求助按钮", gpio: { chip: CHIP, line: BUTTON_LINE, activeLow: true } }],
      rules: [
        {
          id: "sos",
          name: "有人求助",
          when: { input: "help" },
          cooldownSeconds: 0,
          // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
          then: [{ say: "有人求助", on: ["pond"] }, { alarm: { severity: "warning" } }],
        },
      ],
    },
  });
  let lastAlarm: string | undefined;
  rig.startGateway();
  await untilArmed(rig);
  return {
    async alarmToSoundMs() {
      const { tookMs, alarm } = await alarmToSound(rig, lastAlarm);
      lastAlarm = alarm;
      return tookMs;
    },
    async waiting() {
      const states = (await (await rig.get("/api/v1/upstreams")).json()) as {
        readonly id: string;
        readonly waitingEvents: number;
      }[];
      const of = (id: string): number => states.find((state) => state.id === id)?.waitingEvents ?? 0;
      return { http: of("township"), mqtt: of("county") };
    },
    cut: () => void far.send("cut"),
    mend: () => void far.send("mend"),
    async restartWithBacklog(events) {
      await rig.endGateway("SIGTERM");
      const buffer = await openBacklog(rig.dataFolder, SITE);
      await fillBacklog(buffer, events);
      await buffer.close();
      rig.startGateway();
      const isUp = async (): Promise<boolean> => (await rig.get("/api/v1/health")).status < 500;
      await until(isUp, { timeoutMs: 60_000, what: "the gateway" });
    },
    async stop() {
      await rig.stop();
      far.disconnect();
      await once(far, "exit");
      await rm(folder, { recursive: true, force: true });
      await broker.remove();
    },
  };
}

async function portsOf(far: ChildProcess): Promise<readonly [number, number]> {
  const [ports] = await Promise.race([
    once(far, "message"),
    once(far, "exit").then(([code]) => Promise.reject(new Error(`the far ends ended with ${code}`))),
  ]);
  return ports as [number, number];
}

async function alarmToSound(rig: GatewayRig, before: string | undefined) {
  await until(() => !rig.horn.state().powered, { timeoutMs: GIVE_UP_MS, what: "the amplifier to be off" });
  let soundMs: number | undefined;
  const stop = rig.horn.onAudible(({ atMs }) => {
    soundMs ??= atMs;
  });
  const pressedMs = performance.now();
  rig.closeInput(BUTTON_LINE, true);
  await until(() => soundMs !== undefined, { timeoutMs: GIVE_UP_MS, what: "the horn to sound" });
  stop();
  rig.closeInput(BUTTON_LINE, false);
  const alarm = await seeToNewest(rig, before);
  return { tookMs: (soundMs ?? Number.NaN) - pressedMs - SETTLE_MS, alarm };
}

/** So that the next press is an alarm of its own. The horn sounds before the alarm is in the ledger. */
async function seeToNewest(rig: GatewayRig, before: string | undefined): Promise<string> {
  const raised = async () => {
    const alarms = (await (await rig.get("/api/v1/alarms")).json()) as { id: string; status: string }[];
    return alarms.find(({ id, status }) => id !== before && status !== "cleared");
  };
  const { id } = await until(raised, { timeoutMs: GIVE_UP_MS, what: "the alarm" });
  const answer = await rig.post(`/api/v1/alarms/${encodeURIComponent(id)}/clear`);
  if (!answer.ok) throw new Error(`the alarm could not be cleared: ${answer.status}`);
  return id;
}
