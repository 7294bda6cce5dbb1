import { CLOCK_RATE, PAYLOAD_TYPE } from "./rtp-h264.ts";
import type { ParameterSets } from "./video-source.ts";

export const TRACK = "trackID=0";

/** Session description of one H.264 track (RFC 4566; media parameters after RFC 6184 section 8.2). */
export function describeStream(name: string, host: string, { sps, pps }: ParameterSets): string {
  const profileLevel = Buffer.from(sps.subarray(1, 4)).toString("hex");
  const sets = [sps, pps].map((set) => Buffer.from(set).toString("base64")).join(",");
  const lines = [
    "v=0",
    `o=- 1 1 IN IP4 ${host}`,
    `s=${name}`,
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    "a=control:*",
    "a=range:npt=now-",
    `m=video 0 RTP/AVP ${PAYLOAD_TYPE}`,
    `a=rtpmap:${PAYLOAD_TYPE} H264/${CLOCK_RATE}`,
    `a=fmtp:${PAYLOAD_TYPE} packetization-mode=1;profile-level-id=${profileLevel};sprop-parameter-sets=${sets}`,
    `a=control:${TRACK}`,
  ];
  return `${lines.join("\r\n")}\r\n`;
}
