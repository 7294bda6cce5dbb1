import type { BroadcastOrder, BroadcastOutcome, BroadcastSource, SpeakerState } from "../core/broadcast.ts";
import { type DrillPlan, type DrillRecord, type DrillStep, resultOf } from "../core/drill.ts";
import { errorCode, isAbort } from "../core/errors.ts";
import type { Proof } from "../core/hearing.ts";
import type { Speaker } from "../core/site.ts";
import { type Clock, isoTime, within } from "../core/time.ts";
import type { HearingDesk } from "./hearing-desk.ts";
import type { SpeakerChannel } from "./speaker-channel.ts";

/** A drill that has not had its turn by then is given up: it is the last of all. */
const TURN_MS = 10 * 60_000;
/** From the last word until the relay is off, beyond what the speaker is to hold. */
const OFF_MS = 5000;

export type DrillOrder = Pick<DrillPlan, "text" | "volume"> & {
  readonly id: string;
  readonly by: BroadcastSource;
};

/** What a drill needs of the world. */
export interface DrillRoad {
  readonly clock: Clock;
  /** The one road to the horns. Throws where it refuses. */
  readonly say: (order: BroadcastOrder) => Promise<void>;
  readonly silence: (broadcast: string) => boolean;
  readonly hearing: Pick<HearingDesk, "proofs">;
}

/** When a broadcast went through which phase; monotonic. */
interface Times {
  settlingMs?: number;
  playingMs?: number;
  /** It was over; the amplifier is held a little longer. */
  endedMs?: number;
  idleMs?: number;
  /** Something else was heard at once: the amplifier stayed on. */
  goesOn?: boolean;
  fault?: string | undefined;
}

/**
 * One drill on one speaker, by the one road to the horns: what is more important goes first, and every guard holds.
 * Rejects with an AbortError when `signal` aborts, with nothing said.
 */
export async function holdDrill(
  { clock, say, silence, hearing }: DrillRoad,
  { id, text, volume, by }: DrillOrder,
  { speaker, changes }: Pick<SpeakerChannel, "speaker" | "changes">,
  signal: AbortSignal,
): Promise<DrillRecord> {
  const startedAt = isoTime(clock.now().wallMs);
  const times: Times = {};
  const watched = watch(changes, clock, id, times);
  let stopHearing = (): void => {};
  const ended = new Promise<BroadcastOutcome & { readonly proof: Proof }>((resolve) => {
    stopHearing = hearing.proofs.on((outcome) => {
      if (outcome.broadcast === id && outcome.speaker === speaker.id) resolve(outcome);
    });
  });
  const common = { id, speaker: speaker.id, startedAt, by, volume, text };
  const notHeld = (reason: string): DrillRecord => ({
    ...common,
    result: "not-held",
    reason,
    score: { passed: 0, of: 0 },
    steps: [],
  });
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      silence(id);
      reject(signal.reason);
    };
  });
  // Nobody may be waiting for it yet.
  aborted.catch(() => {});
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    const source = { kind: "drill", name: by.name } as const;
    const content = { kind: "text", text } as const;
    await say({ id, source, priority: "drill", speakers: [speaker.id], content, repeat: 1, volume });
    const outcome = await Promise.race([within(clock, TURN_MS, "the drill", ended), aborted]);
    if (outcome.result === "refused") return notHeld(outcome.reason ?? "drill.no_turn");
    if (outcome.result !== "played" && outcome.result !== "failed") {
      return notHeld(outcome.result === "preempted" ? "drill.preempted" : "drill.stopped");
    }
    await Promise.race([clock.sleep(speaker.holdMs + OFF_MS, signal), watched.isOff]);
    const steps = stepsOf(speaker, times, outcome);
    const counted = steps.filter(({ result }) => result !== "skipped");
    const passed = counted.filter(({ result }) => result === "passed").length;
    return { ...common, result: resultOf(steps), score: { passed, of: counted.length }, steps };
  } catch (error) {
    if (isAbort(error)) throw error;
    silence(id);
    return notHeld(errorCode(error) === "time.out" ? "drill.no_turn" : errorCode(error));
  } finally {
    signal.removeEventListener("abort", onAbort);
    stopHearing();
    watched.stop();
  }
}

function watch(changes: SpeakerChannel["changes"], clock: Clock, id: string, times: Times) {
  let setOff = (): void => {};
  const isOff = new Promise<void>((resolve) => {
    setOff = resolve;
  });
  const stop = changes.on(({ phase, order, fault }: SpeakerState) => {
    const nowMs = clock.now().monotonicMs;
    if (order?.id === id) {
      if (phase === "settling") times.settlingMs ??= nowMs;
      if (phase === "playing") times.playingMs ??= nowMs;
      return;
    }
    if (times.settlingMs !== undefined) times.endedMs ??= nowMs;
    if (times.settlingMs === undefined || times.idleMs !== undefined) return;
    if (phase === "idle") {
      times.idleMs = nowMs;
      times.fault = fault;
      setOff();
    } else if (order) {
      times.goesOn = true;
      setOff();
    }
  });
  return { isOff, stop };
}

function stepsOf(
  { power, settleMs, proof: means }: Speaker,
  times: Times,
  { result, reason, soundedAt, proof }: BroadcastOutcome & { readonly proof: Proof },
): DrillStep[] {
  const { settlingMs, playingMs } = times;
  const onMs = settlingMs !== undefined && playingMs !== undefined ? playingMs - settlingMs : undefined;
  const why = reason === undefined ? {} : { reason };
  const isOn = onMs !== undefined;
  const relay: DrillStep[] = power
    ? [
        isOn
          ? { step: "relay", result: "passed", tookMs: Math.max(0, Math.round(onMs - settleMs)) }
          : { step: "relay", result: "failed", ...why },
        isOn ? { step: "settle", result: "passed", tookMs: settleMs } : { step: "settle", result: "skipped" },
      ]
    : [
        { step: "relay", result: "skipped" },
        { step: "settle", result: "skipped" },
      ];
  const hasSounded = soundedAt !== undefined && result === "played";
  const sound: DrillStep = hasSounded
    ? {
        step: "sound",
        result: "passed",
        tookMs: Math.max(0, Math.round(soundedAt.monotonicMs - (playingMs ?? soundedAt.monotonicMs))),
      }
    : { step: "sound", result: isOn || !power ? "failed" : "skipped", ...(isOn || !power ? why : {}) };
  return [
    ...relay,
    sound,
    heardStep(proof, soundedAt !== undefined, means !== undefined),
    offStep(times, power !== undefined),
  ];
}

function heardStep({ heard, reason, delayMs }: Proof, sounded: boolean, hasMeans: boolean): DrillStep {
  if (!sounded) return { step: "heard", result: "skipped" };
  const results = { heard: "passed", "not-heard": "failed", unknown: "unknown" } as const;
  return {
    step: "heard",
    result: results[heard],
    ...(heard === "heard" && delayMs !== undefined && { tookMs: Math.max(0, delayMs) }),
    ...(heard !== "heard" && { reason: hasMeans ? reason : "hearing.no_means" }),
  };
}

function offStep({ settlingMs, endedMs = 0, idleMs, goesOn, fault }: Times, hasRelay: boolean): DrillStep {
  if (!hasRelay || settlingMs === undefined || goesOn) return { step: "off", result: "skipped" };
  if (idleMs === undefined) return { step: "off", result: "failed", reason: "drill.not_off" };
  if (fault === undefined) return { step: "off", result: "passed", tookMs: Math.round(idleMs - endedMs) };
  return { step: "off", result: "failed", reason: fault };
}
