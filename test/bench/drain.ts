import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect, type MqttClient } from "mqtt";
import { createTownship } from "../../hw/virtual/township/township.ts";
import { openBuffer } from "../../src/buffer/buffer.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createMosquitto, type Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";
import { DRAIN_SITE, DRAIN_TOKEN, RETRY_MS } from "./drain-words.ts";
import { MissingPart } from "./missing-part.ts";

// A backlog goes to a receiver by HTTP, to a subscriber behind a broker by MQTT, and to the same subscriber by a bridge of
// Mosquitto, each after a cut: from the moment the far end is there again until it has the last event.

const BOX = fileURLToPath(new URL("./drain-box.js", import.meta.url));
const LONGEST_MS = 600_000;
/** How long the far end is away after everything else is ready, so that both sides are in their waits. */
const CUT_MS = 3000;
const ACKNOWLEDGE_MS = 50;

interface Drained {
  readonly seconds: number;
  readonly lost: number;
  readonly duplicates: number;
  readonly acknowledgedSeconds?: number;
  /** Without the wait for the connection. */
  readonly firstToLastSeconds?: number;
  /** How many messages brought them. */
  readonly messages?: number;
}

/** What whoever keeps the events says of batches. */
const OFFERS = {
  batches: { accepts: ["application/cloudevents-batch+json"] },
  singleEvents: {},
};
type Offer = keyof typeof OFFERS;

export async function measureDrain(
  count = Number(process.env["CUNSHAO_BENCH_EVENTS"] ?? 100_000),
): Promise<object> {
  const missing = mosquittoMissing();
  if (missing) throw new MissingPart(`bench drain: ${missing}`);
  const folder = await mkdtemp(join(tmpdir(), "cunshao-drain-"));
  try {
    const box = join(folder, "box");
    say(`filling a ledger with ${count} events`);
    await ended(startBox("fill", box, String(count)).child);
    const http = await drainByHttp(folder, box, count);
    say(`http: ${JSON.stringify(http)}`);
    const mqtt = await throughBroker({ count, offer: "batches" }, (far) => sendByBox(far, box, "mqtt"));
    say(`mqtt: ${JSON.stringify(mqtt)}`);
    const single = await throughBroker({ count, offer: "singleEvents" }, (far) =>
      sendByBox(far, box, "single"),
    );
    say(`mqtt, single events: ${JSON.stringify(single)}`);
    const peer = await throughBroker({ count, offer: "singleEvents" }, (far) =>
      sendByBridge(far, box, count),
    );
    say(`bridge: ${JSON.stringify(peer)}`);
    return {
      events: count,
      http,
      mqtt,
      peer: { name: "Mosquitto bridge, QoS 1, max_queued_messages 0", ...peer },
      ratio: ratioOf(mqtt.seconds, peer.seconds),
      firstToLastRatio: ratioOf(mqtt.firstToLastSeconds, peer.firstToLastSeconds),
      singleEvents: {
        ...single,
        ratio: ratioOf(single.seconds, peer.seconds),
        firstToLastRatio: ratioOf(single.firstToLastSeconds, peer.firstToLastSeconds),
      },
      batches:
        "mqtt: of a keeper that asks for batches; singleEvents: of one that does not; the bridge sends single events",
      reconnect: `box and bridge try again every ${RETRY_MS} ms`,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function drainByHttp(folder: string, box: string, count: number): Promise<Drained> {
  const place = { host: "127.0.0.1", folder: join(folder, "township"), token: DRAIN_TOKEN };
  const probe = createTownship({ ...place, port: 0 });
  await probe.start();
  const { port } = probe;
  await probe.stop();
  const township = createTownship({ ...place, port });
  let arrivals = 0;
  let lastMs = 0;
  township.onEvent(() => {
    arrivals += 1;
    lastMs = performance.now();
  });
  const sender = startBox("drain", box, "http", `http://127.0.0.1:${port}`);
  try {
    await sender.said("started");
    await systemClock.sleep(CUT_MS);
    await township.start();
    const startedMs = performance.now();
    await sender.said("acknowledged");
    const acknowledgedSeconds = seconds(performance.now() - startedMs);
    const [ledger] = township.summary().ledgers;
    return {
      seconds: seconds(lastMs - startedMs),
      lost: count - (ledger?.events ?? 0),
      duplicates: arrivals - (ledger?.events ?? 0),
      acknowledgedSeconds,
    };
  } finally {
    sender.child.kill();
    await township.stop();
  }
}

/** @param send starts what sends; it returns how to end it and when it believes everything acknowledged. */
async function throughBroker(
  { count, offer }: { readonly count: number; readonly offer: Offer },
  send: (far: Mosquitto) => Promise<{ acknowledged?: Promise<unknown>; end(): Promise<void> }>,
): Promise<Drained & { readonly firstToLastSeconds: number }> {
  const far = await createMosquitto(["max_queued_messages 0"]);
  const subscriber = await startSubscriber(far, offer);
  // The subscriber's session is on disk before the line is cut.
  await far.stop();
  const sending = await send(far);
  try {
    await systemClock.sleep(CUT_MS);
    await far.start();
    const startedMs = performance.now();
    await until(() => subscriber.seen.size >= count, { timeoutMs: LONGEST_MS, what: "the last event" });
    const { firstMs, lastMs } = subscriber.times();
    await sending.acknowledged;
    return {
      seconds: seconds(lastMs - startedMs),
      firstToLastSeconds: seconds(lastMs - firstMs),
      messages: subscriber.messages(),
      lost: count - subscriber.seen.size,
      duplicates: subscriber.arrivals() - subscriber.seen.size,
      ...(sending.acknowledged && { acknowledgedSeconds: seconds(performance.now() - startedMs) }),
    };
  } finally {
    await sending.end();
    await subscriber.close();
    await far.remove();
  }
}

/** Whoever keeps the events behind the far broker: reads no more of each than its id, as fast as it can. */
async function startSubscriber(far: Mosquitto, offer: Offer) {
  await far.start();
  const seen = new Set<number>();
  let arrivals = 0;
  let messages = 0;
  let firstMs = 0;
  let lastMs = 0;
  let ledger = "";
  let stored = 0;
  let speaking: NodeJS.Timeout | undefined;
  const client: MqttClient = connect(far.url, {
    protocolVersion: 5,
    clientId: "keeper",
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    reconnectPeriod: 100,
  });
  client.on("error", () => undefined);
  const base = `cunshao/${DRAIN_SITE}`;
  let fresh: number[] = [];
  const speak = (): void => {
    speaking = undefined;
    while (seen.has(stored + 1)) stored += 1;
    const held = rangesOf(fresh.filter((seq) => seq > stored));
    fresh = [];
    client.publish(`${base}/acknowledged`, JSON.stringify({ ledger, stored, held, ...OFFERS[offer] }), {
      qos: 1,
    });
  };
  client.on("message", (topic, payload) => {
    const text = payload.toString("latin1");
    ledger ||= /"ledger":"([^"]+)"/.exec(text)?.[1] ?? "";
    if (topic.startsWith(`${base}/events/`)) {
      if (messages === 0) firstMs = performance.now();
      messages += 1;
      for (const [, digits] of text.matchAll(/"seq":(\d+)/g)) {
        const seq = Number(digits);
        arrivals += 1;
        if (!seen.has(seq)) fresh.push(seq);
        seen.add(seq);
      }
      lastMs = performance.now();
    }
    if (ledger) speaking ??= setTimeout(speak, ACKNOWLEDGE_MS);
  });
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await client.subscribeAsync([`${base}/events/+`, `${base}/question`], { qos: 1 });
  return {
    seen,
    arrivals: () => arrivals,
    messages: () => messages,
    times: () => ({ firstMs, lastMs }),
    async close() {
      clearTimeout(speaking);
      await client.endAsync(true);
    },
  };
}

function rangesOf(seqs: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const seq of [...seqs].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && seq === last[1] + 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges;
}

/** @param upstream a name of its own for each drain: the ledger remembers what each has. */
async function sendByBox(far: Mosquitto, box: string, upstream: string) {
  const sender = startBox("drain", box, upstream, far.url);
  await sender.said("started");
  return {
    acknowledged: sender.said("acknowledged"),
    async end() {
      sender.child.kill();
    },
  };
}

/** A broker in the village takes the same events, as the same messages, while its bridge has no line. */
async function sendByBridge(far: Mosquitto, box: string, count: number) {
  const near = await createMosquitto([
    "max_queued_messages 0",
    "connection township",
    `address 127.0.0.1:${far.port}`,
    `topic cunshao/${DRAIN_SITE}/events/+ out 1`,
    "bridge_protocol_version mqttv50",
    "cleansession false",
    "notifications false",
    `restart_timeout ${RETRY_MS / 1000}`,
  ]);
  await near.start();
  const publisher = connect(near.url, { protocolVersion: 5, clientId: "box" });
  const buffer = await openBuffer({
    dataFolder: box,
    siteId: DRAIN_SITE,
    bootId: "boot-1",
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    clockQuality: () => "synced",
  });
  for (let after = 0; after < count; ) {
    const events = await buffer.ledger.read({ after, limit: 500 });
    const last = events.at(-1);
    if (!last) break;
    await Promise.all(
      events.map((event) =>
        publisher.publishAsync(`cunshao/${DRAIN_SITE}/events/${event.class}`, JSON.stringify(event), {
          qos: 1,
          properties: { contentType: "application/cloudevents+json; charset=UTF-8" },
        }),
      ),
    );
    after = last.seq;
  }
  await buffer.close();
  await publisher.endAsync();
  return { end: () => near.remove() };
}

function startBox(...words: string[]) {
  const child = spawn(process.execPath, [BOX, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  return {
    child,
    said: (word: string) => until(() => lines.includes(word), { timeoutMs: LONGEST_MS, what: word }),
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`the box ended with ${code}`))));
  });
}

function ratioOf(ours: number, theirs: number): number {
  return Math.round((ours / theirs) * 1000) / 1000;
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
