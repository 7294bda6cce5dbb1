import { z } from "zod";
import type { MicrophoneWiring, ProofWiring } from "../core/site.ts";
import { decimal, id, isHost, isPort, networkUrl, secret, words } from "./fields.ts";

const microphoneExpected =
  "alsa:<device>, rtp://<host>:<port>, or {rtsp: rtsp://…, login: {username, password: {secret}}}";

function parseMicrophone(address: string): MicrophoneWiring | undefined {
  if (/^alsa:\S+$/.test(address)) return { kind: "alsa", device: address.slice(5) };
  const [, host = "", port = ""] = /^rtp:\/\/(\[[^\]]+\]|[^:/?]+):(\d+)$/.exec(address) ?? [];
  return isHost(host) && isPort(port) ? { kind: "rtp", host, port: Number(port) } : undefined;
}

const microphone = z.union(
  [
    z.string().transform((address, context): MicrophoneWiring => {
      const wiring = parseMicrophone(address);
      if (wiring) return wiring;
      context.addIssue({ code: "custom", message: microphoneExpected });
      return z.NEVER;
    }),
    z.strictObject({
      rtsp: networkUrl(["rtsp:"]),
      login: z.strictObject({ username: words(64, "a user name"), password: secret }).optional(),
    }),
  ],
  { error: microphoneExpected },
);

/** What tells whether a speaker was heard. */
export const proof = z.union(
  [
    z.strictObject({ microphone }),
    z.strictObject({ current: z.strictObject({ sensor: id, above: decimal(0, 100_000) }) }),
    z.literal("device").transform(() => ({ device: true as const })),
  ],
  { error: "{microphone: …}, {current: {sensor, above}} or device" },
);

export function resolveProof(
  written: z.output<typeof proof>,
  secretOf: (name: string) => string,
): ProofWiring {
  if (!("microphone" in written)) return written;
  const { microphone: given } = written;
  if (!("rtsp" in given)) return { microphone: given };
  const { rtsp: url, login } = given;
  return {
    microphone: {
      kind: "rtsp",
      url,
      ...(login && { login: { username: login.username, password: secretOf(login.password.secret) } }),
    },
  };
}
