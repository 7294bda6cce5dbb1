import type { LedgerEvent } from "../../../core/event.ts";
import type { TalkOnSpeaker } from "../../../core/live-voice.ts";
import type { SpeakerView } from "../../../core/village.ts";
import type { Speech } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function by({ data }: LedgerEvent, speech: Speech): string {
  const source = data["by"] as Partial<{ kind: string; name: string }> | undefined;
  return speech.source({ kind: source?.kind ?? "person", name: source?.name ?? "" });
}

/** Events of voices, and of orders to speak. */
export const TALK_TELLERS = {
  "broadcast.ordered": ({ data }: LedgerEvent, _named: unknown, speech: Speech): Phrase =>
    phrase("event.broadcastOrdered", {
      by: speech.source({ kind: "person", name: nameOf(data["by"]) }),
      text: broadcastText(data, speech),
    }),
  "talk.ended": (event: LedgerEvent, _named: unknown, speech: Speech): Phrase =>
    phrase("event.talkEnded", {
      by: by(event, speech),
      seconds: Math.round(Number(event.data["seconds"] ?? 0)),
      reason: speech.reason(text(event.data["reason"])),
    }),
  "talk.refused": (event: LedgerEvent, _named: unknown, speech: Speech): Phrase =>
    phrase("event.talkRefused", {
      by: by(event, speech),
      reason: speech.reason(text(event.data["reason"])),
    }),
};

function nameOf(source: unknown): string {
  if (typeof source === "object" && source !== null && "name" in source) return text(source.name);
  return text(source);
}

/** What was said, or that it was a voice. */
export function broadcastText(data: LedgerEvent["data"], speech: Speech): string {
  return data["live"] === true ? speech.reason("live.voice") : text(data["text"]);
}

export interface TalkLine {
  readonly phrase: Phrase;
  /** `open`: every word is heard. */
  readonly tone: "wait" | "open" | "care" | "calm";
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
