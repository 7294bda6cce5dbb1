import { createSignal } from "../../../src/core/signals.ts";
import { type ByteDevice, createLineFaults, type LineFaults, throughFaults } from "./byte-device.ts";
import { createDfplayerFrameReader, type DfplayerFrame, encodeDfplayerFrame } from "./dfplayer-frame.ts";

const COMMAND = {
  playByIndex: 0x03,
  setVolume: 0x06,
  reset: 0x0c,
  playFromMp3Folder: 0x12,
  stop: 0x16,
  tfTrackFinished: 0x3d,
  online: 0x3f,
  error: 0x40,
  acknowledge: 0x41,
  queryStatus: 0x42,
  queryVolume: 0x43,
  queryTfFiles: 0x48,
  queryTfTrack: 0x4c,
} as const;

/**
 * Parameters of message 40 by Flyron's datasheet of the chip family (FN-M16P, FN-BC20: "returned data of errors").
 * DFRobot's older manual of the same module counts otherwise (0 busy, 1 incomplete, 2 checksum), so a driver should
 * take any 40 for a failure; modules in the field do answer a wrong checksum with 4.
 */
const ERROR = { checksum: 0x04, trackOutOfScope: 0x05, trackNotFound: 0x06 } as const;

/** Bit of the TF card in message 3F, and the high byte of a status answer (same datasheet). */
const TF_CARD = 0x02;
const STATUS = { stopped: 0x00, playing: 0x01 } as const;
const LOUDEST = 30;

export interface DfplayerState {
  readonly playing: number | undefined;
  /** 0 to 30. */
  readonly volume: number;
}

export interface DfplayerModule extends ByteDevice {
  /** The track that sounds now. */
  readonly playing: number | undefined;
  /** 0 to 30; 30 after power-on. */
  readonly volume: number;
  readonly faults: LineFaults;
  /** Returns how to stop. */
  onChange(listener: (state: DfplayerState) => void): () => void;
  /** Ends the sound and all timers without a word on the line. */
  powerOff(): void;
}

export interface DfplayerConfig {
  /** What is on the TF card: track number (1 to 65535) to its length in ms. */
  readonly tracks: ReadonlyMap<number, number>;
  /** From a reset until the module says it is ready (3F), ms. Default 20; real ones take up to 1,500. */
  readonly resetMs?: number;
  /** Says every end of a track twice, as many real modules do. Default false. */
  readonly finishesTwice?: boolean;
}

/** A DFPlayer mini or other YX5200 module with a TF card, 9600 8N1. Deaf while it resets. */
export function createDfplayerModule(config: DfplayerConfig): DfplayerModule {
  const { tracks, resetMs = 20, finishesTwice = false } = config;
  const faults = createLineFaults();
  const changes = createSignal<DfplayerState>();
  const read = createDfplayerFrameReader();
  let playing: number | undefined;
  let lastTrack = 0;
  let volume = LOUDEST;
  let timer: NodeJS.Timeout | undefined;
  let resetting = false;
  /** Unasked messages go where the last bytes came from: the module has one wire. */
  let say = (_command: number, _parameter: number): void => {};

  function become(track: number | undefined, nextVolume: number): void {
    if (track === playing && nextVolume === volume) return;
    playing = track;
    volume = nextVolume;
    changes.emit({ playing, volume });
  }

  function silence(): void {
    clearTimeout(timer);
    become(undefined, volume);
  }

  function finish(track: number): void {
    become(undefined, volume);
    say(COMMAND.tfTrackFinished, track);
    if (finishesTwice) say(COMMAND.tfTrackFinished, track);
  }

  function play(track: number, errorIfMissing: number): void {
    const durationMs = tracks.get(track);
    if (durationMs === undefined) {
      say(COMMAND.error, errorIfMissing);
      return;
    }
    clearTimeout(timer);
    lastTrack = track;
    timer = setTimeout(() => finish(track), durationMs);
    timer.unref();
    become(track, volume);
  }

  function reset(): void {
    silence();
    resetting = true;
    timer = setTimeout(() => {
      resetting = false;
      become(undefined, LOUDEST);
      say(COMMAND.online, TF_CARD);
    }, resetMs);
    timer.unref();
  }

  function obey({ command, parameter }: DfplayerFrame): void {
    if (command === COMMAND.playByIndex) play(parameter, ERROR.trackOutOfScope);
    else if (command === COMMAND.playFromMp3Folder) play(parameter, ERROR.trackNotFound);
    else if (command === COMMAND.setVolume) become(playing, Math.min(parameter & 0xff, LOUDEST));
    else if (command === COMMAND.stop) silence();
    else if (command === COMMAND.reset) reset();
    else answer(command);
  }

  function answer(query: number): void {
    const status = playing === undefined ? STATUS.stopped : STATUS.playing;
    if (query === COMMAND.queryStatus) say(query, (TF_CARD << 8) | status);
    else if (query === COMMAND.queryVolume) say(query, volume);
    else if (query === COMMAND.queryTfFiles) say(query, tracks.size);
    else if (query === COMMAND.queryTfTrack) say(query, lastTrack);
    else if (query === COMMAND.online) say(query, TF_CARD);
  }

  return {
    faults,
    onChange: changes.on,
    get playing() {
      return playing;
    },
    get volume() {
      return volume;
    },
    powerOff() {
      resetting = false;
      silence();
    },
    receive(bytes, reply) {
      const speak = throughFaults(faults, reply);
      say = (command, parameter) => speak(encodeDfplayerFrame({ command, feedback: false, parameter }));
      for (const frame of read(bytes)) {
        if (resetting) continue;
        if (frame === "bad-checksum") say(COMMAND.error, ERROR.checksum);
        else {
          if (frame.feedback) say(COMMAND.acknowledge, 0);
          obey(frame);
        }
      }
    },
  };
}
