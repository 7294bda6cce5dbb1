import { createSpeakerChannel } from "../../../src/act/speaker-channel.ts";
import type { BroadcastOrder, BroadcastOutcome } from "../../../src/core/broadcast.ts";
import type { Player, Relay } from "../../../src/core/devices.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Speaker } from "../../../src/core/site.ts";
import type { Clock } from "../../../src/core/time.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";

export const SPEAKER: Speaker = {
  id: "pond",
  name: "东塘喇叭",
  audio: { kind: "alsa", device: "default" },
  settleMs: 800,
  holdMs: 300,
  maxOnSeconds: 60,
};

export function order(id: string, change: Partial<BroadcastOrder> = {}): BroadcastOrder {
  return {
    id,
    source: { kind: "rule", name: "pond-bank" },
    priority: "rule",
    speakers: ["pond"],
    content: { kind: "text", text: id },
    repeat: 1,
    volume: 80,
    ...change,
  };
}

/** Every call of a device with when it came, as `800 play warning 80`. */
export type Journal = string[];

export function noAnswer(): GatewayError {
  return new GatewayError("No answer", { code: "serial.timeout", kind: "transient" });
}

export interface FakeRelay extends Relay {
  /** Orders that fail from now on. */
  failing: { on: boolean; off: boolean };
  /** How long an order takes. */
  delayMs: number;
  isOn: boolean;
  /** Longest unbroken time on so far. */
  longestOnMs(): number;
}

export function createFakeRelay(clock: Clock, journal: Journal): FakeRelay {
  const nowMs = (): number => clock.now().monotonicMs;
  let onSinceMs: number | undefined;
  let longestMs = 0;
  let closed = false;
  const measure = (): number => {
    if (onSinceMs !== undefined) longestMs = Math.max(longestMs, nowMs() - onSinceMs);
    return longestMs;
  };
  const relay: FakeRelay = {
    failing: { on: false, off: false },
    delayMs: 0,
    isOn: false,
    longestOnMs: measure,
    async switch(on) {
      journal.push(`${nowMs()} relay ${on ? "on" : "off"}`);
      if (closed) throw new GatewayError("Closed", { code: "gpio.failed", kind: "transient" });
      if (relay.delayMs > 0) await clock.sleep(relay.delayMs);
      if (on ? relay.failing.on : relay.failing.off) throw noAnswer();
      measure();
      onSinceMs = on ? (onSinceMs ?? nowMs()) : undefined;
      relay.isOn = on;
    },
    readBack: async () => relay.isOn,
    async close() {
      journal.push(`${nowMs()} relay closed`);
      closed = true;
      measure();
      onSinceMs = undefined;
      relay.isOn = false;
    },
  };
  return relay;
}

export interface FakePlayer extends Player {
  failing: unknown;
  /** Goes on although it was told to stop. */
  deaf: boolean;
}

/** Plays each sound for its length; the path of a sound is its text. */
export function createFakePlayer(clock: Clock, journal: Journal): FakePlayer {
  const player: FakePlayer = {
    failing: undefined,
    deaf: false,
    async play(sound, { volume, signal, onSound }) {
      if (signal.aborted) return;
      journal.push(`${clock.now().monotonicMs} play ${sound.path} ${volume}`);
      if (player.failing) throw player.failing;
      onSound();
      try {
        await clock.sleep(sound.durationMs, player.deaf ? undefined : signal);
      } catch {
        journal.push(`${clock.now().monotonicMs} cut ${sound.path}`);
      }
    },
  };
  return player;
}

export interface ChannelRig {
  readonly clock: ManualClock;
  readonly journal: Journal;
  readonly relay: FakeRelay;
  readonly player: FakePlayer;
  readonly channel: ReturnType<typeof createSpeakerChannel>;
  readonly outcomes: BroadcastOutcome[];
  /** Outcomes as `warning played`, `drill refused speaker.busy`. */
  results(): string[];
  say(order: BroadcastOrder, durationMs?: number): void;
}

/** A started channel with its relay and its player; the journal begins after the start. */
export async function createChannelRig(change: Partial<Speaker> = {}): Promise<ChannelRig> {
  const clock = createManualClock();
  const journal: Journal = [];
  const relay = createFakeRelay(clock, journal);
  const player = createFakePlayer(clock, journal);
  const channel = createSpeakerChannel({ clock, log: silentLogger }, { ...SPEAKER, ...change }, relay);
  const outcomes: BroadcastOutcome[] = [];
  channel.outcomes.on((outcome) => outcomes.push(outcome));
  await channel.start();
  journal.length = 0;
  return {
    clock,
    journal,
    relay,
    player,
    channel,
    outcomes,
    results: () =>
      outcomes.map(({ broadcast, result, reason }) => `${broadcast} ${result}${reason ? ` ${reason}` : ""}`),
    say(what, durationMs = 2000) {
      const sound = { path: what.id, durationMs };
      channel.submit({ order: what, say: (options) => player.play(sound, options) });
    },
  };
}
