import type { GbEncoding } from "./gb-text.ts";
import type { Accumulation } from "./growth.ts";

// Hardware models as hw/profiles describes them: `config/` checks the files, `drivers/` drives by them.

export interface ProfileBase {
  /** Also the name of its file, without the ending. */
  readonly id: string;
  /** Make and model, for a person. */
  readonly name: string;
  /** Datasheets, pages or measurements the figures come from. */
  readonly sources: readonly string[];
}

export interface BoardProfile extends ProfileBase {
  readonly gpio: {
    /** Label of the chip as the kernel gives it; numbers differ by board and kernel. */
    readonly chip: string;
    /** Lines that are free for wiring, by offset on the chip. */
    readonly lines: readonly number[];
  };
}

/** What a person would order, and the bytes that go out for it; tests replay them through the codec. */
export interface CodecExample<Order> {
  readonly what: Order;
  /** Hexadecimal, e.g. `A0 01 01 A2`. */
  readonly bytes: string;
}

/** Boards that take bytes of their own on a serial line. */
export interface SerialRelayProfile extends ProfileBase {
  readonly codec: "lcus";
  readonly baudRate: number;
  readonly channels: number;
  readonly examples: readonly CodecExample<{ readonly channel: number; readonly on: boolean }>[];
}

export interface ModbusRelayOrder {
  readonly address: number;
  /** From 1, as printed on the board. */
  readonly channel: number;
  /** Absent where the state is asked for. */
  readonly on?: boolean | undefined;
  /** Switches on, and off by the board's own timer. */
  readonly forMs?: number | undefined;
}

/** Boards whose relays are Modbus coils. */
export interface ModbusRelayProfile extends ProfileBase {
  readonly codec: "modbus";
  readonly baudRate: number;
  readonly channels: number;
  /** Modbus unit as it leaves the factory. */
  readonly address: number;
  /** Coil of channel 1. */
  readonly firstCoil: number;
  /** What function 5 carries for "on": FF00, or what a board that breaks with Modbus wants instead. */
  readonly onValue: number;
  /** Whether function 1 tells the relays' state. */
  readonly readsBack: boolean;
  /** A timer in the board: function 5 to `coil` plus the channel's carries the time in steps. */
  readonly timer?: { readonly coil: number; readonly stepMs: number; readonly maxSteps: number } | undefined;
  readonly examples: readonly CodecExample<ModbusRelayOrder>[];
}

export type RelayProfile = SerialRelayProfile | ModbusRelayProfile;

/** One order to an amplifier; exactly one member counts. */
export interface AmplifierOrder {
  readonly power?: boolean | undefined;
  readonly mute?: boolean | undefined;
  /** 0 to 100. */
  readonly volumePercent?: number | undefined;
  /** From 1. */
  readonly input?: number | undefined;
  readonly status?: true | undefined;
}

/**
 * What an amplifier wants to hear, by order. `{address}`, `{volume}` and `{input}` stand for numbers: decimal with two
 * digits in the text codec, one byte each in the bytes codec. Absent: it cannot do that.
 */
export interface AmplifierOrders {
  readonly on: string;
  readonly off: string;
  readonly mute?: string | undefined;
  readonly unmute?: string | undefined;
  readonly volume?: string | undefined;
  readonly input?: string | undefined;
  readonly status?: string | undefined;
}

interface AmplifierBase extends ProfileBase {
  readonly baudRate: number;
  /** Addresses it can be given; absent where it has none. */
  readonly addresses?: { readonly min: number; readonly max: number } | undefined;
  /** Steps from silence to the loudest. */
  readonly volumeSteps?: number | undefined;
  readonly inputs?: number | undefined;
  readonly orders: AmplifierOrders;
  /**
   * What it answers to the status order: like an order, with `?` (one character) or `??` (one byte) for what does not
   * matter, and `{power}`, `{mute}`, `{volume}`, `{input}` for what does.
   */
  readonly statusAnswer?: string | undefined;
  /** How long it may take to answer, ms. */
  readonly answerMs: number;
  readonly examples: readonly (CodecExample<AmplifierOrder> & { readonly address?: number | undefined })[];
}

/** Amplifiers that are told in lines of text. */
export interface TextAmplifierProfile extends AmplifierBase {
  readonly codec: "amplifier-text";
  readonly terminator: "cr" | "lf" | "crlf";
  /** What it says when it has carried out a line, after its echo; absent: it says nothing. */
  readonly done?: string | undefined;
  /** What it says instead to a line that it does not know. */
  readonly refused?: string | undefined;
}

/** Amplifiers that are told in frames of bytes: start, length of the body where there is one, body, checksum, end. */
export interface BytesAmplifierProfile extends AmplifierBase {
  readonly codec: "amplifier-bytes";
  readonly frame: {
    readonly start: string;
    readonly hasLength: boolean;
    readonly checksum: "none" | "sum8" | "xor8" | "crc16-modbus";
    /** First byte that the checksum covers. */
    readonly checksumFrom: "start" | "length" | "body";
    readonly end?: string | undefined;
  };
}

export type AmplifierProfile = TextAmplifierProfile | BytesAmplifierProfile;

export interface VoiceModuleOrder {
  readonly play?: number | undefined;
  /** Of modules that read aloud. */
  readonly say?: string | undefined;
  /** 0 to 100; goes with `say` where the module takes it in the text. */
  readonly volumePercent?: number | undefined;
  readonly stop?: true | undefined;
  readonly status?: true | undefined;
}

interface VoiceModuleBase extends ProfileBase {
  readonly baudRate: number;
  /** How long the module may take to acknowledge or to answer, in ms. */
  readonly acknowledgeMs: number;
  readonly examples: readonly CodecExample<VoiceModuleOrder>[];
}

export interface DfplayerProfile extends VoiceModuleBase {
  readonly codec: "dfplayer";
  /** `mp3-folder`: track 7 is the file `mp3/0007.mp3`; `index`: the seventh file in order of copying. */
  readonly tracksBy: "mp3-folder" | "index";
  readonly maxTrack: number;
  /** Whether it answers when it is asked whether it plays; some copies of the chip do not. */
  readonly tellsPlaying: boolean;
  /** A track that has not ended after this many seconds never will. */
  readonly maxTrackSeconds: number;
}

export interface Jq8900Profile extends VoiceModuleBase {
  readonly codec: "jq8900";
  readonly maxTrack: number;
  readonly maxTrackSeconds: number;
  /** It does not tell the end of a track: it is asked this often. */
  readonly pollMs: number;
}

/** Modules that hold recordings. */
export type RecordingModuleProfile = DfplayerProfile | Jq8900Profile;

/** Modules that read any words aloud. */
export interface SpeechModuleProfile extends VoiceModuleBase {
  readonly codec: "syn6288" | "xfs5152";
  readonly encoding: GbEncoding;
  /** Longest text of one frame, in bytes. */
  readonly maxTextBytes: number;
  /** Volume goes into the text as `[v<step>]`, 0 to this. */
  readonly volumeSteps: number;
  /** A frame that has not been read to its end after this many seconds never will be. */
  readonly maxSpeechSeconds: number;
  /** It is asked this often whether it still speaks, in case its own word was lost. */
  readonly pollMs: number;
}

export type VoiceModuleProfile = RecordingModuleProfile | SpeechModuleProfile;

/** Whether the module reads words aloud instead of playing what was recorded. */
export function readsAloud(profile: VoiceModuleProfile): profile is SpeechModuleProfile {
  return profile.codec === "syn6288" || profile.codec === "xfs5152";
}

/** Whether the module can be asked if it plays. */
export function tellsPlaying(profile: VoiceModuleProfile): boolean {
  return profile.codec !== "dfplayer" || profile.tellsPlaying;
}

/** Whether the amplifier can be asked if it lets sound through. */
export function tellsState({ orders, statusAnswer }: AmplifierProfile): boolean {
  return orders.status !== undefined && statusAnswer !== undefined;
}

export type RegisterType = "int16" | "uint16" | "int32" | "uint32" | "float32";

/** A register that says which unit the value is in. */
export interface UnitRegister {
  readonly register: number;
  /** Unit code to the factor that makes it `unit` of the profile; any other code makes the reading invalid. */
  readonly factors: Readonly<Record<string, number>>;
}

/** A register that says whether the value counts. */
export interface StatusRegister {
  readonly register: number;
  /** The value counts while this register holds `min` to `max`. */
  readonly min: number;
  readonly max: number;
}

export interface SensorProfile extends ProfileBase {
  readonly baudRate: number;
  /** 3 reads holding registers, 4 input registers. */
  readonly functionCode: 3 | 4;
  /** Protocol address of the (first) register, from 0. */
  readonly register: number;
  readonly type: RegisterType;
  /** Which half of a 32-bit value stands in the lower register. */
  readonly wordOrder: "high-first" | "low-first";
  /** The raw value is divided by ten to this power; 0 for none. */
  readonly decimals: number;
  /** Register that holds `decimals` (0 to 6); replaces it. */
  readonly decimalsRegister?: number | undefined;
  readonly unitRegister?: UnitRegister | undefined;
  readonly statusRegister?: StatusRegister | undefined;
  /** value = raw / 10^decimals * scale * unit factor + offset, in `unit`. */
  readonly scale: number;
  readonly offset: number;
  readonly unit: string;
  /** Raw values, as unsigned integers, by which the device says that it has none. */
  readonly invalid: readonly number[];
  /** Physically possible values in `unit`; anything else is a fault of the device, not a reading. */
  readonly min: number;
  readonly max: number;
  /** Of a value that is counted up, as what a rain gauge has caught; absent for all that rises and falls. */
  readonly accumulates?: Accumulation | undefined;
  /** False where the device must be asked for one quantity at a time. */
  readonly contiguousReads: boolean;
  readonly examples: readonly SensorExample[];
}

/** One reading of unit 1 in Modbus RTU frames. */
export interface SensorExample {
  readonly exchanges: readonly { readonly request: string; readonly reply: string }[];
  /** In `unit`; null where the device says "invalid". */
  readonly value: number | null;
}

/**
 * RTSP paths of a make; `{channel}` stands for the camera's channel, from 1, `{username}`, `{password}` and `{passwordHash}`
 * (XM) for its login.
 */
export interface CameraPaths {
  readonly pathMain: string;
  readonly pathSub: string;
}

export interface CameraProfile extends ProfileBase {
  readonly rtspPort: number;
  /** Tried in this order where the camera says that there is no such stream; empty where a person must know the address. */
  readonly paths: readonly CameraPaths[];
}

/** Every profile by kind and id. */
export interface ProfileCatalogue {
  readonly boards: ReadonlyMap<string, BoardProfile>;
  readonly relays: ReadonlyMap<string, RelayProfile>;
  readonly amplifiers: ReadonlyMap<string, AmplifierProfile>;
  readonly voiceModules: ReadonlyMap<string, VoiceModuleProfile>;
  readonly sensors: ReadonlyMap<string, SensorProfile>;
  readonly cameras: ReadonlyMap<string, CameraProfile>;
}
