import type { HornLimits } from "../core/horn-limits.ts";
import type { PowerWiring } from "../core/output-wiring.ts";
import type { ProfileCatalogue } from "../core/profiles.ts";
import type { AudioWiring, Bus, Sensor, Speaker } from "../core/site.ts";
import type { Upstream } from "../core/upstream-wiring.ts";
import type { QuieterHours, SpeakerWiring, WiringView } from "../core/wiring.ts";

export interface WiredSite {
  readonly buses: readonly Bus[];
  readonly speakers: readonly Speaker[];
  readonly sensors: readonly Sensor[];
  readonly upstreams: readonly Upstream[];
  readonly hornLimits: HornLimits;
}

type Models = Pick<ProfileCatalogue, "relays" | "amplifiers" | "voiceModules" | "sensors">;

/** How everything is wired, told for a technician who stands before it. */
export function wiringOf(
  { buses, speakers, sensors, upstreams, hornLimits }: WiredSite,
  models: Models,
): WiringView {
  const portOf = (bus: string): string => buses.find(({ id }) => id === bus)?.port ?? bus;
  return {
    speakers: speakers.map(({ id, power, audio, proof, settleMs, maxOnSeconds }) => ({
      speaker: id,
      power: powerOf(power, portOf, models),
      audio: audioOf(audio, portOf, models),
      proof: proofOf(proof),
      settleMs,
      maxOnSeconds,
      quieter: quieterOf(hornLimits, id),
    })),
    sensors: sensors.map(({ id, profile, bus, address, pollSeconds }) => ({
      sensor: id,
      model: models.sensors.get(profile)?.name ?? profile,
      port: portOf(bus),
      address,
      pollSeconds,
    })),
    upstreams: upstreams.map(({ id, kind, url }) => ({ upstream: id, kind, url })),
  };
}

function powerOf(
  power: PowerWiring | undefined,
  portOf: (bus: string) => string,
  { relays, amplifiers }: Models,
): SpeakerWiring["power"] {
  if (!power) return { kind: "none" };
  if ("gpio" in power) return { kind: "relay", line: power.gpio.line };
  if ("amplifier" in power) {
    const { profile, bus, address } = power.amplifier;
    const model = amplifiers.get(profile)?.name ?? profile;
    return { kind: "amplifier", model, port: portOf(bus), ...(address !== undefined && { address }) };
  }
  const board = "serial" in power ? power.serial : power.modbus;
  const { profile, bus, channel } = board;
  const address = "modbus" in power ? power.modbus.address : undefined;
  const model = relays.get(profile)?.name ?? profile;
  return { kind: "relay", model, port: portOf(bus), ...(address !== undefined && { address }), channel };
}

function audioOf(
  audio: AudioWiring,
  portOf: (bus: string) => string,
  { voiceModules }: Models,
): SpeakerWiring["audio"] {
  if (audio.kind === "alsa") return { kind: "alsa", port: audio.device };
  if (audio.kind === "rtp") return { kind: "rtp", port: `${audio.host}:${audio.port}`, model: audio.codec };
  const { bus, profile } = audio.module;
  return { kind: "module", model: voiceModules.get(profile)?.name ?? profile, port: portOf(bus) };
}

function proofOf(proof: Speaker["proof"]): SpeakerWiring["proof"] {
  if (!proof) return "none";
  if ("microphone" in proof) return "microphone";
  return "current" in proof ? "current" : "device";
}

function quieterOf({ quietHours, loudest }: HornLimits, speaker: string): QuieterHours[] {
  const silent = quietHours.map((hours) => ({ ...hours, volume: 0 }));
  return [...silent, ...loudest]
    .filter(({ speakers }) => speakers?.includes(speaker) ?? true)
    .map(({ fromMinute, toMinute, volume, classes }) => ({
      fromMinute,
      toMinute,
      volume,
      warnings: classes.includes("rule"),
    }));
}
