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

export interface RelayProfile extends ProfileBase {
  readonly codec: "lcus";
  readonly baudRate: number;
  readonly channels: number;
  readonly examples: readonly CodecExample<{ readonly channel: number; readonly on: boolean }>[];
}

export interface VoiceModuleOrder {
  readonly play?: number | undefined;
  /** 0 to 100. */
  readonly volumePercent?: number | undefined;
  readonly stop?: true | undefined;
}

export interface VoiceModuleProfile extends ProfileBase {
  readonly codec: "dfplayer";
  readonly baudRate: number;
  /** `mp3-folder`: track 7 is the file `mp3/0007.mp3`; `index`: the seventh file in order of copying. */
  readonly tracksBy: "mp3-folder" | "index";
  readonly maxTrack: number;
  /** How long the module may take to acknowledge, in ms. */
  readonly acknowledgeMs: number;
  /** A track that has not ended after this many seconds never will. */
  readonly maxTrackSeconds: number;
  readonly examples: readonly CodecExample<VoiceModuleOrder>[];
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
  readonly voiceModules: ReadonlyMap<string, VoiceModuleProfile>;
  readonly sensors: ReadonlyMap<string, SensorProfile>;
  readonly cameras: ReadonlyMap<string, CameraProfile>;
}
