import type { WordsOf } from "./words-of.ts";
import type * as zh from "./zh-wiring.ts";

/** What hangs on the box, how, and what to do where it does not work. */
export const wiring: WordsOf<typeof zh.wiring> = {
  facts: "How it is wired, and its limits",
  failed: "The wiring could not be had: {reason}",
  power: {
    none: "Always powered",
    relay: "Amplifier on a relay: {at}",
    amplifier: "Amplifier on a serial line: {at}",
  },
  audio: {
    alsa: "Sound by a sound card: {at}",
    rtp: "Sound over the network: {at}",
    module: "Sound by a voice module: {at}",
  },
  proof: {
    none: "Nothing can tell whether it sounds",
    microphone: "A microphone hears whether it sounds",
    current: "The amplifier's current tells whether it sounds",
    device: "Amplifier or voice module tell whether they sound",
  },
  line: "GPIO {line}",
  address: "address {address}",
  channel: "channel {channel}",
  most: "On for {time} at most",
  silent: "Silent from {from} to {to}",
  silentButWarnings: "Silent from {from} to {to}, but for warnings of rules",
  quieter: "{volume}% at most from {from} to {to}",
  quieterButWarnings: "{volume}% at most from {from} to {to}, but for warnings of rules",
  now: "Now: {phase}",
  fault: "Now: {reason}",
  region: "Sensors",
  good: "In order",
  invalid: "Not to be trusted",
  lost: "No answer",
  waiting: "Not read yet",
  reading: "{value} {unit}, read {time}",
  every: "read every {time}",
  lostHint: "Is it powered? Are the two wires of the bus loose or crossed? Is the address right?",
  invalidHint: "It answers that it has no value: is the probe out of the water, askew or covered?",
  waitingHint: "It has only just started.",
  upstream: { http: "Pushed to {url}", mqtt: "By MQTT to {url}" },
};
