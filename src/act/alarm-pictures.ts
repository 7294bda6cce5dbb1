import type { AlarmRaise } from "../core/alarm.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { DrawMarks } from "../core/media.ts";
import type { EvidenceStore } from "../core/stores.ts";
import type { Village } from "../core/village.ts";
import type { AlarmRecorder } from "./alarm-recorder.ts";
import { marksOf, type Sight, sightOf } from "./alarm-sight.ts";

export interface AlarmPictureDependencies {
  readonly evidence: EvidenceStore;
  readonly recorder: AlarmRecorder;
  readonly drawMarks: DrawMarks;
  readonly village: () => Pick<Village, "snapshot" | "state">;
  readonly log: Logger;
}

export interface AlarmPictures {
  /** Takes the picture that raised an alarm, and one more with the marks drawn in. Never rejects. */
  take(alarm: AlarmRaise): Promise<void>;
}

/** The pictures of alarms: as the camera made it first, so that nothing that fails later costs it. */
export function createAlarmPictures(dependencies: AlarmPictureDependencies): AlarmPictures {
  const { evidence, recorder, drawMarks, village, log } = dependencies;

  async function add(
    alarm: AlarmRaise,
    camera: string,
    picture: Buffer,
    more: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly sha256: string; readonly recorded: Promise<void> }> {
    const sha256 = await evidence.put(picture, "image/jpeg");
    // By the recorder, so that it never comes before its alarm.
    const recorded = recorder.record({
      type: "org.cunshao.evidence.added",
      class: "alarm",
      subject: alarm.id,
      data: { camera, sha256, mediaType: "image/jpeg", sizeBytes: picture.length, ...more },
    });
    return { sha256, recorded };
  }

  async function takeAll(alarm: AlarmRaise, camera: string): Promise<void> {
    const seen = sightOf(alarm.because);
    const sight = seen?.camera === camera ? seen : undefined;
    const picture = await village().snapshot(camera, sight && alarm.because.at);
    const shown = sight && { ...judgement(sight), boxes: sight.boxes, paths: sight.paths };
    const plain = await add(alarm, camera, picture, { kind: "snapshot", ...shown });
    // Not after the disk has the plain one: whoever looks waits for this.
    if (sight) await drawn(alarm, sight, picture, plain.sha256);
    await plain.recorded;
  }

  async function drawn(alarm: AlarmRaise, sight: Sight, picture: Buffer, of: string): Promise<void> {
    const { cameras } = village().state();
    const marks = marksOf(
      sight,
      cameras.find(({ id }) => id === sight.camera),
    );
    if (!marks) return;
    try {
      const drawing = await drawMarks(picture, marks);
      await (await add(alarm, sight.camera, drawing, { kind: "drawing", of, ...judgement(sight) })).recorded;
    } catch (error) {
      log.error({ code: errorCode(error), alarm: alarm.id }, "the alarm's picture has no marks");
    }
  }

  return {
    async take(alarm) {
      if (!alarm.evidence) return;
      try {
        await takeAll(alarm, alarm.evidence.camera);
      } catch (error) {
        log.error({ code: errorCode(error), alarm: alarm.id }, "no snapshot for the alarm");
      }
    },
  };
}

/** Who says so, and how surely. */
export function judgement({ detector, score, sureness }: Sight): Readonly<Record<string, unknown>> {
  return { detector, ...(score !== undefined && { score }), ...(sureness !== undefined && { sureness }) };
}
