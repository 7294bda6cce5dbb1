import type { AlarmView, VillageState } from "../../../core/village.ts";

/** What somebody is about to say. */
export interface SpeakDraft {
  text: string;
  /** Null until somebody chose: then it is every horn. */
  speakers: readonly string[] | null;
  repeat: number;
  volume: "low" | "middle" | "high";
  alarm: { id: string; seq: number } | undefined;
  emergency: boolean;
  /** Why it is one. */
  reason: string;
  confirmed: boolean;
  /** What the page put in: as long as nobody has changed it, it is nobody's words. */
  prepared: { text: string; speakers: readonly string[] | null };
}

/** Why somebody goes to speak: an alarm, or a place without one. */
export interface Occasion {
  readonly alarm?: SpeakDraft["alarm"];
  readonly text?: string | undefined;
  /** None where none is known to be meant. */
  readonly speakers: readonly string[];
}

const NO_EMERGENCY = { emergency: false, reason: "", confirmed: false };

export function blankDraft(): SpeakDraft {
  return {
    ...{ text: "", speakers: null, repeat: 2, volume: "middle", alarm: undefined },
    ...NO_EMERGENCY,
    prepared: { text: "", speakers: null },
  };
}

/** What the alarm's own rule would say next, on its own horns. */
export function occasionOf(
  alarm: AlarmView,
  { rules, speakers }: Pick<VillageState, "rules" | "speakers">,
): Occasion {
  const rule = rules.find(({ id }) => id === alarm.rule);
  const saying = rule?.escalate.find(({ text }) => text !== undefined) ?? rule?.say[0];
  const known = new Set(speakers.map(({ speaker }) => speaker));
  return {
    alarm: { id: alarm.id, seq: alarm.seq },
    text: saying?.text,
    speakers: saying?.speakers?.filter((id) => known.has(id)) ?? [],
  };
}

/** What changes once somebody goes to speak: nothing of another alarm's words, horns and emergency may be heard in this one's name. */
export function preparedFor(
  draft: SpeakDraft,
  { alarm, text = "", speakers }: Occasion,
): Partial<SpeakDraft> {
  const { prepared } = draft;
  const isOwnText = draft.text.trim() !== "" && draft.text !== prepared.text;
  const isOwnChoice = String(draft.speakers) !== String(prepared.speakers);
  const next = speakers.length === 0 ? null : speakers;
  return {
    alarm,
    ...(isOwnText ? {} : { text }),
    ...(next === null && isOwnChoice ? {} : { speakers: next }),
    ...(draft.alarm?.id === alarm?.id ? {} : NO_EMERGENCY),
    prepared: { text, speakers: next },
  };
}

/**
 * What changes once it was said by voice: what comes next is no emergency, and about no alarm, unless somebody says so again.
 * @param alarm for which it was; of what somebody has prepared for another meanwhile nothing was said.
 */
export function afterTalk(draft: SpeakDraft, alarm: string | undefined): Partial<SpeakDraft> {
  return draft.alarm?.id === alarm ? { alarm: undefined, ...NO_EMERGENCY } : {};
}

/**
 * What changes once it was said in writing. Words that were corrected meanwhile stay, and for the same alarm; but nobody has
 * confirmed them as an emergency.
 */
export function afterWords(draft: SpeakDraft, sent: Pick<SpeakDraft, "text" | "alarm">): Partial<SpeakDraft> {
  if (draft.alarm?.id !== sent.alarm?.id) return {};
  return draft.text === sent.text ? { text: "", alarm: undefined, ...NO_EMERGENCY } : NO_EMERGENCY;
}
