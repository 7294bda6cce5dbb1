import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Condition } from "../../hw/virtual/scene/trials/conditions.ts";
import type { Cutout } from "../../hw/virtual/scene/trials/cutouts.ts";
import { renderTrials, type TrialClip } from "../../hw/virtual/scene/trials/render-trials.ts";
import type { ClipResult, EvaluationResult } from "../../src/provision/evaluation/evaluate.ts";
import { cunshao } from "../support/cunshao-command.ts";

export interface TrialOptions {
  readonly seed: number;
  readonly condition: Condition;
  readonly emptySeconds: number;
  readonly walks: number;
  readonly people: readonly (readonly Cutout[])[];
  /** As for `cunshao evaluate`: the model that comes with the program unless given. */
  readonly detector?: string;
  /** Where the clips stay; a folder that goes at the end unless given. */
  readonly keep?: string | undefined;
}

/** A clip as it was drawn and as it was judged. */
export interface TriedClip extends TrialClip {
  readonly result: ClipResult;
}

export interface Trial {
  readonly detector: string;
  readonly clips: readonly TriedClip[];
}

/** Renders one condition and puts the built `cunshao evaluate` to it. */
export async function tryCondition({ keep, detector = "people", ...plan }: TrialOptions): Promise<Trial> {
  const folder = keep ? join(keep, plan.condition.name) : mkdtempSync(join(tmpdir(), "cunshao-trials-"));
  try {
    const clips = await renderTrials({ folder, ...plan });
    const { code, stdout, stderr } = await cunshao([
      "evaluate",
      join(folder, "labels.json"),
      "--detector",
      detector,
      "--json",
    ]);
    if (code !== 0) throw new Error(`cunshao evaluate ended with ${code}: ${stderr.trim()}`);
    const evaluated = JSON.parse(stdout) as EvaluationResult;
    const tried = evaluated.clips.flatMap((result, index) => {
      const clip = clips[index];
      return clip ? [{ ...clip, result }] : [];
    });
    return { detector: evaluated.detector, clips: tried };
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
}
