// county/: the keeper behind a county's brokers (docs/mqtt-keeper.md): takes what the boxes publish, has it kept, and only then says so.
// It may import core/, mqtt and zod; where events are kept is handed in. `cunshao county` runs it, the gateway does not.
import type { CountyBatch, CountyDelivery, CountyStore, KeptLedger, ReaderFigures } from "../core/county.ts";
import { errorCode, isAbort } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { retryDelays } from "../core/retry.ts";
import { type Clock, isoTime } from "../core/time.ts";
import type { CountyBroker } from "./broker.ts";
import { type CountyMessage, type Nonsense, readMessage } from "./delivery.ts";
import { createIntake } from "./intake.ts";
import { wordOf } from "./word.ts";

/** In one transaction: an alarm that comes meanwhile waits for all of it. */
const MOST_EVENTS = 2000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;
const RETRY = { firstMs: 100, capMs: 5000 };
/** One line in the log for so many messages of the same nonsense. */
const TELL_EACH = 1000;

export interface CountyReaderDependencies {
  readonly broker: CountyBroker;
  readonly store: CountyStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export interface CountyReaderConfig {
  /** First part of all topics. */
  readonly topic: string;
  /** Of all townships. Others are told of, and not kept: their events wait at the box. */
  readonly villages: ReadonlySet<string>;
}

export interface CountyReader extends Part {
  figures(): ReaderFigures;
}

export function createCountyReader(
  { broker, store, clock, random, log }: CountyReaderDependencies,
  { topic, villages }: CountyReaderConfig,
): CountyReader {
  const intake = createIntake(MOST_WAITING_BYTES);
  const nonsense = new Map<Nonsense, number>();
  const ending = new AbortController();
  let kept = 0;
  let dropped = 0;
  let isKeeping = true;
  let wake: (() => void) | undefined;
  let working: Promise<void> | undefined;

  function receive(message: CountyMessage): void {
    const reading = readMessage(message, topic);
    if (reading.kind === "nonsense") {
      const before = nonsense.get(reading.why) ?? 0;
      nonsense.set(reading.why, before + 1);
      if (before % TELL_EACH === 0) {
        log.warn(
          { site: reading.site, why: reading.why, sofar: before },
          "a message that says nothing to keep",
        );
      }
      return;
    }
    const box = reading.kind === "sign" ? reading.sign.box : reading.delivery.box;
    if (!villages.has(box)) intake.addStranger(box);
    else if (reading.kind === "sign") intake.addSign(reading.sign);
    else if (!intake.add(reading.delivery, message.payload.byteLength))
      dropped += reading.delivery.events.length;
    wake?.();
  }

  async function work(): Promise<void> {
    while (!ending.signal.aborted) {
      const batch = intake.take(MOST_EVENTS, isoTime(clock.now().wallMs));
      if (batch) await keepAndSay(batch);
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
    }
  }

  async function keepAndSay(batch: CountyBatch): Promise<void> {
    for (const each of await keepAtLast(batch)) {
      const delivery = batch.deliveries.find(({ box, ledger }) => box === each.box && ledger === each.ledger);
      say(each, delivery);
    }
  }

  function say(of: KeptLedger, delivery: CountyDelivery | undefined): void {
    kept += delivery?.events.length ?? 0;
    broker.publish(`${topic}/${of.box}/acknowledged`, wordOf(of, delivery, isoTime(clock.now().wallMs)));
  }

  /** Tries until it is kept or the reader ends. What no database takes is left out, so that it holds up nobody else. */
  async function keepAtLast(batch: CountyBatch): Promise<readonly KeptLedger[]> {
    for (const waitMs of retryDelays(RETRY, random)) {
      try {
        const rows = await store.keep(batch);
        if (!isKeeping) log.info({}, "events are kept again");
        isKeeping = true;
        return rows;
      } catch (error) {
        const code = errorCode(error);
        if (code === "copy.refused") return keepInParts(batch, error);
        if (isKeeping) log.error({ code, error }, "events are not kept; nothing is acknowledged");
        isKeeping = false;
      }
      try {
        await clock.sleep(waitMs, ending.signal);
      } catch (error) {
        if (isAbort(error)) return [];
        throw error;
      }
    }
    return [];
  }

  async function keepInParts(batch: CountyBatch, error: unknown): Promise<readonly KeptLedger[]> {
    const { deliveries } = batch;
    if (deliveries.length <= 1) {
      const [{ box, ledger } = {}] = deliveries;
      log.error({ box, ledger, error }, "the database takes nothing of this; it is not acknowledged");
      return [];
    }
    const middle = Math.ceil(deliveries.length / 2);
    const parts = [deliveries.slice(0, middle), deliveries.slice(middle)];
    const rows: KeptLedger[] = [];
    for (const part of parts) rows.push(...(await keepAtLast({ ...batch, deliveries: part })));
    return rows;
  }

  return {
    name: "county-reader",
    async start() {
      broker.onMessage(receive);
      working = work();
      await broker.start();
    },
    async stop() {
      ending.abort();
      wake?.();
      await working;
      await broker.stop();
    },
    figures: () => ({
      isConnected: broker.isConnected(),
      brokerFault: broker.fault(),
      isKeeping,
      kept,
      dropped,
      nonsense: [...nonsense.values()].reduce((sum, count) => sum + count, 0),
      queued: intake.events(),
    }),
  };
}
