import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveBoard } from "../../hw/virtual/board/board-server.ts";
import { createVirtualBoard } from "../../hw/virtual/board/virtual-board.ts";
import { wavFile } from "../../hw/virtual/horn/rtp-audio.ts";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import {
  createLcRelayBoard,
  createWaveshareRelayBoard,
  type ModbusRelayBoard,
} from "../../hw/virtual/modbus/relay-board.ts";
import { createRtuLine } from "../../hw/virtual/modbus/rtu-line.ts";
import type { ByteDevice } from "../../hw/virtual/serial/byte-device.ts";
import { createDfplayerModule } from "../../hw/virtual/serial/dfplayer-module.ts";
import { createJq8900Module } from "../../hw/virtual/serial/jq8900-module.ts";
import { createLcusRelayBoard } from "../../hw/virtual/serial/lcus-relay-board.ts";
import { servePty } from "../../hw/virtual/serial/serve-pty.ts";
import { serveTcp } from "../../hw/virtual/serial/serve-tcp.ts";
import { createSpeechChip } from "../../hw/virtual/serial/speech-module.ts";
import { createZoneAmplifier } from "../../hw/virtual/serial/zone-amplifier.ts";
import { PRIORITIES, type Priority } from "../../src/core/broadcast.ts";
import { type BuiltGateway, startBuiltGateway } from "../support/built-gateway.ts";
import { withRightClock } from "../support/right-clock.ts";
import { until } from "../support/until.ts";
import { createJournal, type JournalWriter, type Span, TONES, toneOf } from "./speaker-journal.ts";
import {
  CHIP,
  CONTACTS,
  type Contact,
  type Devices,
  HOLD_MS,
  HOST,
  MAX_ON_SECONDS,
  MINUTE_MS,
  POND_LINE,
  QUIET,
  QUIET_MINUTES,
  SETTLE_MS,
  SPEAKERS,
  type SpeakerId,
  siteOf,
  trackOf,
  WORDS,
} from "./watched-site.ts";

const TOKEN = "a-program-of-the-township";
/** The quickest tone that the clip shelf takes, and one that is long enough to be cut off. */
const SHORT_MS = 400;
const LONG_MS = 1500;
const MS_PER_CHARACTER = 110;
const RATE_HZ = 16_000;
const OBSERVER_BEAT_MS = 20;
const OBSERVER_STALL_MS = 100;
export interface WatchedVillage {
  readonly gateway: BuiltGateway;
  /** Headers of the township's program. */
  readonly asProgram: Readonly<Record<string, string>>;
  readonly journals: Readonly<Record<SpeakerId, JournalWriter>>;
  /** Id of a recording on the shelf. */
  clip(priority: Priority, length: "short" | "long"): string;
  isQuiet(speaker: string, priority: Priority, atMs: number): boolean;
  close(contact: Contact, closed: boolean): void;
  /** When the observer itself stood still. */
  stalls(): readonly Span[];
  stop(): Promise<void>;
}

export const limits = (id: SpeakerId) => ({
  settleMs: SETTLE_MS,
  holdMs: HOLD_MS,
  maxOnMs: MAX_ON_SECONDS[id] * 1000,
});

export const nowMs = (): number => performance.timeOrigin + performance.now();

/** Five speakers of five kinds on their wires, the built gateway before them, and a journal of what each device does. */
export async function startWatchedVillage(): Promise<WatchedVillage> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  };
  try {
    return await start(cleanups, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  cleanups: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<WatchedVillage> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-watched-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const journals = Object.fromEntries(SPEAKERS.map((id) => [id, createJournal()])) as Record<
    SpeakerId,
    JournalWriter
  >;
  const board = createVirtualBoard({ chips: [{ label: CHIP, lines: 16 }] });
  const socketPath = join(folder, "board.sock");
  const boardServer = await serveBoard(board, { socketPath });
  cleanups.push(() => boardServer.stop());
  const devices = await startDevices(folder, board, journals, cleanups);

  const startedMs = nowMs();
  const site = siteOf(devices, startedMs);
  const secrets = { program: TOKEN };
  // Dated orders and programmes wait for a clock that is known to be right.
  const within = withRightClock();
  if (!within)
    throw new Error("the clock of this machine is not known to be right, and it cannot be made so");
  const gateway = await startBuiltGateway({ folder, socketPath, site, secrets, within });
  cleanups.push(() => gateway.stop());
  const clips = await recordTones(gateway);
  const stalls = watchOneself(cleanups);

  return {
    gateway,
    asProgram: { authorization: `Bearer ${TOKEN}` },
    journals,
    clip: (priority, length) => clips.get(WORDS[priority][length]) ?? "",
    isQuiet(speaker, priority, atMs) {
      if (!QUIET.includes(priority)) return false;
      if (speaker === "school") return true;
      const minute = Math.floor(atMs / MINUTE_MS) - Math.floor(startedMs / MINUTE_MS);
      return speaker === "hall" && minute % 2 === 1 && minute < 2 * QUIET_MINUTES;
    },
    close(contact, closed) {
      const line = { chip: CHIP, line: CONTACTS[contact] };
      if (closed) board.press(line);
      else board.release(line);
    },
    stalls: () => stalls,
    stop,
  };
}

async function startDevices(
  folder: string,
  board: ReturnType<typeof createVirtualBoard>,
  journals: Readonly<Record<SpeakerId, JournalWriter>>,
  cleanups: (() => Promise<unknown>)[],
): Promise<Devices> {
  async function tcp(device: ByteDevice): Promise<string> {
    const served = await serveTcp(device, { host: HOST, port: 0 });
    cleanups.push(() => served.stop());
    return `tcp://${HOST}:${served.port}`;
  }
  async function horn(id: SpeakerId) {
    const made = createVirtualHorn({ host: HOST, port: 0, settleMs: SETTLE_MS });
    const { port } = await made.start();
    cleanups.push(() => made.stop());
    made.onSamples(({ samples, rateHz }) => {
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      if (peak < 200) return;
      journals[id].heard(toneOf(samples, rateHz), nowMs(), (samples.length * 1000) / rateHz);
    });
    const power = (on: boolean): void => {
      made.setPowered(on);
      journals[id].power(on, nowMs());
    };
    return { port, power };
  }

  const [pond, square] = [await horn("pond"), await horn("square")];
  board.onOutput(({ line, level }) => line === POND_LINE && pond.power(level === 0));
  const lcus = createLcusRelayBoard(2);
  lcus.onChange(({ channel, on }) => channel === 1 && square.power(on));
  const pty = await servePty(lcus, { link: join(folder, "relay-board") });
  cleanups.push(() => pty.stop());

  const waveshare = createWaveshareRelayBoard();
  const lc = createLcRelayBoard();
  cleanups.push(async () => waveshare.powerOff());
  watchRelay(waveshare, 1, journals.school, cleanups);
  watchRelay(lc, 0, journals.gate, cleanups);

  const tracks = new Map(
    PRIORITIES.flatMap((priority) => [
      [trackOf(priority, "short"), SHORT_MS] as const,
      [trackOf(priority, "long"), LONG_MS] as const,
    ]),
  );
  const dfplayer = createDfplayerModule({ tracks, finishesTwice: true });
  dfplayer.onChange(({ playing }) =>
    journals.school.sounds(classOfTrack(playing), playing !== undefined, nowMs()),
  );
  const jq8900 = createJq8900Module(tracks);
  jq8900.onChange(({ playing }) =>
    journals.gate.sounds(classOfTrack(playing), playing !== undefined, nowMs()),
  );
  const amplifier = createZoneAmplifier();
  amplifier.onChange((zone) => zone === 11 && journals.hall.power(amplifier.zone(11).power, nowMs()));
  const chip = createSpeechChip({ chip: "syn6288", msPerCharacter: MS_PER_CHARACTER });
  chip.onChange((speaking) => journals.hall.sounds(classOfWords(speaking), speaking !== undefined, nowMs()));

  return {
    horns: { pond: pond.port, square: square.port },
    buses: {
      relays: pty.path,
      modbus: await tcp(createRtuLine([waveshare, lc])),
      "school-voice": await tcp(dfplayer),
      "gate-voice": await tcp(jq8900),
      amplifier: await tcp(amplifier),
      "hall-voice": await tcp(chip),
    },
  };
}

/** Modbus boards tell nothing of their own accord: they are looked at whenever their timer or an order may have moved them. */
function watchRelay(
  board: ModbusRelayBoard,
  index: number,
  journal: JournalWriter,
  cleanups: (() => Promise<unknown>)[],
): void {
  const timer = setInterval(() => journal.power(board.channels[index] === true, nowMs()), 5);
  cleanups.push(async () => clearInterval(timer));
}

function classOfTrack(track: number | undefined): Priority | undefined {
  return track === undefined ? undefined : PRIORITIES[Math.floor((track - 1) / 2)];
}

function classOfWords(text: string | undefined): Priority | undefined {
  return PRIORITIES.find((priority) => text?.startsWith(WORDS[priority].short));
}

/** A tone of its own for each class, in place of its words: recorded at the page as the people of a village would. */
async function recordTones(gateway: BuiltGateway): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  const record = async (priority: Priority, length: "short" | "long", ms: number): Promise<void> => {
    const words = WORDS[priority][length];
    const samples = Int16Array.from({ length: (ms * RATE_HZ) / 1000 }, (_, at) =>
      Math.round(9000 * Math.sin((2 * Math.PI * TONES[priority] * at) / RATE_HZ)),
    );
    const name = encodeURIComponent(words);
    const added = await gateway.ask("POST", `/clips?name=${name}`, wavFile(samples, RATE_HZ));
    if (added.status !== 201) throw new Error(`no clip: ${JSON.stringify(added)}`);
    const id = String(added.body["id"]);
    const used = await gateway.ask("PATCH", `/clips/${id}`, { replaces: words });
    if (used.status !== 200) throw new Error(`no words: ${JSON.stringify(used)}`);
    ids.set(words, id);
  };
  // The shelf takes two at a time.
  for (const priority of PRIORITIES) {
    await Promise.all([record(priority, "short", SHORT_MS), record(priority, "long", LONG_MS)]);
  }
  return ids;
}

function watchOneself(cleanups: (() => Promise<unknown>)[]): readonly Span[] {
  const stalls: Span[] = [];
  let lastMs = nowMs();
  const timer = setInterval(() => {
    const atMs = nowMs();
    if (atMs - lastMs > OBSERVER_STALL_MS) stalls.push({ fromMs: lastMs, toMs: atMs });
    lastMs = atMs;
  }, OBSERVER_BEAT_MS);
  cleanups.push(async () => clearInterval(timer));
  return stalls;
}

export async function untilOff(village: WatchedVillage): Promise<void> {
  await until(() => SPEAKERS.every((id) => !village.journals[id].isOn), {
    timeoutMs: 60_000,
    what: "every amplifier off",
  });
}
