// `cunshao evaluate`: the gateway's own decoder, detection and rules over labelled clips, without a gateway. Composes
// drivers/, vision/, rules/, config/ and provision/ for that; called by cli.ts.
import { readLabels } from "./config/labels.ts";
import type { Problem } from "./config/problems.ts";
import { ANALYSED_PICTURES, colourPictures } from "./core/analysis.ts";
import { CLIP_CAMERA, CLIP_ZONE } from "./core/clip.ts";
import type { DetectorSetting } from "./core/detector.ts";
import { silentLogger } from "./core/log.ts";
import { systemClock } from "./core/time.ts";
import { createClipReader } from "./drivers/ffmpeg/clip-reader.ts";
import { createOwnPrograms } from "./drivers/node/own-program.ts";
import { type EvaluationResult, evaluate } from "./provision/evaluation/evaluate.ts";
import { clipLine, HEADLINE, totalLines } from "./provision/evaluation/table.ts";
import { createReplay } from "./rules/replay.ts";
import { createClipDetection } from "./vision/clip-detection.ts";
import { readModel, sumOf } from "./vision/people/model-file.ts";
import { openPersonModel } from "./vision/people/people.ts";

export type Evaluation =
  | { readonly ok: true; readonly result: EvaluationResult }
  | { readonly ok: false; readonly isMissing: boolean; readonly problems: readonly Problem[] };

export const LABELS_HELP = `
The labels:
  {"clips": [{"file": "pond.mp4", "zone": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]], "people": [[6, 20], [23.5, 45]]}]}
  file    from the folder of the labels, or a whole path
  zone    corners in fractions of the picture, x then y, from the top left; the whole picture unless given
  people  when somebody is in the zone, in seconds from the clip's start
  ignore  spans that count neither way
  hard    true: reported apart, not in the totals
  rule    as in the configuration, {"dwellSeconds": 10} for short; a person in the zone at once unless given`;

export interface EvaluationOptions {
  /** `people`, `movement`, or the path of an ONNX file that finds people. */
  readonly detector: string;
  /** Where the model that comes with the program is. */
  readonly modelsFolder: string;
  /** Gets the table line by line as the work goes on. */
  readonly print?: ((line: string) => void) | undefined;
}

/** @throws GatewayError `clip.*`, `labels.invalid`, `ffmpeg.missing`, `detector.*`. */
export async function runEvaluation(
  labels: string,
  { detector, modelsFolder, print }: EvaluationOptions,
): Promise<Evaluation> {
  const read = await readLabels(labels);
  if (!read.ok) return read;
  const children = {
    clock: systemClock,
    log: silentLogger,
    // No later run looks for what this one leaves: a decoder whose pipe nobody reads ends by itself.
    register: { add: () => {}, remove: () => {} },
  };
  const startProgram = createOwnPrograms(children);
  const model = openPersonModel(
    { clock: systemClock, startProgram },
    await settingOf(detector),
    modelsFolder,
  );
  try {
    const people = model && { model, facts: await model.load() };
    print?.(HEADLINE);
    const result = await evaluate(
      {
        reader: createClipReader(children),
        createDetection: (polygon) =>
          createClipDetection({ camera: CLIP_CAMERA, zones: [{ id: CLIP_ZONE, polygon }] }, people),
        createReplay: (rule) => createReplay(rule),
        formatOf: (clip) => (people ? colourPictures(clip) : ANALYSED_PICTURES),
        ...(print && { onClip: (clip) => print(clipLine(clip)) }),
      },
      read.clips,
    );
    for (const line of totalLines(result)) print?.(line);
    return { ok: true, result };
  } finally {
    await model?.close();
  }
}

async function settingOf(detector: string): Promise<DetectorSetting> {
  if (detector === "movement") return { kind: "movement" };
  const model =
    detector === "people" ? undefined : { file: detector, sha256: sumOf(await readModel(detector)) };
  return { kind: "people", model, threads: 1, share: 1 };
}
