import type { Accumulation } from "./growth.ts";
import type { AmplifierWiring, GpioLine, ModbusRelayWiring, SerialRelayWiring } from "./output-wiring.ts";
import type { VoiceModuleWiring } from "./site.ts";

// Ports to hardware. `drivers/` implements them on real wires, tests and the virtual board otherwise.

/** Something that can be asked whether an amplifier plays: its current, or what it says itself. */
export interface SoundingProbe {
  /** @throws GatewayError (transient) when the device does not answer. */
  isSounding(): Promise<boolean | "unknown">;
}

/** One relay. Logical: `true` is energised, whatever the polarity of the line. */
export interface Relay {
  /** @throws GatewayError (transient) when the device does not answer; the relay's state is then unknown. */
  switch(on: boolean): Promise<void>;
  /**
   * Where the device has a timer of its own: switches on, and the device switches off by itself after `forMs` (more than 0,
   * rounded up to its step) unless this or `switch` comes again. Throws like `switch`.
   */
  switchOnFor?(forMs: number): Promise<void>;
  /**
   * What the device itself reports, `unknown` where it cannot tell.
   * @throws GatewayError (transient) when it could, but does not answer.
   */
  readBack(): Promise<boolean | "unknown">;
  /** Of an amplifier that tells more than its power: whether it lets sound through. Throws like `readBack`. */
  isSounding?(): Promise<boolean | "unknown">;
  /** Switches off and releases the line. Never throws. */
  close(): Promise<void>;
}

export interface Contact {
  read(): Promise<boolean>;
  /** Calls on every change seen; debouncing is the caller's. Returns how to stop. */
  watch(listener: (closed: boolean) => void, onError: (error: Error) => void): () => void;
  close(): Promise<void>;
}

export interface Gpio {
  /**
   * Takes a line as an output, de-energised before its direction is set.
   * @throws GatewayError `gpio.chip_missing`, `gpio.line_missing`, `gpio.busy`, `gpio.denied` (permanent).
   */
  openRelay(line: GpioLine): Promise<Relay>;
  openContact(line: GpioLine): Promise<Contact>;
}

/** Devices on serial lines, by configured bus id. */
export interface SerialDevices {
  /** @throws GatewayError `serial.unknown_bus`, `profile.missing` (permanent). An absent port is no error yet. */
  openRelay(wiring: SerialRelayWiring): Promise<Relay>;
  /** Takes an amplifier that is switched over its serial line; it is told to be off. */
  openAmplifier(wiring: AmplifierWiring): Promise<Relay>;
  openVoiceModule(wiring: VoiceModuleWiring): Promise<VoiceModule>;
  openSpeechModule(wiring: VoiceModuleWiring): Promise<SpeechModule>;
}

/** Relays on Modbus lines, by configured bus id. */
export interface ModbusRelays {
  /**
   * Takes one relay and tells it to be off, which an absent board is not yet.
   * @throws GatewayError `modbus.unknown_bus`, `profile.missing`, `relay.no_channel` (permanent).
   */
  openRelay(wiring: ModbusRelayWiring): Promise<Relay>;
}

export interface VoiceModule extends SoundingProbe {
  /** 0 to 100. */
  setVolume(percent: number): Promise<void>;
  /** Resolves when the module reports the end of the track; aborting stops it. */
  play(track: number, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** A module that reads words aloud. */
export interface SpeechModule extends SoundingProbe {
  /**
   * How to say `text`; resolves when the module is silent again, and aborting silences it.
   * @throws GatewayError `voice.unspeakable`, `voice.too_long` (permanent) for words that the module cannot say.
   */
  prepare(text: string): (options: {
    /** 0 to 100. */
    readonly volume: number;
    readonly signal: AbortSignal;
    /** Called once, when the module has accepted the first words. */
    readonly onSound: () => void;
  }) => Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** One measured quantity read from a device by its profile. */
export interface SensorReader {
  /**
   * @returns the value in `unit`, or null when the device itself says "invalid" (a sentinel of its profile).
   * @throws GatewayError `modbus.timeout`, `modbus.exception`, `modbus.port_lost` (transient).
   */
  read(): Promise<number | null>;
  readonly unit: string;
  /** Of a value that is counted up. */
  readonly accumulates?: Accumulation | undefined;
}

/** Something to be heard: a WAV file on this box, mono and 16 bit, whose sound begins at once. */
export interface Sound {
  readonly path: string;
  readonly durationMs: number;
}

/** Plays one sound at a time on one output. */
export interface Player {
  /**
   * Resolves when the sound has ended; aborting `signal` silences it at once and resolves too.
   * @param onSound called once, when the first sample leaves for the amplifier.
   * @throws GatewayError `audio.*` (transient).
   */
  play(sound: Sound, options: { volume: number; signal: AbortSignal; onSound: () => void }): Promise<void>;
}

/** A program of the site's own that turns words into a WAV file. */
export interface VoiceProgram {
  /**
   * The program's path, then its arguments. `{file}` stands for the WAV file that it is to write, `{text}` for the words; without
   * `{text}` they come on its standard input.
   */
  readonly command: readonly string[];
  /** So long it is waited for; then the box's usual voice speaks, and what comes later is kept for the next time. */
  readonly patienceMs: number;
}

/** Turns text into a sound; rendered phrases are kept on disk. */
export interface Speech {
  /**
   * @throws GatewayError `speech.engine_missing`, `speech.too_long`, `speech.control`, `speech.markup`, `speech.script`,
   *   `speech.nothing` (permanent), `speech.failed` (transient).
   */
  render(text: string): Promise<Sound>;
}
