import type { SetUpView, WrittenEntry } from "../../../core/set-up.ts";
import { actingEntries, type EntryWays, numberOf, textOf, unlessUsual, whatIsSaid } from "./entry-work.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { ADDRESSES, isWholeWithin, isWithin } from "./sensor-entry.ts";

// A speaker as its form shows it: what a technician measures on the spot, and where its relay is wired. Ranges as src/config/schema.ts and
// outputs.ts have them.

/** The relay that powers the amplifier; numbers are NaN where a field is empty. */
export type RelayDraft =
  | {
      readonly kind: "serial" | "modbus";
      /** As printed on the board. */
      readonly channel: number;
      /** Of a Modbus board; NaN: as it leaves the factory. */
      readonly address: number;
    }
  | { readonly kind: "gpio"; readonly line: number; readonly activeLow: boolean };

export interface SpeakerDraft {
  readonly name: string;
  readonly settleSeconds: number;
  readonly holdSeconds: number;
  readonly maxOnSeconds: number;
  /** Absent where no relay powers it. */
  readonly relay?: RelayDraft | undefined;
  /** Absent where a voice module makes the sound. */
  readonly sound?: string | undefined;
}

export const SPANS = {
  settleSeconds: { min: 0, max: 10 },
  holdSeconds: { min: 0, max: 10 },
  maxOnSeconds: { min: 1, max: 3600 },
  line: { min: 0, max: 1023 },
} as const;
/** Where no profile tells how many a board has. */
const MOST_CHANNELS = 64;
/** As src/config/configuration.ts has them: of one that is always powered both are 0. */
const USUAL = { settleMs: 800, holdMs: 300, maxOnSeconds: 180 };

export const speakerWays: EntryWays<SpeakerDraft> = {
  draftOf(entry) {
    const { settleMs, holdMs } = usualOf(entry);
    const relay = relayDraft(entry);
    const { audio } = entry;
    return {
      name: textOf(entry, "name"),
      settleSeconds: numberOf(entry, "settleMs", settleMs) / 1000,
      holdSeconds: numberOf(entry, "holdMs", holdMs) / 1000,
      maxOnSeconds: numberOf(entry, "maxOnSeconds", USUAL.maxOnSeconds),
      ...(relay && { relay }),
      ...(typeof audio === "string" && { sound: audio }),
    };
  },
  entryOf(base, { name, settleSeconds, holdSeconds, maxOnSeconds, relay, sound }) {
    const usual = usualOf(base);
    return whatIsSaid({
      ...base,
      name: name.trim(),
      settleMs: unlessUsual(base["settleMs"], Math.round(settleSeconds * 1000), usual.settleMs),
      holdMs: unlessUsual(base["holdMs"], Math.round(holdSeconds * 1000), usual.holdMs),
      maxOnSeconds: unlessUsual(base["maxOnSeconds"], maxOnSeconds, USUAL.maxOnSeconds),
      ...(relay && { power: { relay: { [relay.kind]: wiredRelay(base, relay) } } }),
      ...(sound !== undefined && { audio: sound.trim() }),
    });
  },
};

function usualOf({ power }: WrittenEntry): { readonly settleMs: number; readonly holdMs: number } {
  return power === undefined ? { settleMs: 0, holdMs: 0 } : USUAL;
}

/** What a speaker's power is switched with. */
export type PowerKind = "none" | "relay" | "amplifier";

export function powerKind({ power }: WrittenEntry): PowerKind {
  if (!isRecord(power)) return "none";
  return isRecord(power["relay"]) ? "relay" : "amplifier";
}

function relayOf({ power }: WrittenEntry): { kind: RelayDraft["kind"]; wiring: WrittenEntry } | undefined {
  const relay = isRecord(power) ? power["relay"] : undefined;
  if (!isRecord(relay)) return undefined;
  for (const kind of ["serial", "modbus", "gpio"] as const) {
    const wiring = relay[kind];
    if (isRecord(wiring)) return { kind, wiring };
  }
  return undefined;
}

function relayDraft(entry: WrittenEntry): RelayDraft | undefined {
  const { kind, wiring } = relayOf(entry) ?? {};
  if (!kind || !wiring) return undefined;
  return kind === "gpio"
    ? { kind, line: numberOf(wiring, "line"), activeLow: wiring["activeLow"] === true }
    : { kind, channel: numberOf(wiring, "channel"), address: numberOf(wiring, "address") };
}

function wiredRelay(base: WrittenEntry, relay: RelayDraft): WrittenEntry {
  const { wiring = {} } = relayOf(base) ?? {};
  if (relay.kind === "gpio") {
    const { line, activeLow } = relay;
    return whatIsSaid({ ...wiring, line, activeLow: unlessUsual(wiring["activeLow"], activeLow, false) });
  }
  const { channel, address } = relay;
  const isOwn = relay.kind === "modbus" && !Number.isNaN(address);
  return whatIsSaid({ ...wiring, channel, address: isOwn ? address : undefined });
}

/** The board of relays that it hangs on: its model, if one is known, how many channels it has, and on which line. */
export function boardOf({ relayModels, buses }: SetUpView, entry: WrittenEntry) {
  const { kind, wiring = {} } = relayOf(entry) ?? {};
  if (kind !== "serial" && kind !== "modbus") return undefined;
  const model = relayModels.find(({ id }) => id === wiring["profile"]);
  return {
    kind,
    name: model?.name ?? textOf(wiring, "profile"),
    channels: model?.channels ?? MOST_CHANNELS,
    port: buses.find(({ id }) => id === wiring["bus"])?.port ?? textOf(wiring, "bus"),
  };
}

/**
 * Another speaker like this one, where its relay has yet to be told. One with a voice module has a line of its own, which the page does
 * not wire. @returns undefined where there can be none.
 */
export function anotherLike(entry: WrittenEntry): WrittenEntry | undefined {
  const { audio, power } = entry;
  const { kind, wiring } = relayOf(entry) ?? {};
  if (typeof audio !== "string") return undefined;
  if (power !== undefined && !kind) return undefined;
  const { id: _id, ...rest } = entry;
  if (!kind || !wiring) return { ...rest, name: "" };
  const { channel: _channel, line: _line, ...where } = wiring;
  return { ...rest, name: "", power: { relay: { [kind]: where } } };
}

/** What people get wrong; undefined where nothing is. @param base the entry that the draft was made of. */
export function speakerFault(
  view: SetUpView,
  id: string | undefined,
  base: WrittenEntry,
  draft: SpeakerDraft,
): Phrase | undefined {
  const { name, settleSeconds, holdSeconds, maxOnSeconds, sound } = draft;
  if (name.trim() === "") return phrase("device.fault.name");
  const wired = relayFault(view, id, base, draft);
  if (wired) return wired;
  if (!isWithin(settleSeconds, SPANS.settleSeconds))
    return phrase("device.fault.settle", SPANS.settleSeconds);
  if (!isWithin(holdSeconds, SPANS.holdSeconds)) return phrase("device.fault.hold", SPANS.holdSeconds);
  if (!isWholeWithin(maxOnSeconds, SPANS.maxOnSeconds))
    return phrase("device.fault.most", SPANS.maxOnSeconds);
  if (maxOnSeconds <= settleSeconds) return phrase("device.fault.mostTooShort");
  if (sound !== undefined && !isSound(sound.trim())) return phrase("device.fault.sound");
  return undefined;
}

function relayFault(
  view: SetUpView,
  id: string | undefined,
  base: WrittenEntry,
  { relay, ...draft }: SpeakerDraft,
): Phrase | undefined {
  if (!relay) return undefined;
  if (relay.kind === "gpio") {
    if (!isWholeWithin(relay.line, SPANS.line)) return phrase("device.fault.line", SPANS.line);
  } else {
    const most = boardOf(view, base)?.channels ?? MOST_CHANNELS;
    if (!isWholeWithin(relay.channel, { min: 1, max: most })) return phrase("device.fault.channel", { most });
    const isAddress = Number.isNaN(relay.address) || isWholeWithin(relay.address, ADDRESSES);
    if (!isAddress) return phrase("device.fault.address", ADDRESSES);
  }
  const place = relayPlace(speakerWays.entryOf(base, { ...draft, relay }));
  const other = actingEntries(view, "speakers").find(
    (one) => one.id !== id && relayPlace(one.entry) === place,
  );
  return other && phrase("device.fault.taken", { name: textOf(other.entry, "name") });
}

/** Where a relay is; two speakers never have the same one. */
function relayPlace(entry: WrittenEntry): string | undefined {
  const { kind, wiring } = relayOf(entry) ?? {};
  if (!kind || !wiring) return undefined;
  const keys = kind === "gpio" ? ["chip", "line"] : ["bus", "address", "channel"];
  return JSON.stringify([kind, ...keys.map((key) => wiring[key] ?? null)]);
}

/** As src/config/outputs.ts reads it; what stands for the host is left to it. */
function isSound(address: string): boolean {
  return (
    /^alsa:\S+$/.test(address) || /^rtp:\/\/(\[[^\]]+\]|[^:/?\s]+):\d+(\?codec=(L16|PCMA))?$/.test(address)
  );
}

function isRecord(value: unknown): value is WrittenEntry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
