import type { CameraFault } from "./camera-health.ts";
import type { AlarmEvidence } from "./footage.ts";
import type { Polygon, Polyline } from "./geometry.ts";
import type { SumHours } from "./growth.ts";
import type { GpioLine, PowerWiring, RelayWiring } from "./output-wiring.ts";

// The site as configured: what hangs on the poles of one village. `config/` makes these, every room reads them.

export interface Zone {
  readonly id: string;
  readonly name: string;
  /** All that may ever be dangerous. */
  readonly polygon: Polygon;
  /** Absent: it does not move. */
  readonly waterline?: Waterline | undefined;
}

/** Where the water's edge is at measured levels: between them it is where the sensor's level puts it. See `shore.ts`. */
export interface Waterline {
  readonly sensor: string;
  /** At least two, of different levels. */
  readonly lines: readonly WaterMark[];
  /** How far up the bank from the water's edge it is dangerous, in fractions of the picture. */
  readonly margin: number;
}

/** The water's edge as somebody saw it at one level, in the sensor's unit. */
export interface WaterMark {
  readonly level: number;
  readonly line: Polyline;
}

/** A line across a road into the village: who goes over it is counted and pictured. */
export interface Line {
  /** No other line of the site has it. */
  readonly id: string;
  readonly name: string;
  readonly points: Polyline;
  /** The side of the line that belongs to the village, as seen by who walks along it from the first point on. */
  readonly inside: "left" | "right";
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Camera {
  readonly id: string;
  readonly name: string;
  /**
   * `rtsp://` address without a password in it. `{username}`, `{password}` and `{passwordHash}` stand for what only the ingest
   * fills in, for makes that have the login in the path.
   */
  readonly main: string;
  /** The smaller stream, analysed and shown in the grid; `main` serves where a camera has no other. */
  readonly sub?: string | undefined;
  /** Where the streams are on other models of the make, tried in this order when the camera does not know the first. */
  readonly otherAddresses?: readonly { readonly main: string; readonly sub: string }[] | undefined;
  readonly login?: Login | undefined;
  /** Its microphone is taken along with `main`; never unless the site says so. */
  readonly audio?: boolean | undefined;
  readonly zones: readonly Zone[];
  /** Absent where none is watched. */
  readonly lines?: readonly Line[] | undefined;
  readonly privacy?: Privacy | undefined;
  /** Absent where the camera gives pictures and nothing else. */
  readonly onvif?: OnvifWiring | undefined;
  /** Faults not looked for, e.g. `moved` on a camera that is steered. */
  readonly healthOff?: readonly CameraFault[] | undefined;
  /** Absent: not recorded. */
  readonly record?: RecordPlan | undefined;
}

/** What nobody is to see, and who paints it over before a picture is stored, shown or analysed. */
export interface Privacy {
  readonly masks: readonly Zone[];
  /**
   * `box`: the box decodes, paints and encodes again, which costs it a good part of a core. `camera`: the camera is told by
   * ONVIF, which costs nothing; no picture is taken from it until it confirms, nor an hour after it last did.
   */
  readonly by: "box" | "camera";
}

/** Where a camera's ONVIF device service is, and what the box does by it. */
export interface OnvifWiring {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly isSecure: boolean;
  /** The box sets the camera's clock while it knows the time itself. */
  readonly setClock: boolean;
  /** What the analysed stream is asked for; undefined leaves it as it is. */
  readonly keyFrameSeconds?: number | undefined;
}

/** What of a camera's `main` stream is kept. */
export interface RecordPlan {
  readonly mode: "off" | "continuous" | "events";
  /** When recording takes place at all. */
  readonly schedule: Schedule;
  /** Older recordings go, and the oldest of what is more; without `maxBytes` the disk is the limit. */
  readonly keep: { readonly days: number; readonly maxBytes?: number | undefined };
  /** After this long the next key frame begins a new file. */
  readonly segmentSeconds: number;
  /** Around an event, when `mode` is `events`. */
  readonly beforeSeconds: number;
  readonly afterSeconds: number;
  /** The stream's bit rate as far as it is known before anything was recorded, kbit/s. */
  readonly expectedKbps: number;
}

/** How recordings share the disk with what is more important. */
export interface StoragePlan {
  /** Kept free for the ledger, the larger of both: recordings go before, and recording pauses. */
  readonly keepFreeBytes: number;
  readonly reservePercent: number;
  /** Endurance of the card by its maker, in terabytes written. */
  readonly cardLifeTerabytes?: number | undefined;
}

/** How long pictures and clips are kept that stand beside the recordings. */
export interface EvidencePlan {
  /** Who went over the lines: what is older goes, and the oldest pictures of what is more. */
  readonly crossings: { readonly days: number; readonly maxBytes: number };
  /** Pictures and clips of alarms: once every upstream has them they go when they are older, and the oldest of what is more. */
  readonly evidence: { readonly days: number; readonly maxBytes?: number | undefined };
  /** The database, with readings and movement: what goes above it, and what never, says `buffer/room-keeper.ts`. */
  readonly ledger?: { readonly maxBytes: number } | undefined;
}

/** A voice module: it holds recordings, or reads words aloud. */
export interface VoiceModuleWiring {
  readonly bus: string;
  readonly profile: string;
  /** Phrase to track number (1 to 65535); absent where the module reads any words aloud. */
  readonly tracks?: Readonly<Record<string, number>> | undefined;
}

export type AudioWiring =
  | { readonly kind: "alsa"; readonly device: string }
  | { readonly kind: "rtp"; readonly host: string; readonly port: number; readonly codec: "L16" | "PCMA" }
  | { readonly kind: "module"; readonly module: VoiceModuleWiring };

/** Where a microphone that hears the horns is. */
export type MicrophoneWiring =
  | { readonly kind: "alsa"; readonly device: string }
  /** G.711 or L16 that is sent to this port of the box. */
  | { readonly kind: "rtp"; readonly host: string; readonly port: number }
  | { readonly kind: "rtsp"; readonly url: string; readonly login?: Login | undefined };

/** What proves that a speaker was heard. */
export type ProofWiring =
  | { readonly microphone: MicrophoneWiring }
  /** A sensor on the amplifier's supply: above `above`, in the sensor's unit, it plays. */
  | { readonly current: { readonly sensor: string; readonly above: number } }
  /** The speaker's own amplifier and voice module are asked what they do. */
  | { readonly device: true };

export interface Speaker {
  readonly id: string;
  readonly name: string;
  /** What switches the amplifier; absent for horns that are always powered. */
  readonly power?: PowerWiring | undefined;
  readonly audio: AudioWiring;
  /** From relay on until the amplifier can be heard, 0 to 10,000 ms. */
  readonly settleMs: number;
  /** From the end of the sound until relay off, 0 to 10,000 ms. */
  readonly holdMs: number;
  /** The relay never stays on longer than this, 1 to 3,600 s. */
  readonly maxOnSeconds: number;
  /** Absent: nobody knows whether it was heard. */
  readonly proof?: ProofWiring | undefined;
}

/** A siren or a light behind a relay. */
export interface Switch {
  readonly id: string;
  readonly name: string;
  readonly relay: RelayWiring;
  /** Never on for longer at a time, 1 to 600 s. */
  readonly maxOnSeconds: number;
  /** A siren is heard: the kill switch holds it. Absent: siren. */
  readonly kind?: "siren" | "light" | undefined;
  /** So many different observations must agree before rules switch it on; absent: 2 for a siren, 1 for a light. */
  readonly keys?: 1 | 2 | undefined;
}

/** Somebody who is to be called, and when. */
export interface DutyTurn {
  readonly name: string;
  readonly phone: string;
  readonly when: Schedule;
}

export interface Sensor {
  readonly id: string;
  readonly name: string;
  /** Id of a sensor profile in hw/profiles/sensors. */
  readonly profile: string;
  readonly bus: string;
  /** Modbus unit, 1 to 247 (0 is broadcast; 255 is used by some boards). */
  readonly address: number;
  readonly pollSeconds: number;
}

export interface ContactInput {
  readonly id: string;
  readonly name: string;
  readonly gpio: GpioLine;
}

/** A serial line, local (`/dev/serial/by-id/…`) or behind a serial server (`tcp://host:port`). */
export interface Bus {
  readonly id: string;
  readonly port: string;
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
  /** Modbus framing of a `tcp://` bus: `rtu` through a serial server, `tcp` for Modbus TCP. */
  readonly framing: "rtu" | "tcp";
}

export type Severity = "notice" | "warning" | "danger" | "emergency";

/** Days of the year, both included; `from` after `to` runs over new year. */
export interface Season {
  /** Month times 100 plus day: 701 is the first of July. */
  readonly from: number;
  readonly to: number;
}

export interface Schedule {
  /** ISO weekdays, 1 (Monday) to 7. */
  readonly days: readonly number[];
  /** Minutes since local midnight, 0 to 1440; `from` > `to` runs over midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** Absent: all year. */
  readonly season?: Season | undefined;
  /** Further windows: what holds in any of them holds. */
  readonly also?: readonly Schedule[] | undefined;
}

/** How sure the detector must be: `high` takes far and dim people along with more that is none. */
export type SensitivityLevel = "low" | "normal" | "high";

export interface Sensitivity {
  readonly day: SensitivityLevel;
  readonly night: SensitivityLevel;
  /** Day by the clock, in minutes since local midnight; absent: from sunrise to sunset at the site. */
  readonly dayHours?: { readonly fromMinute: number; readonly toMinute: number } | undefined;
}

export type Condition =
  | {
      readonly kind: "person";
      readonly camera: string;
      readonly zone: string;
      /** How long somebody must stay before the rule acts, 0 or more. */
      readonly dwellSeconds: number;
    }
  | {
      /** Somebody goes over a line. */
      readonly kind: "line";
      readonly camera: string;
      readonly line: string;
      readonly direction: "in" | "out" | "both";
    }
  | {
      /** One and the same goes from one zone to another, e.g. from the bank to the water. */
      readonly kind: "passage";
      readonly camera: string;
      readonly from: string;
      readonly to: string;
      /** Counted from the last sight in `from`. */
      readonly withinSeconds: number;
    }
  | {
      /** So many at once in a zone. */
      readonly kind: "group";
      readonly camera: string;
      readonly zone: string;
      readonly people: number;
      readonly dwellSeconds: number;
    }
  | {
      /** Who stood in the zone is gone without having been seen to leave, or lies there: a question, never a finding. */
      readonly kind: "vanished";
      readonly camera: string;
      readonly zone: string;
      /** Who stood there for less is not missed. */
      readonly stoodSeconds: number;
      readonly goneSeconds: number;
      readonly lyingSeconds: number;
    }
  | {
      readonly kind: "level";
      readonly sensor: string;
      /** In the sensor's unit: acts above, clears below; `clearBelow` <= `above`. */
      readonly above: number;
      readonly clearBelow: number;
      /** The value must stay above this long before the rule acts. */
      readonly holdSeconds: number;
      /** Of a sensor that counts up: what came in the last so many hours is meant, not the value. */
      readonly overHours?: SumHours | undefined;
    }
  | { readonly kind: "contact"; readonly input: string; readonly closed: boolean };

export interface SayAction {
  readonly text: string;
  readonly speakers: readonly string[];
  readonly repeat: number;
  /** 0 to 100. */
  readonly volume: number;
  /** Speaks before everybody else, once a second observation agrees. */
  readonly emergency?: boolean | undefined;
}

/** Sirens and lights are switched on. */
export interface SwitchAction {
  readonly switches: readonly string[];
  /** Off again after this long, when somebody acknowledges, and when the alarm is over. */
  readonly forSeconds: number;
}

/** What else is done while an alarm goes on that nobody acknowledged; says something where it has `text`. */
export interface Escalation extends Partial<SayAction> {
  readonly afterSeconds: number;
  readonly switchOn?: SwitchAction | undefined;
  /** The alarm becomes as grave as this. */
  readonly severity?: Severity | undefined;
}

/** A camera is turned to a direction that it remembers. */
export interface LookAction {
  readonly camera: string;
  /** Name or id of the preset. */
  readonly preset: string;
}

export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly when: Condition;
  readonly schedule: Schedule;
  /** No second alarm of this rule sooner than this after the first. */
  readonly cooldownSeconds: number;
  /** Who raised an alarm and comes back sooner is spoken to again without another alarm; absent: 0. */
  readonly trackCooldownSeconds?: number | undefined;
  /** Of rules that watch people; absent: normal by day and night. */
  readonly sensitivity?: Sensitivity | undefined;
  readonly say: readonly SayAction[];
  readonly switchOn?: readonly SwitchAction[] | undefined;
  readonly look?: readonly LookAction[] | undefined;
  readonly alarm?:
    | {
        readonly severity: Severity;
        /** Absent: none is taken. */
        readonly evidence?: AlarmEvidence | undefined;
      }
    | undefined;
  readonly escalate: readonly Escalation[];
}

/** A page of another program, shown beside the village page (a map server, the virtual kit's controls). */
export interface Companion {
  readonly title: string;
  readonly url: string;
  /** A short word that stands in a ribbon over the whole page, e.g. 演示. */
  readonly banner?: string | undefined;
}

export interface Site {
  readonly id: string;
  readonly name: string;
  /** IANA name; schedules are in this zone. */
  readonly timezone: string;
  /** Longitude and latitude in degrees (WGS 84). */
  readonly location?: readonly [longitude: number, latitude: number] | undefined;
}
