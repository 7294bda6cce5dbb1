import { createSignal } from "../../../src/core/signals.ts";
import type { ByteDevice } from "./byte-device.ts";

const START = 0xa0;
const FRAME_BYTES = 4;

export interface ChannelChange {
  /** From 1, as printed on the board. */
  readonly channel: number;
  readonly on: boolean;
}

export interface LcusRelayBoard extends ByteDevice {
  /** Energised or not; index 0 is channel 1. */
  readonly channels: readonly boolean[];
  /** Calls when a relay really moves, not for a repeated order. Returns how to stop. */
  onChange(listener: (change: ChannelChange) => void): () => void;
}

/**
 * The LCUS USB relay boards (CH340, 9600 8N1): `A0 channel 01|00 sum8`, sum over the first three bytes. The board
 * never answers; what it cannot read it ignores.
 * @param channelCount 1 to 8 on the boards sold.
 */
export function createLcusRelayBoard(channelCount: number): LcusRelayBoard {
  const channels = Array.from({ length: channelCount }, () => false);
  const changes = createSignal<ChannelChange>();
  let pending: Buffer = Buffer.alloc(0);

  function obey(channel: number, order: number): void {
    const on = order === 1;
    if (channels[channel - 1] === on) return;
    channels[channel - 1] = on;
    changes.emit({ channel, on });
  }

  return {
    channels,
    onChange: changes.on,
    receive(bytes) {
      pending = Buffer.concat([pending, bytes]);
      let at = 0;
      while (pending.length - at >= FRAME_BYTES) {
        const [start = 0, channel = 0, order = 0, sum = 0] = pending.subarray(at, at + FRAME_BYTES);
        const whole = start === START && sum === ((start + channel + order) & 0xff);
        if (whole && channel >= 1 && channel <= channelCount && order <= 1) obey(channel, order);
        at += whole ? FRAME_BYTES : 1;
      }
      pending = pending.subarray(at);
    },
  };
}
