import { CLOCK_RATE, PAYLOAD_TYPE } from "./rtp-h264.ts";
import type { ParameterSets } from "./video-source.ts";

export const TRACK = "trackID=0";

/** Session description of one track (RFC 4566). */
export function describeStream(name: string, host: string, sets: ParameterSets): string {
  const lines = [
    "v=0",
    `o=- 1 1 IN IP4 ${host}`,
    `s=${name}`,
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    "a=control:*",
    "a=range:npt=now-",
    `m=video 0 RTP/AVP ${PAYLOAD_TYPE}`,
    `a=rtpmap:${PAYLOAD_TYPE} ${sets.vps ? "H265" : "H264"}/${CLOCK_RATE}`,
    `a=fmtp:${PAYLOAD_TYPE} ${sets.vps ? formatOfH265(sets, sets.vps) : formatOfH264(sets)}`,
    `a=control:${TRACK}`,
  ];
  return `${lines.join("\r\n")}\r\n`;
}

/** RFC 6184 section 8.2. */
function formatOfH264({ sps, pps }: ParameterSets): string {
  const profileLevel = Buffer.from(sps.subarray(1, 4)).toString("hex");
  return `packetization-mode=1;profile-level-id=${profileLevel};sprop-parameter-sets=${base64(sps)},${base64(pps)}`;
}

/** RFC 7798 section 7.2. */
function formatOfH265({ sps, pps }: ParameterSets, vps: Uint8Array): string {
  return `sprop-vps=${base64(vps)};sprop-sps=${base64(sps)};sprop-pps=${base64(pps)}`;
}

function base64(set: Uint8Array): string {
  return Buffer.from(set).toString("base64");
}
