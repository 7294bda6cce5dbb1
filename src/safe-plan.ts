// Composes what switching everything off needs, and no more: for the guard, which is to stay small, and for `cunshao safe`.
import { makeOutputsSafe } from "./act/safe-outputs.ts";
import type { Gpio } from "./core/devices.ts";
import { errorCode } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
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
    speakers: speakers.map(({ id, power }) => ({ id, power })),
    switches: switches.map(({ id, relay }) => ({ id, relay })),
    buses,
    relayProfiles: [...profiles.relays.values()],
    maxOnMs: Object.fromEntries(limited.map(({ id, maxOnSeconds }) => [id, maxOnSeconds * 1000])),
  };
}

/** Loads the drivers that a plan needs. */
export async function loadDrivers(plan: SafePlan): Promise<void> {
  if (usesSerial(plan)) await serialDrivers();
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
  const profiles = { relays, voiceModules: new Map() };
  // New ones each time: a port that did not open is tried at once, not after a pause that grows.
  const devices = { buses: plan.buses, profiles, clock, random, log };
  const serial = usesSerial(plan) ? (await serialDrivers()).createSerialDevices(devices) : undefined;
  try {
    return await makeOutputsSafe({ gpio, serial, clock, log }, plan);
  } finally {
    // A port that does not even close must not keep the next attempt waiting.
    await within(clock, CLOSE_WITHIN_MS, "closing the ports", serial?.stop() ?? Promise.resolve()).catch(
      (error: unknown) => log.warn({ code: errorCode(error) }, "ports were left open"),
    );
  }
}

function usesSerial({ speakers, switches }: SafePlan): boolean {
  const wirings = [...speakers.flatMap(({ power }) => power ?? []), ...switches.map(({ relay }) => relay)];
  return wirings.some((wiring) => "serial" in wiring);
}

/** Loaded only where a relay hangs on a serial line: the package costs memory. */
function serialDrivers() {
  return import("./drivers/serial/serial-devices.ts");
}
