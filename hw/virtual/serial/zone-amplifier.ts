import { createSignal } from "../../../src/core/signals.ts";
import { type ByteDevice, createLineFaults, type LineFaults, throughFaults } from "./byte-device.ts";

export interface AmplifierZone {
  readonly power: boolean;
  readonly mute: boolean;
  /** 0 to 38. */
  readonly volume: number;
  /** 1 to 6. */
  readonly source: number;
}

export interface ZoneAmplifier extends ByteDevice {
  /** 11 to 16. */
  zone(number: number): AmplifierZone;
  readonly faults: LineFaults & {
    /** Says "done" and does not switch. */
    stuck: boolean;
  };
  /** Calls when something really changes. Returns how to stop. */
  onChange(listener: (zone: number) => void): () => void;
  /** As somebody at its front panel does. */
  turn(zone: number, change: Partial<AmplifierZone>): void;
}

const PROMPT = "\r\n#";
const LONGEST_LINE = 64;

/**
 * A six-zone amplifier with the Monoprice command set (manual of the 10761, RS-232, 9600 8N1): `<zzCCvv` sets, `?zz` asks,
 * each ended by CR and echoed; a prompt `#` follows what was done, "Command Error." what it does not know. Zones of other
 * units on the line (21, 31) are not its own: it says nothing.
 */
export function createZoneAmplifier(): ZoneAmplifier {
  const faults = { ...createLineFaults(), stuck: false };
  const changes = createSignal<number>();
  const zones = new Map<number, AmplifierZone>();
  for (let number = 11; number <= 16; number++) {
    zones.set(number, { power: false, mute: false, volume: 10, source: 1 });
  }
  let pending = "";

  function zoneAt(number: number): AmplifierZone {
    const zone = zones.get(number);
    if (!zone) throw new RangeError(`the amplifier has no zone ${number}`);
    return zone;
  }

  function turn(number: number, change: Partial<AmplifierZone>): void {
    zones.set(number, { ...zoneAt(number), ...change });
    changes.emit(number);
  }

  function obey(line: string): string | undefined {
    const set = /^<(\d\d)([A-Z]{2})(\d\d)$/.exec(line);
    const ask = /^\?(\d\d)$/.exec(line);
    const number = Number(set?.[1] ?? ask?.[1]);
    if (number >= 21 && number <= 36) return undefined;
    const zone = zones.get(number);
    if (!zone || !(set || ask)) return `${line}\r\nCommand Error.${PROMPT}`;
    if (ask) return `${line}${PROMPT}${statusOf(number, zone)}\r${PROMPT}`;
    const change = changeOf(set?.[2] ?? "", Number(set?.[3]));
    if (!change) return `${line}\r\nCommand Error.${PROMPT}`;
    if (!faults.stuck) turn(number, change);
    return `${line}${PROMPT}`;
  }

  return {
    faults,
    zone: zoneAt,
    onChange: changes.on,
    turn,
    receive(bytes, reply) {
      const say = throughFaults(faults, reply);
      pending = (pending + bytes.toString("latin1")).slice(-LONGEST_LINE);
      const lines = pending.split("\r");
      pending = lines.pop() ?? "";
      for (const line of lines) {
        const answer = obey(line.slice(Math.max(line.lastIndexOf("<"), line.lastIndexOf("?"), 0)));
        if (answer !== undefined) say(Buffer.from(answer, "latin1"));
      }
    },
  };
}

function changeOf(command: string, value: number): Partial<AmplifierZone> | undefined {
  if (command === "PR" && value <= 1) return { power: value === 1 };
  if (command === "MU" && value <= 1) return { mute: value === 1 };
  if (command === "VO" && value <= 38) return { volume: value };
  return command === "CH" && value >= 1 && value <= 6 ? { source: value } : undefined;
}

/** `>zz`, then announcement, power, mute, do not disturb, volume, treble, bass, balance, source, keypad: two digits each. */
function statusOf(number: number, { power, mute, volume, source }: AmplifierZone): string {
  const values = [number, 0, power ? 1 : 0, mute ? 1 : 0, 0, volume, 7, 7, 10, source, 0];
  return `>${values.map((value) => String(value).padStart(2, "0")).join("")}`;
}
