import { createProgrammeSheet, type ProgrammeSheet } from "../../src/act/programme-sheet.ts";
import { ofSpeaker } from "../../src/act/voice.ts";
import type { Ledger } from "../../src/core/event.ts";
import { type HornLimits, USUAL_LIMITS } from "../../src/core/horn-limits.ts";
import type { Programme, WrittenProgramme } from "../../src/core/programme.ts";
import type { Clock } from "../../src/core/time.ts";
import { readingVoice } from "./speech-double.ts";

export interface SheetOfTest {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, "append">;
  readonly programmes: readonly Programme[];
  readonly written?: readonly WrittenProgramme[];
  readonly speakers?: readonly string[];
  readonly limits?: HornLimits;
  readonly clipOf?: Parameters<typeof createProgrammeSheet>[0]["clipOf"];
}

/** The real sheet in Shanghai, on speakers that can say everything but what is unreadable. */
export function createTestSheet(site: SheetOfTest): ProgrammeSheet {
  const { clock, ledger, programmes, written = [], speakers = ["square"], limits = USUAL_LIMITS } = site;
  const { clipOf = async () => undefined } = site;
  const outlets = new Map(speakers.map((id) => [id, { voice: ofSpeaker(readingVoice, id) }]));
  return createProgrammeSheet(
    { clock, ledger, limits, outlets, clipOf, timezone: "Asia/Shanghai" },
    programmes,
    written,
  );
}
