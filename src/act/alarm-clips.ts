import type { AlarmClipBook, AlarmRaise } from "../core/alarm.ts";
import { errorCode } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { ClipOrder, ClipTaker, RunningClip, TakenClip } from "../core/footage.ts";
import type { Logger } from "../core/log.ts";
import type { EvidenceStore } from "../core/stores.ts";
import { isoTime, type Moment } from "../core/time.ts";
import type { AlarmRecorder } from "./alarm-recorder.ts";

/** Where a rule does not say how long its clips are. */
export const DEFAULT_CLIP = { beforeSeconds: 10, afterSeconds: 10 };

export interface AlarmClipDependencies {
  readonly clips: ClipTaker;
  readonly book: AlarmClipBook;
  readonly evidence: EvidenceStore;
  readonly recorder: AlarmRecorder;
  readonly log: Logger;
}

export interface AlarmClips {
  /** Begins the clip of an alarm that a camera saw. Never throws, delays nothing. */
  begin(alarm: AlarmRaise, at: Moment): void;
  /** The alarm is over. */
  release(alarm: string): void;
  /** Makes the clips that an end of the gateway cut off, or says that there are none. Never rejects. */
  recover(): Promise<void>;
}

/** Has a clip taken of each alarm with evidence and writes it into the ledger. */
export function createAlarmClips({
  clips,
  book,
  evidence,
  recorder,
  log,
}: AlarmClipDependencies): AlarmClips {
  const running = new Map<string, RunningClip>();
  /** Alarms that share a clip store it once. */
  const stored = new WeakMap<TakenClip, Promise<string>>();

  async function add(alarm: string, clip: TakenClip): Promise<void> {
    const storing = stored.get(clip) ?? evidence.putFile(clip.path, clip.mediaType);
    stored.set(clip, storing);
    await recorder.record(addedDraft(alarm, clip, await storing));
  }

  /** Says in the ledger that there is no clip, so that nobody waits for one. */
  async function miss(order: Pick<ClipOrder, "alarm" | "camera">, error: unknown): Promise<void> {
    const reason = errorCode(error);
    log.error({ code: reason, alarm: order.alarm }, "no clip for the alarm");
    await recorder.record({
      type: "org.cunshao.evidence.missing",
      class: "alarm",
      subject: order.alarm,
      data: { kind: "clip", camera: order.camera, reason },
    });
  }

  async function finish(order: ClipOrder, clip: RunningClip): Promise<void> {
    try {
      await add(order.alarm, await clip.ready);
    } catch (error) {
      // The next start makes it of what is on disk.
      if (errorCode(error) === "clip.interrupted") return;
      await miss(order, error);
    } finally {
      running.delete(order.alarm);
    }
    await clip.settle();
  }

  return {
    begin(alarm, at) {
      if (!alarm.evidence) return;
      const { camera, clip: length = DEFAULT_CLIP } = alarm.evidence;
      const order = { alarm: alarm.id, camera, atMs: at.wallMs, ...length };
      const clip = clips.take(order);
      running.set(alarm.id, clip);
      void finish(order, clip).catch((error: unknown) => {
        log.error({ code: errorCode(error), alarm: alarm.id }, "the remains of a clip were not removed");
      });
    },
    release: (alarm) => running.get(alarm)?.release(),
    async recover() {
      try {
        const due = await book.withoutClip();
        for (const order of due.filter(({ alarm }) => !running.has(alarm))) {
          await clips.recover(order).then(
            (clip) => add(order.alarm, clip),
            (error: unknown) => miss(order, error),
          );
        }
        await clips.forgetRemains();
      } catch (error) {
        log.error({ code: errorCode(error) }, "clips of the last run were not made");
      }
    },
  };
}

function addedDraft(alarm: string, clip: TakenClip, sha256: string): EventDraft {
  const { camera, mediaType, sizeBytes, fromMs, toMs, clock, lack } = clip;
  return {
    type: "org.cunshao.evidence.added",
    class: "alarm",
    subject: alarm,
    data: {
      kind: "clip",
      camera,
      sha256,
      mediaType,
      sizeBytes,
      from: isoTime(fromMs),
      to: isoTime(toMs),
      clock,
      complete: lack === undefined,
      ...(lack === undefined ? {} : { reason: lack }),
    },
  };
}
