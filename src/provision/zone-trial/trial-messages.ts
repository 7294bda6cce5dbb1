import type { ModelSetting } from "../../core/detector.ts";
import type { RecordedSpan, Segment } from "../../core/recordings.ts";
import type { Line, Rule, Site, Zone } from "../../core/site.ts";
import type { TrialAlarm, TrialSeen, Tried } from "../../core/zone-trial.ts";

// What passes between the gateway and the program that does a dry run: one question, many answers.

export interface TrialQuestion {
  /** How far behind others for the processor, 0 to 19: see setpriority(2). */
  readonly niceness: number;
  readonly camera: string;
  /** All of the camera, because a rule may watch the way from one to another; the tried one as it is drawn. */
  readonly zones: readonly Pick<Zone, "id" | "polygon">[];
  readonly lines: readonly Line[];
  readonly tried: Tried;
  readonly rules: readonly Rule[];
  readonly segments: readonly Pick<Segment, "path" | "startMs" | "endMs" | "clock">[];
  /** In the order of time, none touching another. */
  readonly stretches: readonly RecordedSpan[];
  /** Absent where movement alone is watched. */
  readonly model?: ModelSetting | undefined;
  readonly site: Pick<Site, "timezone" | "location">;
}

export type TrialAnswer =
  | { readonly kind: "began"; readonly detector: string }
  | { readonly kind: "progress"; readonly lookedAtSeconds: number; readonly seen: TrialSeen }
  | {
      readonly kind: "alarm";
      readonly alarm: Pick<TrialAlarm, "rule" | "atMs" | "boxes">;
      /** A JPEG; absent where none could be made. */
      readonly picture?: Uint8Array | undefined;
    }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string };
