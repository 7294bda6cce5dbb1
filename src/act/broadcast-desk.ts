import { type BroadcastOrder, type BroadcastOutcome, contentData } from "../core/broadcast.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { isoTime } from "../core/time.ts";
import type { SpeakerChannel } from "./speaker-channel.ts";
import type { Voice } from "./voice.ts";

/** Ids remembered so that a repeated request speaks once. */
const MAX_REMEMBERED = 1000;

export interface SpeakerOutlet {
  readonly channel: SpeakerChannel;
  readonly voice: Voice;
}

export interface BroadcastDesk {
  /**
   * Takes an order for all its speakers; each ends with an event of its own.
   * @throws GatewayError `broadcast.no_such_speaker` (permanent). The same id again does nothing.
   */
  submit(order: BroadcastOrder): void;
  silence(broadcast: string): boolean;
  /** Makes ready the words of the rules, so that a warning never waits for speech synthesis. */
  prepare(phrases: readonly { readonly text: string; readonly speakers: readonly string[] }[]): Promise<void>;
}

/** The one road to the horns: rules, people and the township hand their orders in here. */
export function createBroadcastDesk(
  dependencies: { readonly ledger: Ledger; readonly log: Logger },
  outlets: ReadonlyMap<string, SpeakerOutlet>,
): BroadcastDesk {
  const { ledger, log } = dependencies;
  const orders = new Map<string, BroadcastOrder>();
  const preparing = new Set<{ readonly broadcast: string; readonly speaker: string }>();

  for (const { channel } of outlets.values()) channel.outcomes.on(record);

  function record(outcome: BroadcastOutcome): void {
    const order = orders.get(outcome.broadcast);
    ledger
      .append({
        type: "org.cunshao.broadcast.finished",
        class: "state",
        subject: outcome.broadcast,
        data: {
          broadcast: outcome.broadcast,
          speaker: outcome.speaker,
          result: outcome.result,
          ...(outcome.reason && { reason: outcome.reason }),
          ...(outcome.soundedAt && { soundedAt: isoTime(outcome.soundedAt.wallMs) }),
          ...(order && { ...contentData(order.content), priority: order.priority, source: order.source }),
          ...(order?.alarm && { alarm: order.alarm }),
        },
      })
      .catch((error: unknown) =>
        log.error({ code: errorCode(error) }, "a broadcast's end could not be recorded"),
      );
  }

  async function sayOn({ channel, voice }: SpeakerOutlet, order: BroadcastOrder): Promise<void> {
    const job = { broadcast: order.id, speaker: channel.speaker.id };
    preparing.add(job);
    try {
      const say = await voice.prepare(order.content);
      if (preparing.delete(job)) channel.submit({ order, say });
    } catch (error) {
      log.error({ code: errorCode(error), broadcast: order.id }, "a broadcast could not be made ready");
      if (preparing.delete(job)) record({ ...job, result: "failed", reason: errorCode(error) });
    }
  }

  /** Ends what is still being made ready; true when there was any. */
  function drop(broadcast: string): boolean {
    const dropped = [...preparing].filter((job) => job.broadcast === broadcast);
    for (const job of dropped) {
      preparing.delete(job);
      record({ ...job, result: "stopped" });
    }
    return dropped.length > 0;
  }

  return {
    submit(order) {
      if (orders.has(order.id)) return;
      const missing = order.speakers.find((id) => !outlets.has(id));
      if (missing !== undefined) {
        throw new GatewayError(`there is no speaker ${missing}`, {
          code: "broadcast.no_such_speaker",
          kind: "permanent",
          device: missing,
        });
      }
      orders.set(order.id, order);
      const [oldest] = orders.keys();
      if (orders.size > MAX_REMEMBERED && oldest !== undefined) orders.delete(oldest);
      for (const id of new Set(order.speakers)) {
        const outlet = outlets.get(id);
        if (outlet) void sayOn(outlet, order);
      }
    },
    silence: (broadcast) =>
      [drop(broadcast), ...[...outlets.values()].map(({ channel }) => channel.silence(broadcast))].includes(
        true,
      ),
    async prepare(phrases) {
      const wanted = phrases.flatMap(({ text, speakers }) =>
        speakers.map((id) => ({ text, voice: outlets.get(id)?.voice })),
      );
      for (const { text, voice } of wanted) {
        await voice?.prepare({ kind: "text", text }).catch((error: unknown) => {
          log.error({ code: errorCode(error), text }, "a warning could not be made ready");
        });
      }
    },
  };
}
