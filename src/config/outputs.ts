import { z } from "zod";
import type { PowerWiring, RelayWiring } from "../core/output-wiring.ts";
import type { AudioWiring } from "../core/site.ts";
import { id, isHost, isPort, text, whole } from "./fields.ts";
import { phrase } from "./rules.ts";

// How a speaker gets its power and its sound, and how a siren or light is switched.

export const gpioLine = z.strictObject({
  chip: text(/^\S+$/, "the label of a GPIO chip, e.g. pinctrl-bcm2711"),
  line: whole(0, 1023),
  activeLow: z.boolean("true or false").default(false),
});

const boardChannel = { bus: id, profile: id, channel: whole(1, 64) };

export const relay: z.ZodType<RelayWiring> = z.union(
  [
    z.strictObject({ gpio: gpioLine }),
    z.strictObject({ serial: z.strictObject(boardChannel) }),
    z.strictObject({ modbus: z.strictObject({ ...boardChannel, address: whole(1, 255).optional() }) }),
  ],
  {
    error:
      "{gpio: {chip, line, activeLow}}, {serial: {bus, profile, channel}} or {modbus: {bus, profile, channel, address}}",
  },
);

const amplifier = z.strictObject({
  bus: id,
  profile: id,
  address: whole(0, 255).optional(),
  input: whole(1, 99).optional(),
  volume: whole(0, 100).optional(),
});

export const power = z.union([z.strictObject({ relay }), z.strictObject({ amplifier })], {
  error: "{relay: {gpio, serial or modbus}} or {amplifier: {bus, profile, address, input, volume}}",
});

/** What switches a speaker's amplifier, in the words of the site. */
export function powerWiring(setting: z.output<typeof power>): PowerWiring {
  return "relay" in setting ? setting.relay : setting;
}

const audioExpected =
  "alsa:<device>, rtp://<host>:<port> (append ?codec=PCMA for G.711), or {module: {bus, profile, tracks}}";

function parseAudioAddress(address: string): AudioWiring | undefined {
  if (/^alsa:\S+$/.test(address)) return { kind: "alsa", device: address.slice(5) };
  const rtp = /^rtp:\/\/(\[[^\]]+\]|[^:/?]+):(\d+)(?:\?codec=(L16|PCMA))?$/.exec(address);
  const [, host = "", port = "", codec] = rtp ?? [];
  if (!isHost(host) || !isPort(port)) return undefined;
  return { kind: "rtp", host, port: Number(port), codec: codec === "PCMA" ? "PCMA" : "L16" };
}

export const audio = z.union(
  [
    z.string().transform((address, context): AudioWiring => {
      const wiring = parseAudioAddress(address);
      if (wiring) return wiring;
      context.addIssue({ code: "custom", message: audioExpected });
      return z.NEVER;
    }),
    z
      .strictObject({
        module: z.strictObject({
          bus: id,
          profile: id,
          /** Which recording holds which words; none where the module reads words aloud. */
          tracks: z.record(phrase, whole(1, 65_535)).optional(),
        }),
      })
      .transform((value): AudioWiring => ({ kind: "module", module: value.module })),
  ],
  { error: audioExpected },
);
