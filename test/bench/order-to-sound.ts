import { spawnSync } from "node:child_process";
import { type GatewayRig, PASSWORD, startRig, untilArmed } from "../support/gateway-rig.ts";
import { until } from "../support/until.ts";
import { type Percentiles, percentiles } from "./percentiles.ts";

// From an order at the gateway's API to the first sample that can be heard at the amplifier, without the time that the
// amplifier needs to settle.

const SETTLE_MS = 300;
const TURNS = 20;
const GIVE_UP_MS = 20_000;
/** Words of a rule, which the gateway knows beforehand. A rule's own order comes without the way over HTTP. */
const WARNING = "水边危险，请速离开";

export interface OrderToSound {
  readonly orderToSoundMs: {
    readonly rule: Percentiles;
    readonly text: Percentiles;
    readonly clip: Percentiles;
  };
  /** Silence between the last sample of what is cut off and the first of what is more urgent. */
  readonly preemptionGapMs: Percentiles;
}

type Content = { readonly text: string } | { readonly clip: string };

/** Measured at the built gateway with one virtual horn and no camera. */
export async function measureOrderToSound(): Promise<OrderToSound> {
  const rig = await startRig({
    cameras: [],
    settleMs: SETTLE_MS,
    // The same words many times a minute are what the guards are there to stop.
    broadcasts: { mostPerMinute: 600, sameWordsSeconds: 0 },
  });
  try {
    rig.startGateway();
    await untilArmed(rig);
    const call = await logIn(rig);
    const clip = (await call("POST", "/clips?name=tune", tune())).id;
    const township = await townshipOf(rig, call);
    const rule = await measure(rig, call, () => ({ text: WARNING }));
    // Words that nobody said before.
    const text = await measure(rig, call, (turn) => ({ text: `第${turn + 1}次通知，下午${turn}点开会` }));
    const recording = await measure(rig, call, () => ({ clip }));
    const gaps = await measurePreemption(rig, call, clip, township);
    return {
      orderToSoundMs: { rule: percentiles(rule), text: percentiles(text), clip: percentiles(recording) },
      preemptionGapMs: percentiles(gaps),
    };
  } finally {
    await rig.stop();
    process.stderr.write("\n");
  }
}

async function measure(rig: GatewayRig, call: Call, content: (turn: number) => Content): Promise<number[]> {
  const taken: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    await untilQuiet(rig);
    let soundMs: number | undefined;
    const stop = rig.horn.onAudible(({ atMs }) => {
      soundMs ??= atMs;
    });
    const orderedMs = performance.now();
    const { id } = await order(call, content(turn));
    await until(() => soundMs !== undefined, { timeoutMs: GIVE_UP_MS, what: "the horn to sound" });
    stop();
    taken.push((soundMs ?? Number.NaN) - orderedMs - SETTLE_MS);
    await call("DELETE", `/broadcasts/${id}`);
    process.stderr.write(".");
  }
  return taken;
}

/** What the village plays is cut off by the township's order: the horn is on, nothing has to settle. */
async function measurePreemption(
  rig: GatewayRig,
  call: Call,
  clip: string,
  township: Call,
): Promise<number[]> {
  const gaps: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    await untilQuiet(rig);
    const heard = new Map<number, { readonly firstMs: number; lastMs: number }>();
    const stop = rig.horn.onAudible(({ atMs, source }) => {
      const known = heard.get(source);
      if (known) known.lastMs = atMs;
      else heard.set(source, { firstMs: atMs, lastMs: atMs });
    });
    await order(call, { clip });
    const soundsOn = (): boolean =>
      [...heard.values()].some(({ firstMs, lastMs }) => lastMs - firstMs > 1000);
    await until(soundsOn, { timeoutMs: GIVE_UP_MS, what: "the first to sound for a second" });
    const { id } = await order(township, { text: WARNING });
    await until(() => heard.size === 2, { timeoutMs: GIVE_UP_MS, what: "the second to sound" });
    stop();
    const [first, second] = [...heard.values()];
    gaps.push((second?.firstMs ?? Number.NaN) - (first?.lastMs ?? Number.NaN));
    await township("DELETE", `/broadcasts/${id}`);
    process.stderr.write("-");
  }
  return gaps;
}

/** Off again, so that the next order begins with the relay. */
async function untilQuiet(rig: GatewayRig): Promise<void> {
  await until(() => !rig.horn.state().powered, { timeoutMs: GIVE_UP_MS, what: "the amplifier to be off" });
}

const order = (call: Call, content: Content): Promise<{ readonly id: string }> =>
  call("POST", "/broadcasts", { speakers: ["pond"], volume: 80, ...content });

type Call = (
  method: string,
  path: string,
  body?: object | Buffer,
) => Promise<{ readonly id: string; readonly token?: string }>;

async function logIn(rig: GatewayRig): Promise<Call> {
  const answer = await fetch(`${rig.url}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: rig.url },
    body: JSON.stringify({ username: "admin", password: PASSWORD }),
  });
  return caller(rig, { cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "", origin: rig.url });
}

async function townshipOf(rig: GatewayRig, call: Call): Promise<Call> {
  const { token } = await call("POST", "/tokens", { name: "township", scopes: ["speak"] });
  return caller(rig, { authorization: `Bearer ${token}` });
}

function caller(rig: GatewayRig, headers: Record<string, string>): Call {
  return async (method, path, body) => {
    const isFile = body instanceof Uint8Array;
    const answer = await fetch(`${rig.url}/api/v1${path}`, {
      method,
      headers: { ...headers, ...(body && { "content-type": isFile ? "audio/wav" : "application/json" }) },
      ...(body && { body: isFile ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? { id: "" } : JSON.parse(text);
  };
}

/** Twenty seconds without a pause, as WAV. */
function tune(): Buffer {
  const { status, stdout, stderr } = spawnSync(
    "ffmpeg",
    ["-v", "error", "-f", "lavfi", "-i", "sine=f=440:d=20", "-f", "wav", "pipe:1"],
    { maxBuffer: 10e6 },
  );
  if (status !== 0) throw new Error(`ffmpeg could not make a tune: ${stderr}`);
  return stdout;
}
