import {
  CLIP_CAMERA,
  type ClipDetection,
  type ClipFacts,
  type ClipReader,
  type LabelledClip,
  type RuleReplay,
} from "../../core/clip.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Polygon } from "../../core/geometry.ts";
import type { GrayFormat } from "../../core/media.ts";
import type { Rule } from "../../core/site.ts";
import type { Moment } from "../../core/time.ts";
import { anybodyInZone, oneRule } from "./clip-rules.ts";
import { type Score, score, sum, type Tally, tally } from "./score.ts";

export interface EvaluationDependencies {
  readonly reader: ClipReader;
  /** The detection of one clip, with nothing of another in it. */
  readonly createDetection: (zone: Polygon) => ClipDetection;
  readonly createReplay: (rule: Rule) => RuleReplay;
  /** The pictures that the gateway analyses of a stream of this size. */
  readonly formatOf: (clip: ClipFacts) => GrayFormat;
  /** Called after each clip: long footage takes minutes. */
  readonly onClip?: (clip: ClipResult) => void;
}

export interface ClipResult extends Score {
  readonly file: string;
  readonly detector: string;
  readonly hard?: true;
}

export interface EvaluationResult extends Score {
  readonly detector: string;
  /** Of the clips marked so, which the totals leave out; absent where none is. */
  readonly hard?: Score;
  readonly clips: readonly ClipResult[];
}

/**
 * Runs the detection and the rules over labelled clips. Time is that of the pictures: the same clips give the same result,
 * as fast as the machine can.
 * @throws GatewayError `clip.*` with the clip's place in the labels; before any work where it can be seen before.
 */
export async function evaluate(
  dependencies: EvaluationDependencies,
  clips: readonly LabelledClip[],
): Promise<EvaluationResult> {
  const all: ClipFacts[] = [];
  for (const [index, clip] of clips.entries()) {
    const facts = await placed(index, dependencies.reader.examine(clip.path));
    const { durationSeconds } = facts;
    const late = [...clip.people, ...clip.ignore].find(([from]) => from >= durationSeconds);
    if (late) {
      const message = `clips[${index}]: [${late}] begins after the end of ${clip.file} (${durationSeconds.toFixed(1)} s)`;
      throw new GatewayError(message, { code: "labels.invalid", kind: "permanent" });
    }
    all.push(facts);
  }
  const judged: { readonly counted: Tally; readonly result: ClipResult }[] = [];
  for (const [index, facts] of all.entries()) {
    const clip = clips[index] as LabelledClip;
    const { alarmsSeconds, detector } = await placed(index, watch(dependencies, clip, facts));
    const counted = tally({ ...clip, alarmsSeconds, durationSeconds: facts.durationSeconds });
    const result = {
      file: clip.file,
      ...score(counted),
      detector,
      ...(clip.hard && { hard: true as const }),
    };
    judged.push({ counted, result });
    dependencies.onClip?.(result);
  }
  const talliesOf = (hard: boolean): Tally[] =>
    judged.filter(({ result }) => (result.hard ?? false) === hard).map(({ counted }) => counted);
  const detectors = new Set(judged.map(({ result }) => result.detector));
  return {
    ...score(sum(talliesOf(false))),
    detector: [...detectors].join(", "),
    ...(judged.some(({ result }) => result.hard) && { hard: score(sum(talliesOf(true))) }),
    clips: judged.map(({ result }) => result),
  };
}

async function watch(
  { reader, createDetection, createReplay, formatOf }: EvaluationDependencies,
  { path, zone, rule }: LabelledClip,
  facts: ClipFacts,
): Promise<{ readonly alarmsSeconds: readonly number[]; readonly detector: string }> {
  const detection = createDetection(zone);
  const format = formatOf(facts);
  const rules = rule ? oneRule(createReplay(rule)) : anybodyInZone(createReplay);
  let now: Moment = { monotonicMs: 0, wallMs: 0 };
  for await (const { seconds, pixels } of reader.pictures(path, format)) {
    const ms = Math.round(seconds * 1000);
    now = { monotonicMs: ms, wallMs: ms };
    const { width, height } = format;
    const { observations, tracks } = await detection.look({
      camera: CLIP_CAMERA,
      width,
      height,
      pixels,
      at: now,
    });
    rules.observe(observations, tracks, now);
  }
  const raised = rules.raised();
  return { alarmsSeconds: raised.map(({ monotonicMs }) => monotonicMs / 1000), detector: detection.detector };
}

/** Says of which clip of the labels an error tells. */
async function placed<T>(index: number, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const { code, kind } = error;
    throw new GatewayError(`clips[${index}]: ${error.message}`, { code, kind, cause: error });
  }
}
