import type { LedgerEvent } from "../../../core/event.ts";
import type { VillageState } from "../../../core/village.ts";
import { isRecord, nameIn, pick, type Speech, sourceOf, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

type Named = Pick<VillageState, "speakers">;
type Teller = (event: LedgerEvent, named: Named, speech: Speech) => Phrase;

/** Of a broadcast that was played: whether somebody or something heard it. */
export function heardKey(
  data: LedgerEvent["data"],
  keys: Readonly<Record<"heard" | "not-heard" | "unknown", string>>,
): string {
  return pick(keys, data["heard"]) ?? keys.unknown;
}

/** What the ledger tells of horns that were not heard, and of drills. */
export const hearingTellers: Readonly<Record<string, Teller>> = {
  "speaker.silent.raised": (event, named) =>
    phrase("event.speakerSilent", { speaker: speakerOf(event, named) }),
  "speaker.silent.cleared": (event, named) =>
    phrase("event.speakerHeardAgain", { speaker: speakerOf(event, named) }),
  "drill.finished": tellDrill,
  "drill.ordered": ({ data }, _named, speech) =>
    phrase("event.drillOrdered", { by: sourceOf(data["by"], speech), address: textOf(data["address"]) }),
};

function tellDrill(event: LedgerEvent, named: Named, speech: Speech): Phrase {
  const keys = {
    passed: "event.drillPassed",
    unproven: "event.drillUnproven",
    failed: "event.drillFailed",
    "not-held": "event.drillNotHeld",
  };
  const { score, result, reason } = event.data;
  return phrase(pick(keys, result) ?? "event.drillNotHeld", {
    speaker: speakerOf(event, named),
    passed: isRecord(score) ? Number(score["passed"]) : 0,
    of: isRecord(score) ? Number(score["of"]) : 0,
    reason: speech.reason(textOf(reason)),
  });
}

function speakerOf({ data }: LedgerEvent, { speakers }: Named): string {
  return nameIn(
    speakers.map(({ speaker: id, name }) => ({ id, name })),
    data["speaker"],
  );
}
