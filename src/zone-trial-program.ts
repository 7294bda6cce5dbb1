// A dry run of a zone or line, in a process of its own behind everything else: it takes what the live detection leaves of the
// processor, and is what the kernel ends first when memory runs out. Composes drivers/, video/, vision/, rules/ and
// provision/ for that; started by the gateway, with which it ends.
import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { ANALYSED_PICTURES, colourPictures } from "./core/analysis.ts";
import { errorCode, errorMessage } from "./core/errors.ts";
import { silentLogger } from "./core/log.ts";
import type { RecordedSpan } from "./core/recordings.ts";
import { systemClock } from "./core/time.ts";
import { smallPicture } from "./drivers/ffmpeg/small-picture.ts";
import { decodePictures } from "./drivers/ffmpeg/timed-pictures.ts";
import type { TrialAnswer, TrialQuestion } from "./provision/zone-trial/trial-messages.ts";
import { type RecordedPicture, runTrial } from "./provision/zone-trial/trial-run.ts";
import { createReplay } from "./rules/replay.ts";
import { readRuns } from "./video/recorded-runs.ts";
import { createClipDetection, type LoadedModel } from "./vision/clip-detection.ts";
import { loadModel } from "./vision/people/onnx-model.ts";

const children = {
  clock: systemClock,
  log: silentLogger,
  // No later run looks for what this one leaves: a decoder whose pipes nobody holds ends by itself.
  register: { add: () => {}, remove: () => {} },
};

function tell(answer: TrialAnswer): void {
  process.send?.(answer);
}

/** Behind others for the processor, and first to go for want of memory; where Linux does not offer it, as it is. */
function stepBack(niceness: number): void {
  setPriority(niceness);
  for (const [file, value] of [
    // Each session counts as one against the others there, however nice its processes are: sched(7).
    ["/proc/self/autogroup", String(niceness)],
    ["/proc/self/oom_score_adj", "1000"],
  ] as const) {
    try {
      writeFileSync(file, value);
    } catch {
      // A kernel without it knows no such order.
    }
  }
}

async function loadPeople(model: TrialQuestion["model"]): Promise<LoadedModel | undefined> {
  if (!model) return undefined;
  const { facts, look } = await loadModel({ ...model, threads: 1 });
  return { facts, model: { detect: look } };
}

async function answer(question: TrialQuestion): Promise<void> {
  const { camera, zones, lines, site, segments } = question;
  const people = await loadPeople(question.model);

  async function* pictures(stretch: RecordedSpan): AsyncGenerator<RecordedPicture> {
    const touched = segments.filter(({ startMs, endMs }) => startMs < stretch.toMs && endMs > stretch.fromMs);
    for await (const { fromMs, size, media } of readRuns(touched, stretch, silentLogger)) {
      const format = people && size ? colourPictures(size) : ANALYSED_PICTURES;
      const { width, height } = format;
      const source = { title: "recording decoder", input: ["-f", "mp4", "-i", "pipe:0"], feed: media };
      for await (const { seconds, pixels } of decodePictures(
        children,
        { ...source, isOwnGroup: false },
        format,
      )) {
        yield { atMs: Math.round(fromMs + seconds * 1000), width, height, pixels };
      }
    }
  }

  const isDated = segments.every(({ clock }) => clock === "synced");
  await runTrial(
    {
      pictures,
      detection: createClipDetection({ camera, zones, lines }, people),
      createReplay: (rule) => createReplay(rule, { ...site, clockSynced: isDated }),
      // An alarm without a picture is still one.
      portray: (picture) => smallPicture(children, picture).catch(() => undefined),
      tell,
    },
    question,
  );
}

process.on("disconnect", () => process.exit(0));
process.once("message", (question: TrialQuestion) => {
  stepBack(question.niceness);
  answer(question).catch((error: unknown) =>
    tell({ kind: "failed", code: errorCode(error), message: errorMessage(error) }),
  );
});
