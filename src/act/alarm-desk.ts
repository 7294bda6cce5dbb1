import { type Alarm, type AlarmBook, type Effect, MOST_NOTES } from "../core/alarm.ts";
import type { BroadcastSource } from "../core/broadcast.ts";
import type { OnDuty } from "../core/duty.ts";
import { GatewayError } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { Observation } from "../core/observation.ts";
import { type AlarmClips, DEFAULT_CLIP } from "./alarm-clips.ts";
import { type AlarmPictures, judgement } from "./alarm-pictures.ts";
import type { AlarmRecorder } from "./alarm-recorder.ts";
import { sightOf } from "./alarm-sight.ts";

export interface AlarmDeskDependencies {
  readonly ledger: Ledger;
  readonly recorder: AlarmRecorder;
  readonly alarms: AlarmBook;
  readonly clips: Pick<AlarmClips, "begin" | "release">;
  readonly pictures: AlarmPictures;
  /** Who is to be called now. */
  readonly onDuty?: (() => readonly OnDuty[]) | undefined;
}

/** What the rules say of an alarm itself. */
export type AlarmEffect = Extract<Effect, { kind: "raise" | "escalate" | "clear" }>;

export interface AlarmDesk {
  /** Records what the rules say of alarms. Never throws: the voice has been ordered already. */
  record(effect: AlarmEffect): Promise<void>;
  /** @throws GatewayError `alarm.unknown`, `alarm.cleared` (permanent). Repeating records nothing. */
  acknowledge(alarm: string, by: BroadcastSource): Promise<void>;
  /** @throws GatewayError `alarm.unknown` (permanent). Repeating records nothing. */
  clear(alarm: string, by: BroadcastSource): Promise<void>;
  /**
   * @throws GatewayError `alarm.unknown`, `alarm.too_many_notes` (permanent). The last note again, by who wrote it, records
   * nothing: the answer to the first may have been lost.
   */
  note(alarm: string, text: string, by: BroadcastSource): Promise<void>;
}

/** Writes the life of alarms into the ledger and gathers their evidence. */
export function createAlarmDesk(dependencies: AlarmDeskDependencies): AlarmDesk {
  const { ledger, recorder, alarms, clips, pictures, onDuty } = dependencies;

  async function find(id: string): Promise<Alarm> {
    const alarm = await alarms.get(id);
    if (alarm) return alarm;
    throw new GatewayError(`there is no alarm ${id}`, { code: "alarm.unknown", kind: "permanent" });
  }

  /** An alarm that ends by itself in the moment in which somebody clears it ends once: the second finds it over. */
  const clearing = new Map<string, Promise<void>>();
  function clearInTurn(alarm: string, work: (isFirst: boolean) => Promise<void>): Promise<void> {
    const before = clearing.get(alarm);
    const next = (): Promise<void> => work(false);
    const turn = before ? before.then(next, next) : work(true);
    clearing.set(alarm, turn);
    return turn.finally(() => {
      if (clearing.get(alarm) === turn) clearing.delete(alarm);
    });
  }

  function recordEnd(alarm: string, draft: EventDraft): Promise<void> {
    clips.release(alarm);
    return clearInTurn(alarm, async (isFirst) => {
      // Of the first the book knows nothing yet, maybe not even that it was raised: the recorder keeps their order.
      const known = isFirst ? undefined : await alarms.get(alarm).catch(() => undefined);
      if (known?.status !== "cleared") await recorder.record(draft);
    });
  }

  return {
    async record(effect) {
      const draft = draftOf(effect, onDuty?.() ?? []);
      if (effect.kind === "clear") return recordEnd(effect.alarm, draft);
      if (effect.kind === "raise") clips.begin(effect.alarm, effect.at);
      const recorded = recorder.record(draft);
      // At once, not after the disk: the picture that matters is the one of now.
      const pictured = effect.kind === "raise" ? pictures.take(effect.alarm) : undefined;
      await Promise.all([recorded, pictured]);
    },
    async acknowledge(id, by) {
      const { status, acknowledgedBy } = await find(id);
      if (status === "cleared") {
        throw new GatewayError(`alarm ${id} is over`, { code: "alarm.cleared", kind: "permanent" });
      }
      if (acknowledgedBy === by.name) return;
      await ledger.append(handled("org.cunshao.alarm.acknowledged", id, by));
    },
    async clear(id, by) {
      await clearInTurn(id, async () => {
        if ((await find(id)).status === "cleared") return;
        await ledger.append(handled("org.cunshao.alarm.cleared", id, by));
        clips.release(id);
      });
    },
    async note(id, text, by) {
      const { notes = [] } = await find(id);
      const last = notes.at(-1);
      if (last?.text === text && last.by === by.name) return;
      if (notes.length >= MOST_NOTES) {
        throw new GatewayError(`alarm ${id} has ${MOST_NOTES} notes already`, {
          code: "alarm.too_many_notes",
          kind: "permanent",
        });
      }
      await ledger.append({
        type: "org.cunshao.alarm.noted",
        class: "alarm",
        subject: id,
        data: { by, text },
      });
    },
  };
}

function handled(type: string, alarm: string, by: BroadcastSource): EventDraft {
  return { type, class: "alarm", subject: alarm, data: { by } };
}

function draftOf(effect: AlarmEffect, duty: readonly OnDuty[]): EventDraft {
  switch (effect.kind) {
    case "raise": {
      const { id, rule, severity, evidence, question, because, raisedBy } = effect.alarm;
      const sight = sightOf(because);
      return {
        type: "org.cunshao.alarm.raised",
        class: "alarm",
        subject: id,
        data: {
          rule,
          severity,
          ...(sight && judgement(sight)),
          ...(question && { question }),
          // Names only: telephone numbers stay on the box.
          ...(duty.length > 0 && { duty: duty.map(({ name }) => name) }),
          // So that the next start knows what a power cut kept from being made.
          ...(evidence && { clip: { camera: evidence.camera, ...(evidence.clip ?? DEFAULT_CLIP) } }),
          because: describe(because),
          ...(raisedBy && { raisedBy }),
        },
      };
    }
    case "escalate":
      return {
        type: "org.cunshao.alarm.escalated",
        class: "alarm",
        subject: effect.alarm,
        data: { step: effect.step, ...(effect.severity && { severity: effect.severity }) },
      };
    case "clear":
      return { type: "org.cunshao.alarm.cleared", class: "alarm", subject: effect.alarm, data: {} };
  }
}

/** The observation without the process's own clock. */
function describe({ at: _at, ...observation }: Observation): Record<string, unknown> {
  return observation;
}
