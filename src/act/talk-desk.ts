import type { BroadcastOutcome, BroadcastSource, SpeakerState } from "../core/broadcast.ts";
import { GatewayError } from "../core/errors.ts";
import type { EventDraft, Ledger, LedgerEvent } from "../core/event.ts";
import {
  LONGEST_PIECE_MS,
  type Talk,
  type TalkDesk,
  type Talker,
  type TalkOnSpeaker,
  type TalkPhase,
  type TalkRequest,
} from "../core/live-voice.ts";
import type { Signal } from "../core/signals.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { Village } from "../core/village.ts";
import type { LiveVoices } from "./live-voices.ts";

/** One a speaker is enough; more would only wait. */
const MOST_TALKS = 8;
/** A talker that gives nothing for so long is gone: the amplifier must not stay on for nobody. */
export const STALLED_MS = 3000;
/** Longer is no announcement any more; each speaker's own longest time on is mostly shorter. */
export const LONGEST_TALK_MS = 600_000;
/** Ahead of real time by so much is no voice: a stalled line gives at most what it held back, `STALLED_MS`. */
const MOST_AHEAD_MS = STALLED_MS + 1000;
/** What is on its way is heard to its end; then speakers that never opened are let go. */
const PLAY_OUT_MS = 600;
/** After the last speaker has ended: time to learn who cut it off. */
const LINGER_MS = 150;

interface Channel {
  readonly speaker: { readonly id: string };
  readonly outcomes: Signal<BroadcastOutcome>;
  readonly changes: Signal<SpeakerState>;
  state(): SpeakerState;
}

export interface TalkDeskDependencies {
  readonly voices: LiveVoices;
  readonly channels: readonly Channel[];
  /** The one road to the horns. */
  readonly village: () => Pick<Village, "say" | "silence" | "state">;
  /** Tells also of what was refused before it came to a channel. */
  readonly ledger: Pick<Ledger, "onAppend">;
  readonly clock: Clock;
  readonly record: (draft: EventDraft) => void;
}

/** Voices of people on their way to the horns: from the first piece to the last, and what the talker is told of it. */
export function createTalkDesk(dependencies: TalkDeskDependencies): TalkDesk {
  const talks = new Set<object>();
  let count = 0;
  return {
    count: () => talks.size,
    async begin(request, talker) {
      if (talks.size >= MOST_TALKS) {
        throw new GatewayError("too many people speak already", { code: "live.full", kind: "transient" });
      }
      const place = {};
      talks.add(place);
      count += 1;
      const session = `${request.order.id}#${count}`;
      const talk = startTalk(dependencies, request, session, talker, () => talks.delete(place));
      try {
        await talk.order();
      } catch (error) {
        talk.abandon();
        throw error;
      }
      return talk;
    },
  };
}

type Line = { -readonly [key in keyof TalkOnSpeaker]: TalkOnSpeaker[key] };

function startTalk(
  { voices, channels, village, ledger, clock, record }: TalkDeskDependencies,
  { order, rateHz }: TalkRequest,
  session: string,
  talker: Talker,
  onOver: () => void,
): Talk & { order(): Promise<void>; abandon(): void } {
  const { id, source } = order;
  const incoming = voices.open(session, rateHz);
  const { groups = [] } = village().state().horns ?? {};
  const wanted = order.speakers.flatMap((one) => groups.find((group) => group.id === one)?.speakers ?? [one]);
  const mine = channels.filter(({ speaker }) => wanted.includes(speaker.id));
  const lines = new Map<string, Line>(
    mine.map(({ speaker }) => [speaker.id, { speaker: speaker.id, phase: "waiting" }]),
  );
  const startedMs = clock.now().monotonicMs;
  const stops: (() => void)[] = [];
  const heard = { ms: 0, lastMs: startedMs };
  let endCode: string | undefined;
  let isOver = false;
  let timer: Timer | undefined;

  const nowMs = (): number => clock.now().monotonicMs;
  const tell = (): void => talker.onChange([...lines.values()].map((line) => ({ ...line })));

  function follow(state: SpeakerState): void {
    const line = lines.get(state.speaker);
    if (!line || isOver) return;
    const here = state.order?.id === id;
    const by = state.order && !here ? state.order.source : undefined;
    if (line.phase === "ended") {
      // Whoever sounds next is who cut it off.
      if (line.result !== "preempted" || line.by || !by) return;
      line.by = by;
    } else {
      const phase: TalkPhase = !here ? "waiting" : line.phase === "open" ? "open" : "settling";
      if (phase === line.phase && sameSource(by, line.by)) return;
      line.phase = phase;
      line.by = by;
    }
    tell();
  }

  /** May be told twice: by the channel, and by the ledger. */
  function onOutcome({ broadcast, speaker, result, reason, by }: BroadcastOutcome): void {
    const line = lines.get(speaker);
    if (broadcast !== id || !line || line.phase === "ended" || isOver) return;
    Object.assign(line, { phase: "ended", by, result, reason });
    tell();
    if ([...lines.values()].every(({ phase }) => phase === "ended")) {
      end(codeOf([...lines.values()]));
      arm(LINGER_MS, finish);
    }
  }

  function onEvent({ type, data }: LedgerEvent): void {
    if (type !== "org.cunshao.broadcast.finished" || data["broadcast"] !== id) return;
    const { speaker, result, reason, by } = data as Partial<BroadcastOutcome>;
    if (speaker !== undefined && result !== undefined)
      onOutcome({ broadcast: id, speaker, result, reason, by });
  }

  function arm(delayMs: number, run: () => void): void {
    timer?.cancel();
    timer = clock.after(delayMs, run);
  }

  /** Nobody may keep an amplifier on who says nothing, or for ever. */
  function watch(): void {
    const silentMs = nowMs() - heard.lastMs;
    const leftMs = startedMs + LONGEST_TALK_MS - nowMs();
    if (silentMs >= STALLED_MS) end("live.stalled");
    else if (leftMs <= 0) end("live.too_long");
    else arm(Math.min(STALLED_MS - silentMs, leftMs), watch);
  }

  function end(code: string): void {
    if (endCode !== undefined) return;
    endCode = code;
    incoming.end();
    const phases = [...lines.values()].map(({ phase }) => phase);
    // Where nothing sounds there is nothing to play out.
    arm(phases.includes("open") ? PLAY_OUT_MS : 0, sweep);
  }

  function sweep(): void {
    if ([...lines.values()].every(({ phase }) => phase === "ended")) {
      finish();
      return;
    }
    // Each speaker answers with its outcome; the one that does not must not hold the talk for ever.
    arm(PLAY_OUT_MS, finish);
    void village()
      .silence(id, source)
      .catch(() => finish());
  }

  function finish(): void {
    if (isOver) return;
    isOver = true;
    release();
    record({
      type: "org.cunshao.talk.ended",
      class: "audit",
      subject: id,
      data: {
        broadcast: id,
        by: source,
        reason: endCode ?? "live.done",
        seconds: Math.round((nowMs() - startedMs) / 100) / 10,
        speakers: [...lines.keys()],
      },
    });
    talker.onEnd(endCode ?? "live.done");
  }

  function release(): void {
    timer?.cancel();
    for (const stop of stops) stop();
    incoming.end();
    onOver();
  }

  return {
    async order() {
      stops.push(
        incoming.opened.on((speaker) => {
          const line = lines.get(speaker);
          if (!line || line.phase === "ended") return;
          line.phase = "open";
          line.by = undefined;
          tell();
        }),
        ledger.onAppend(onEvent),
        ...mine.flatMap(({ changes, outcomes }) => [changes.on(follow), outcomes.on(onOutcome)]),
      );
      tell();
      const content = { kind: "live", session } as const;
      await village().say({ ...order, content, repeat: 1, whenPreempted: "drop" });
      for (const { state } of mine) follow(state());
      if (endCode === undefined) watch();
    },
    abandon() {
      isOver = true;
      release();
    },
    hear(samples) {
      if (endCode !== undefined) return;
      const lengthMs = (samples.length * 1000) / rateHz;
      heard.ms += lengthMs;
      heard.lastMs = nowMs();
      if (lengthMs > LONGEST_PIECE_MS) end("live.bad_frame");
      else if (heard.ms > nowMs() - startedMs + MOST_AHEAD_MS) end("live.too_fast");
      else incoming.hear(samples);
    },
    end,
  };
}

/** Why a talk is over whose speakers have all ended by themselves. */
function codeOf(lines: readonly Line[]): string {
  const of = (result: string): Line | undefined => lines.find((line) => line.result === result);
  const wrong = of("refused") ?? of("failed");
  if (of("preempted")) return "live.preempted";
  return wrong?.reason ?? (of("stopped") ? "live.stopped" : "live.done");
}

function sameSource(one: BroadcastSource | undefined, other: BroadcastSource | undefined): boolean {
  return one?.kind === other?.kind && one?.name === other?.name;
}
