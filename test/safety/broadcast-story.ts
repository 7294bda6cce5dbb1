import fc from "fast-check";
import { WebSocket } from "ws";
import { until } from "../support/until.ts";
import { TONES } from "./speaker-journal.ts";
import { type Contact, SPEAKERS, WORDS } from "./watched-site.ts";
import { nowMs, type WatchedVillage } from "./watched-village.ts";

// Random orders from everybody who may give them, as they give them: the page, the township's program, contacts that rules watch,
// drills, and live voices. Programmes come by the calendar of the village.

const STEPS = 40;
const VOICE_HZ = 16_000;
const PIECE_MS = 20;
/** Long enough to see whether anything still sounds. */
const SILENCED_MS = 1500;
/** Somebody sees to an alarm, often in the middle of its words. */
const SEEN_AFTER_MS = 900;
/** A voice that no speaker ever opens for hangs up. */
const PATIENCE_MS = 2500;

const who = fc.oneof(
  { weight: 5, arbitrary: fc.constant("person" as const) },
  { weight: 2, arbitrary: fc.constant("person-emergency" as const) },
  { weight: 4, arbitrary: fc.constant("township" as const) },
  { weight: 1, arbitrary: fc.constant("township-emergency" as const) },
  { weight: 4, arbitrary: fc.constantFrom<Contact>("sos-pond", "sos-hall") },
  { weight: 2, arbitrary: fc.constantFrom<Contact>("dam-east", "dam-west") },
  { weight: 1, arbitrary: fc.constant("drill" as const) },
  { weight: 2, arbitrary: fc.constantFrom("voice" as const, "township-voice" as const) },
);

const step = fc.record({
  waitMs: fc.nat({ max: 110 }),
  who,
  speakers: fc.subarray([...SPEAKERS], { minLength: 1 }),
  length: fc.constantFrom("short", "short", "short", "long"),
  as: fc.constantFrom("text", "text", "text", "clip"),
  repeat: fc.constantFrom(1, 1, 1, 2, 3),
  volume: fc.integer({ min: 40, max: 100 }),
  whenPreempted: fc.constantFrom("resume", "drop", undefined),
  notBeforeMs: fc.option(fc.integer({ min: 100, max: 1000 }), { freq: 6, nil: undefined }),
  expiresMs: fc.option(fc.integer({ min: -100, max: 2500 }), { freq: 6, nil: undefined }),
  pressMs: fc.integer({ min: 120, max: 1200 }),
  deed: fc.oneof(
    { weight: 150, arbitrary: fc.constant("nothing" as const) },
    { weight: 20, arbitrary: fc.constantFrom("stop", "again", "otherwise") },
    // Whoever turns that switch ends everything for two seconds.
    { weight: 1, arbitrary: fc.constant("kill" as const) },
  ),
});
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

export const story = fc.array(step, { minLength: STEPS, maxLength: STEPS });
/** About so many: some steps are none, and rules give two. */
export const BROADCASTS_A_STORY = 36;

/** What somebody ordered over the network, and what he was told. */
export interface Given {
  readonly id: string;
  readonly answers: readonly { readonly status: number; readonly atMs: number; readonly code: unknown }[];
  /** It waits for what the box itself sees. */
  readonly needsKey: boolean;
  readonly dueMs: number;
}

export interface Told {
  readonly given: readonly Given[];
  readonly killed: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/**
 * What chance brings too seldom, in turns: the kill switch under an emergency's voice, an announcement beyond an amplifier's longest
 * time, nothing.
 */
export const FINALES = ["kill", "long", "none"] as const;

export interface Telling {
  readonly name: string;
  /** Begins with one of each. */
  readonly isFirst: boolean;
  readonly finale: (typeof FINALES)[number];
}

/** Gives everything of one story; resolves when all of it was answered and every voice has hung up. */
export async function tell(
  village: WatchedVillage,
  steps: readonly Step[],
  { name, isFirst, finale }: Telling,
): Promise<Told> {
  const given: Given[] = isFirst ? await oneOfEach(village, name) : [];
  const killed: { fromMs: number; toMs: number }[] = [];
  const pressed = new Set<Contact>();
  const under: Promise<unknown>[] = [];
  for (const [index, one] of steps.entries()) {
    await pause(one.waitMs);
    const id = `${name}-${index}`;
    under.push(giveOne(village, one, id, { given, pressed }));
    if (one.deed === "stop") under.push(village.gateway.ask("DELETE", `/broadcasts/${name}-${index - 2}`));
    if (one.deed === "kill" && !pressed.has("mute")) {
      under.push(
        press(village, pressed, "mute", SILENCED_MS + one.pressMs).then((span) => {
          killed.push(span);
        }),
      );
    }
  }
  const [first] = steps;
  if (finale === "long" && first) {
    const wish = { who: "person-emergency", length: "long", repeat: 5 } as const;
    given.push(
      await order(village, { ...PLAIN, ...wish, speakers: ["gate"], volume: first.volume }, `${name}-long`),
    );
  }
  // Voices that nobody opened for wait longest.
  await Promise.all(under);
  if (finale === "kill") {
    const talking = speak(village, `${name}-voice`, EMERGENCY_VOICE);
    await pause(SEEN_AFTER_MS);
    killed.push(await press(village, pressed, "mute", SILENCED_MS + SEEN_AFTER_MS));
    await talking;
  }
  return { given, killed };
}

const PLAIN = {
  as: "text",
  length: "short",
  repeat: 1,
  volume: 80,
  whenPreempted: "drop",
  notBeforeMs: undefined,
  expiresMs: undefined,
  deed: "nothing",
} as const;

/**
 * What every run is to hold whatever chance brings: somebody who is cut off, who is stopped, who is refused at night, who gives one id
 * twice, a drill. What is beyond an amplifier's longest time is a finale.
 */
async function oneOfEach(village: WatchedVillage, name: string): Promise<Given[]> {
  const give = (id: string, wish: Pick<Wish, "who" | "speakers"> & Partial<Wish>): Promise<Given> =>
    order(village, { ...PLAIN, ...wish }, `${name}-${id}`);
  const talk = { who: "person", length: "long", repeat: 3 } as const;
  const given = [
    await give("cut-off", { ...talk, speakers: ["square"] }),
    await give("stopped", { ...talk, speakers: ["pond"] }),
    await give("night", { who: "township", speakers: ["school", "gate"], deed: "otherwise" }),
  ];
  await village.gateway.ask("POST", "/drills", { speakers: ["gate"] });
  await until(() => village.journals.square.isOn, { what: "the words that are to be cut off" });
  given.push(await give("dam", { who: "person-emergency", speakers: ["square"] }));
  await village.gateway.ask("DELETE", `/broadcasts/${name}-stopped`);
  return given;
}

interface Course {
  readonly given: Given[];
  readonly pressed: Set<Contact>;
}

async function giveOne(village: WatchedVillage, one: Step, id: string, course: Course): Promise<void> {
  switch (one.who) {
    case "person":
    case "person-emergency":
    case "township":
    case "township-emergency":
      course.given.push(await order(village, one, id));
      return;
    case "drill":
      // One that is under way already is refused, which is no broadcast.
      await village.gateway.ask("POST", "/drills", { speakers: one.speakers });
      return;
    case "voice":
    case "township-voice":
      await speak(village, id, {
        isTownship: one.who === "township-voice",
        speakers: one.speakers,
        volume: one.volume,
        lastsMs: one.pressMs,
      });
      return;
    default:
      if (course.pressed.has(one.who)) return;
      await press(village, course.pressed, one.who, one.pressMs);
      await pause(SEEN_AFTER_MS);
      await seeTo(village, one.who);
  }
}

type Wish = Omit<Step, "repeat" | "waitMs" | "pressMs"> & { readonly repeat: number };

async function order(village: WatchedVillage, one: Wish, id: string): Promise<Given> {
  const isTownship = one.who.startsWith("township");
  const isEmergency = one.who.endsWith("emergency");
  const priority = isEmergency ? "emergency" : isTownship ? "township" : "local";
  const { speakers, repeat, volume, whenPreempted, notBeforeMs, expiresMs } = one;
  const words = WORDS[priority][one.length];
  const sentMs = nowMs();
  const at = (ms: number): string => new Date(sentMs + ms).toISOString();
  const body = {
    ...{ id, speakers, repeat, volume },
    ...(one.as === "clip" ? { clip: village.clip(priority, one.length) } : { text: words }),
    ...(whenPreempted && { whenPreempted }),
    ...(notBeforeMs !== undefined && { notBefore: at(notBeforeMs) }),
    ...(expiresMs !== undefined && { expires: at((notBeforeMs ?? 0) + expiresMs) }),
    ...(isEmergency && { emergency: true, confirmed: true, reason: "水库要垮坝" }),
    ...(isEmergency && isTownship && { person: "王主任" }),
  };
  const answers: { status: number; atMs: number; code: unknown }[] = [];
  const send = async (what: object): Promise<void> => {
    const as = isTownship ? village.asProgram : village.gateway.asAdmin;
    const { status, body: told } = await village.gateway.ask("POST", "/broadcasts", what, as);
    answers.push({ status, atMs: nowMs(), code: told["code"] });
  };
  await send(body);
  if (one.deed === "again") await send(body);
  if (one.deed === "otherwise") await send({ ...body, volume: volume - 1 });
  return {
    id,
    answers,
    needsKey: isEmergency && isTownship,
    dueMs: Math.max(answers[0]?.atMs ?? 0, sentMs + (notBeforeMs ?? 0)),
  };
}

/** Somebody sees to the alarm of a rule, so that it can be raised again. */
async function seeTo(village: WatchedVillage, rule: Contact): Promise<void> {
  const answer = await fetch(`${village.gateway.url}/api/v1/alarms`, { headers: village.gateway.asAdmin });
  const alarms = (await answer.json()) as readonly Readonly<Record<"id" | "rule" | "status", string>>[];
  for (const alarm of alarms.filter((one) => one.rule === rule && one.status !== "cleared")) {
    await village.gateway.ask("POST", `/alarms/${alarm.id}/clear`);
  }
}

async function press(
  village: WatchedVillage,
  pressed: Set<Contact>,
  contact: Contact,
  forMs: number,
): Promise<{ readonly fromMs: number; readonly toMs: number }> {
  pressed.add(contact);
  const fromMs = nowMs();
  village.close(contact, true);
  await pause(forMs);
  const toMs = nowMs();
  village.close(contact, false);
  // Until it was seen to be open again.
  await pause(150);
  pressed.delete(contact);
  return { fromMs, toMs };
}

interface VoiceWish {
  readonly speakers: readonly string[];
  readonly volume: number;
  readonly isTownship?: boolean;
  readonly isEmergency?: boolean;
  /** From when it is open. */
  readonly lastsMs: number;
}

const EMERGENCY_VOICE: VoiceWish = {
  speakers: ["pond", "square"],
  volume: 80,
  isEmergency: true,
  lastsMs: 4000,
};

/** A live voice: a steady tone from when it is taken until it has been open for a while. */
async function speak(village: WatchedVillage, id: string, wish: VoiceWish): Promise<void> {
  const { isTownship, isEmergency, lastsMs, ...hello } = wish;
  const { gateway } = village;
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/api/v1/broadcasts/live`, {
    headers: { origin: gateway.url, ...(isTownship ? village.asProgram : gateway.asAdmin) },
  });
  const hz = TONES[isEmergency ? "emergency" : isTownship ? "township" : "local"];
  let acceptedMs: number | undefined;
  let openMs: number | undefined;
  let sent = 0;
  const pump = setInterval(() => {
    if (acceptedMs === undefined || socket.readyState !== WebSocket.OPEN) return;
    const atMs = nowMs();
    const isOver = openMs === undefined ? atMs - acceptedMs > PATIENCE_MS : atMs - openMs > lastsMs;
    for (; sent * PIECE_MS < atMs - acceptedMs; sent++) socket.send(piece(hz, sent));
    if (!isOver) return;
    socket.send(JSON.stringify({ end: true }));
    clearInterval(pump);
  }, PIECE_MS);
  socket.on("open", () => {
    const urgent = isEmergency && { emergency: true, confirmed: true, reason: "水库要垮坝" };
    socket.send(JSON.stringify({ id, ...hello, ...urgent, codec: "pcm16", sampleRate: VOICE_HZ }));
  });
  socket.on("message", (data) => {
    const { state, speakers } = JSON.parse(String(data)) as {
      readonly state: string;
      readonly speakers?: readonly { readonly phase: string }[];
    };
    if (state === "accepted") acceptedMs = nowMs();
    if (speakers?.some(({ phase }) => phase === "open")) openMs ??= nowMs();
  });
  await new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
    socket.on("error", () => resolve());
  });
  clearInterval(pump);
}

function piece(hz: number, number: number): Buffer {
  const samples = (VOICE_HZ * PIECE_MS) / 1000;
  const bytes = Buffer.alloc(samples * 2);
  for (let at = 0; at < samples; at++) {
    const angle = (2 * Math.PI * hz * (number * samples + at)) / VOICE_HZ;
    bytes.writeInt16LE(Math.round(9000 * Math.sin(angle)), at * 2);
  }
  return bytes;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
