import type { SensorView } from "../../../core/village.ts";
import type { QuieterHours, SpeakerWiring, WiredAt } from "../../../core/wiring.ts";
import type { Tone } from "./overall.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { clockOf, durationPhrase } from "./rule-sentence.ts";

type Say = (phrase: Phrase) => string;

/** Model and place of something, as it is written on it. */
export function placeWords(at: WiredAt & { readonly model?: string | undefined }, say: Say): string {
  const { model, line, port, address, channel } = at;
  return [
    model,
    line === undefined ? undefined : say(phrase("wiring.line", { line })),
    port,
    address === undefined ? undefined : say(phrase("wiring.address", { address })),
    channel === undefined ? undefined : say(phrase("wiring.channel", { channel })),
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

/** What a speaker is made of and what it never does. */
export function speakerFacts(
  { power, audio, proof, maxOnSeconds, quieter }: SpeakerWiring,
  say: Say,
): Phrase[] {
  const isSwitched = power.kind !== "none";
  return [
    phrase(`wiring.power.${power.kind}`, { at: placeWords(power, say) }),
    phrase(`wiring.audio.${audio.kind}`, { at: placeWords(audio, say) }),
    phrase(`wiring.proof.${proof}`),
    ...(isSwitched ? [phrase("wiring.most", { time: say(durationPhrase(maxOnSeconds)) })] : []),
    ...quieter.map(quieterPhrase),
  ];
}

function quieterPhrase({ fromMinute, toMinute, volume, warnings }: QuieterHours): Phrase {
  const key = volume === 0 ? "wiring.silent" : "wiring.quieter";
  const hours = { from: clockOf(fromMinute), to: clockOf(toMinute), volume };
  return phrase(warnings ? key : `${key}ButWarnings`, hours);
}

/** A sensor's state in words, and what to do where something is wrong. */
export function sensorState({ at, quality }: Pick<SensorView, "at" | "quality">): {
  readonly tone: Tone;
  readonly words: Phrase;
  readonly hint?: Phrase;
} {
  if (at === undefined) return trouble("wiring.waiting");
  return quality === "good" ? { tone: "calm", words: phrase("wiring.good") } : trouble(`wiring.${quality}`);
}

function trouble(key: string) {
  return { tone: "care", words: phrase(key), hint: phrase(`${key}Hint`) } as const;
}
