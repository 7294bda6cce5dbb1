import type { BroadcastSource } from "../../src/core/broadcast.ts";
import { DRILL_STEPS, type DrillDesk, type DrillRecord, type DrillsView } from "../../src/core/drill.ts";
import { GatewayError } from "../../src/core/errors.ts";

/** Drills that begin and never end; `show` says what the page is told. */
export function createDrillsDouble(speakers: readonly string[] = []) {
  const begun: { readonly speakers: readonly string[]; readonly by: BroadcastSource }[] = [];
  let records: readonly DrillRecord[] = [];
  let view: DrillsView = {
    plan: { text: "试音", volume: 30 },
    speakers: speakers.map((speaker) => ({ speaker, running: false })),
  };
  const known = (named: readonly string[]): void => {
    if (named.every((id) => view.speakers.some(({ speaker }) => speaker === id))) return;
    throw new GatewayError("there is no such speaker", { code: "drill.no_such_speaker", kind: "permanent" });
  };
  const desk: DrillDesk = {
    view: () => view,
    async history(speaker) {
      known([speaker]);
      return records.filter((record) => record.speaker === speaker);
    },
    begin(named, by) {
      known(named);
      begun.push({ speakers: named, by });
      view = {
        ...view,
        speakers: view.speakers.map((one) => (named.includes(one.speaker) ? { ...one, running: true } : one)),
      };
    },
  };
  return {
    ...desk,
    begun,
    show(next: DrillsView, past: readonly DrillRecord[]): void {
      view = next;
      records = past;
    },
  };
}

/** A record in which every step passed unless `change` says otherwise. */
export function drillRecord(speaker: string, change: Partial<DrillRecord> = {}): DrillRecord {
  return {
    id: `drill-${speaker}`,
    speaker,
    startedAt: "2026-07-01T02:00:00.000Z",
    result: "passed",
    score: { passed: 5, of: 5 },
    steps: DRILL_STEPS.map((step) => ({ step, result: "passed", tookMs: 300 })),
    by: { kind: "person", name: "admin" },
    volume: 30,
    text: "这是喇叭试音，请不要惊慌",
    ...change,
  };
}
