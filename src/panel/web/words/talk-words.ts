import type { LedgerEvent } from "../../../core/event.ts";
import type { TalkOnSpeaker } from "../../../core/live-voice.ts";
import type { SpeakerView } from "../../../core/village.ts";
import { type Speech, sourceOf, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** How somebody's voice ended; what the horns did with it their own events tell. */
export function tellTalk({ data }: LedgerEvent, _named: unknown, speech: Speech): Phrase {
  return phrase("event.talkEnded", {
    by: sourceOf(data["by"], speech),
    seconds: Math.round(Number(data["seconds"] ?? 0)),
    reason: speech.reason(textOf(data["reason"])),
  });
}

export interface TalkLine {
  readonly phrase: Phrase;
  /** `open`: every word is heard. */
  readonly tone: "wait" | "open" | "care" | "calm";
}

/** How a talk ends that came to its end: somebody let go, another went before, or the longest time was up. */
const SAID = new Set(["live.done", "live.stopped", "live.preempted", "live.too_long", "speaker.max_on"]);

/** Whether somebody was heard on one of these until it was over. Who let go before any horn was on has said nothing yet. */
export function isSaid(code: string | undefined, wasHeard: boolean): boolean {
  return wasHeard && code !== undefined && SAID.has(code);
}

export function isHeard(speakers: readonly TalkOnSpeaker[]): boolean {
  return speakers.some(({ phase }) => phase === "open");
}

/** How a talk ended that the horns did not end by themselves. */
export function endedLine(code: string, wasHeard: boolean, speech: Speech): TalkLine {
  if (code === "live.done") {
    return wasHeard
      ? { phrase: phrase("talk.state.done"), tone: "calm" }
      : { phrase: phrase("talk.state.unheard"), tone: "care" };
  }
  if (code === "live.stopped") return { phrase: phrase("talk.state.stopped"), tone: "care" };
  return { phrase: phrase("talk.state.failed", { reason: speech.reason(code) }), tone: "care" };
}

/** How a talk stands, in one line; `join` puts names together. */
export function talkLine(
  speakers: readonly TalkOnSpeaker[],
  named: readonly Pick<SpeakerView, "speaker" | "name">[],
  speech: Speech,
  join: string,
): TalkLine {
  const names = (some: readonly TalkOnSpeaker[]): string =>
    some.map(({ speaker }) => named.find((one) => one.speaker === speaker)?.name ?? speaker).join(join);
  const open = speakers.filter(({ phase }) => phase === "open");
  const coming = speakers.filter(({ phase }) => phase === "settling" || phase === "waiting");
  const cutOff = speakers.find(({ result }) => result === "preempted");
  if (open.length > 0) {
    return coming.length > 0
      ? { phrase: phrase("talk.state.partly", { speakers: names(coming) }), tone: "open" }
      : { phrase: phrase("talk.state.open"), tone: "open" };
  }
  if (speakers.some(({ phase }) => phase === "settling")) {
    return { phrase: phrase("talk.state.settling"), tone: "wait" };
  }
  if (coming.length > 0) {
    const ahead = coming.find((one) => one.by)?.by;
    return ahead
      ? { phrase: phrase("talk.state.waiting", { by: speech.source(ahead).trim() }), tone: "wait" }
      : { phrase: phrase("talk.state.connecting"), tone: "wait" };
  }
  if (!cutOff) return { phrase: phrase("talk.state.connecting"), tone: "wait" };
  return {
    phrase: cutOff.by
      ? phrase("talk.state.interrupted", { by: speech.source(cutOff.by).trim() })
      : phrase("talk.state.interruptedPlain"),
    tone: "care",
  };
}
