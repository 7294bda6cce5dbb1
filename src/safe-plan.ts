// Composes what switching everything off needs, and no more: for the guard, which is to stay small, and for `cunshao safe`.
import { makeOutputsSafe } from "./act/safe-outputs.ts";
import type { Gpio } from "./core/devices.ts";
import { errorCode } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import type { PowerWiring } from "./core/output-wiring.ts";
import type { ProfileCatalogue } from "./core/profiles.ts";
import type { Bus, Speaker, Switch } from "./core/site.ts";
import { type Clock, within } from "./core/time.ts";
import type { SafePlan } from "./guard/signs.ts";

const CLOSE_WITHIN_MS = 1000;

interface Outputs {
  readonly speakers: readonly Speaker[];
  readonly switches: readonly Switch[];
  readonly buses: readonly Bus[];
}

export function safePlan({ speakers, switches, buses }: Outputs, profiles: ProfileCatalogue): SafePlan {
  const limited = [...speakers, ...switches];
  return {
    speakers: speakers.map(({ id, power, audio }) => {
      const isOnItsOwn = power === undefined && audio.kind === "module";
      return { id, power, ...(isOnItsOwn && { module: audio.module }) };
    }),
    switches: switches.map(({ id, relay }) => ({ id, relay })),
    buses,
    relayProfiles: [...profiles.relays.values()],
    amplifierProfiles: [...profiles.amplifiers.values()],
    voiceModuleProfiles: [...profiles.voiceModules.values()],
    maxOnMs: Object.fromEntries(limited.map(({ id, maxOnSeconds }) => [id, maxOnSeconds * 1000])),
  };
}

/** Loads the drivers that a plan needs. */
export async function loadDrivers(plan: SafePlan): Promise<void> {
  if (usesSerial(plan)) await serialDrivers();
  if (usesModbus(plan)) await modbusDrivers();
}

/** @returns the outputs whose relay did not take the order. */
export async function carryOut(
  plan: SafePlan,
  {
    gpio,
    clock,
    random,
    log,
  }: {
    readonly gpio: Gpio;
    readonly clock: Clock;
    readonly random: () => number;
    readonly log: Logger;
  },
): Promise<string[]> {
  const relays = new Map(plan.relayProfiles.map((profile) => [profile.id, profile]));
  const amplifiers = new Map(plan.amplifierProfiles.map((profile) => [profile.id, profile]));
  const voiceModules = new Map(plan.voiceModuleProfiles.map((profile) => [profile.id, profile]));
  const profiles = { relays, amplifiers, voiceModules };
  // New ones each time: a port that did not open is tried at once, not after a pause that grows.
  const devices = { buses: plan.buses, profiles, clock, random, log };
  const serial = usesSerial(plan) ? (await serialDrivers()).createSerialDevices(devices) : undefined;
  const modbus = usesModbus(plan) ? (await modbusDrivers()).createModbusBuses(devices) : undefined;
  try {
    return await makeOutputsSafe({ gpio, serial, modbus, clock, log }, plan);
  } finally {
    // A port that does not even close must not keep the next attempt waiting.
    const closed = Promise.all([serial?.stop(), modbus?.stop()]);
    await within(clock, CLOSE_WITHIN_MS, "closing the ports", closed).catch((error: unknown) =>
      log.warn({ code: errorCode(error) }, "ports were left open"),
    );
  }
}

function wiringsOf({ speakers, switches }: SafePlan): PowerWiring[] {
  return [...speakers.flatMap(({ power }) => power ?? []), ...switches.map(({ relay }) => relay)];
}

function usesSerial(plan: SafePlan): boolean {
  if (plan.speakers.some(({ module }) => module)) return true;
  return wiringsOf(plan).some((wiring) => "serial" in wiring || "amplifier" in wiring);
}

function usesModbus(plan: SafePlan): boolean {
  return wiringsOf(plan).some((wiring) => "modbus" in wiring);
}

/** Loaded only where a relay hangs on such a line: the packages cost memory. */
function serialDrivers() {
  return import("./drivers/serial/serial-devices.ts");
}

function modbusDrivers() {
  return import("./drivers/modbus/modbus-buses.ts");
}
