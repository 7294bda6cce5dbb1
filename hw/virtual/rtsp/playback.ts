import { randomInt } from "node:crypto";
import { encodeSenderReport, interleave, packetize, rtpTicks } from "./rtp-h264.ts";
import { splitH265 } from "./rtp-h265.ts";
import type { AccessUnit, VideoSource } from "./video-source.ts";

const MAX_PAYLOAD_BYTES = 1400;
const SENDER_REPORT_EVERY_MS = 5000;

/** One client's RTP stream: its own SSRC, sequence numbers and clock offset. */
export interface Playback {
  /** The bytes for the connection: all packets of the picture, and a sender report now and then. */
  encode(frame: AccessUnit): Buffer;
  readonly firstSequence: number;
}

/** @param rtpChannel interleaved channel of RTP; RTCP goes on `rtcpChannel`. */
export function createPlayback(source: VideoSource, rtpChannel: number, rtcpChannel: number): Playback {
  const ssrc = randomInt(2 ** 32);
  const clockOffset = randomInt(2 ** 32);
  const firstSequence = randomInt(2 ** 16);
  let sequence = firstSequence;
  let packets = 0;
  let bytes = 0;
  let reportedAtMs = Number.NEGATIVE_INFINITY;

  function report(frame: AccessUnit, timestamp: number): Buffer[] {
    if (frame.capturedAtMs - reportedAtMs < SENDER_REPORT_EVERY_MS) return [];
    reportedAtMs = frame.capturedAtMs;
    const wallMs = Date.now() - (performance.now() - frame.capturedAtMs);
    return [interleave(rtcpChannel, encodeSenderReport({ ssrc, wallMs, timestamp, packets, bytes }))];
  }

  return {
    firstSequence,
    encode(frame) {
      const timestamp = (rtpTicks(frame.capturedAtMs) + clockOffset) % 2 ** 32;
      const sets = source.parameterSets();
      const { vps, sps, pps } = sets ?? {};
      const ahead = frame.key ? [vps, sps, pps].filter((set) => set !== undefined) : [];
      const stream = { ssrc, maxPayloadBytes: MAX_PAYLOAD_BYTES, ...(vps && { split: splitH265 }) };
      const rtp = packetize([...ahead, ...frame.nals], stream, sequence, timestamp);
      sequence = (sequence + rtp.length) & 0xffff;
      const parts = [...report(frame, timestamp), ...rtp.map((packet) => interleave(rtpChannel, packet))];
      packets += rtp.length;
      for (const packet of rtp) bytes += packet.length - 12;
      return Buffer.concat(parts);
    },
  };
}
