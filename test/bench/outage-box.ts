import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startRig, TOKEN, untilArmed } from "../support/gateway-rig.ts";
import { createMosquitto } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";
import { fillBacklog, openBacklog } from "./backlog.ts";
import { alarmToSound, BUTTON, BUTTON_HORN } from "./button-village.ts";

// One village of bench outage: a built gateway with a button and a horn, a township by HTTP and a county by MQTT.

const FAR = fileURLToPath(new URL("./outage-far.js", import.meta.url));
const SITE = "test-village";

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
  // A township has processors of its own: here it takes what nobody else wants (SCHED_IDLE).
  const idly = { execPath: "chrt", execArgv: ["--idle", "0", process.execPath] };
  const far = fork(FAR, [folder, String(broker.port), SITE, TOKEN], idly);
  const [townPort, countyPort] = await portsOf(far);
  const rig = await startRig({
    cameras: [],
    ...BUTTON_HORN,
    townPort,
    upstreams: [{ id: "county", kind: "mqtt", url: `mqtt://127.0.0.1:${countyPort}` }],
    more: BUTTON,
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
