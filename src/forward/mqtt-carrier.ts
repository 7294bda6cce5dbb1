import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { rangesOf } from "../core/seq-ranges.ts";
import { createSignal } from "../core/signals.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import type { MqttUpstreamWiring } from "../core/upstream-wiring.ts";
import type { BatchLimits, Failure, Word } from "./answers.ts";
import { covers, failure, isFailure } from "./answers.ts";
import { type Carrier, type Consignment, QUESTION } from "./consignment.ts";
import { createMqttAccount, type MqttAccount, type Receipt } from "./mqtt-account.ts";
import {
  type BatchSize,
  bytesOfParcel,
  createBatchSize,
  isBatch,
  LARGEST_BATCH,
  type Parcel,
  packParcels,
  throughFirstBatch,
} from "./mqtt-batches.ts";
import { openMqttConnection } from "./mqtt-connection.ts";
import { faultOfReason } from "./mqtt-faults.ts";
import { createMqttInbox } from "./mqtt-inbox.ts";
import { isOfContent, publishParcels } from "./mqtt-publish.ts";
import { topicsOf } from "./mqtt-topics.ts";
import type { MqttConnection } from "./mqtt-window.ts";
import { readTlsFiles } from "./tls-files.ts";

/** MQTT 5, 3.4.2.1. */
const NO_MATCHING_SUBSCRIBERS = 16;
/** Fixed header, properties and topic of a PUBLISH beside its payload. */
const ENVELOPE_BYTES = 1024;
/** A short hiccup of the line is no reason to call a village offline. */
const WILL_DELAY_SECONDS = 10;
/** Between two questions that nobody was there to hear. */
const ASK_AGAIN_MS = 1000;
/**
 * Consignments that whoever keeps the events has not acknowledged. He gathers before he says what he has: with fewer batches the line
 * would rest meanwhile. Single events cost the processor more, and a sound must not wait for them.
 */
const MOST_UNDERWAY = { singles: 4, batches: 24 };

export interface MqttCarrierConfig extends Omit<MqttUpstreamWiring, "kind"> {
  readonly siteId: string;
  readonly ledger: string;
  readonly version: string;
  /** For connecting, and for the answer to a question or a consignment. */
  readonly timeoutMs: number;
  /** What the disk did not take comes again after that. */
  readonly comesAgainMs: number;
}

export interface MqttCarrierDependencies {
  readonly clock: Clock;
  /** Where the ledger ends. */
  readonly head: () => number;
  /** Resolves when they need not come again. */
  readonly onCommands: (commands: readonly unknown[]) => Promise<void>;
  readonly log: Logger;
}

interface Line {
  readonly connection: MqttConnection;
  readonly account: MqttAccount;
  readonly batchSize: BatchSize;
  readonly mostPayloadBytes: number;
  /** A batch is being published of whose size nobody knows whether it passes. */
  isTrying: boolean;
  /** Nobody said anything about this batch in time. */
  silent: Parcel | undefined;
}

/** What the end of a connection taught about sizes, for the next one only. */
interface SizesLearned {
  readonly batchBytes: number;
  readonly payloadBytes: number;
}

const NOTHING_LEARNED: SizesLearned = {
  batchBytes: LARGEST_BATCH.bytes,
  payloadBytes: Number.POSITIVE_INFINITY,
};

/**
 * Events as CloudEvents in structured JSON (CloudEvents MQTT binding 1.0.2, 3.2), QoS 1, on `<topic>/<site>/events/<class>`: one
 * a message, and what waited in batches to a keeper whose last word says that it takes them. What counts is the word of whoever
 * keeps them, on `<topic>/<site>/acknowledged`: nothing is sent before somebody answered a question there. With
 * `acknowledge: puback` the broker's PUBACK counts instead.
 */
export function createMqttCarrier(
  { clock, head, onCommands, log }: MqttCarrierDependencies,
  config: MqttCarrierConfig,
): Carrier {
  const topics = topicsOf(config.topic, config.siteId);
  const byLedger = config.acknowledge === "ledger";
  const lost = createSignal<void>();
  const inbox = createMqttInbox({ topics, clock, onCommands, log }, config);
  let learned = NOTHING_LEARNED;
  let line: Line | undefined;
  let opening: Promise<Line | Failure> | undefined;

  const status = (state: "online" | "offline"): string =>
    JSON.stringify({
      status: state,
      site: config.siteId,
      ledger: config.ledger,
      version: config.version,
      at: isoTime(clock.now().wallMs),
      ...(state === "online" && {
        head: head(),
        events: topics.events("+"),
        acknowledge: topics.acknowledged,
      }),
    });

  async function open(signal: AbortSignal): Promise<Line | Failure> {
    try {
      let opened: Line | undefined;
      const connection = await openMqttConnection(
        { clock },
        {
          ...config,
          clientId: `cunshao-${config.siteId}-${config.id}`,
          tls: await readTlsFiles(config.tls),
          subscribe: {
            // Behind commands that the disk does not take no other of QoS 1 would come. A word that is lost is asked for.
            ...(byLedger && { [topics.acknowledged]: { qos: 0 } }),
            [topics.commands]: { qos: 1 },
          },
          take: (message) => inbox.take(message, opened?.account),
          will: { topic: topics.status, payload: status("offline"), delaySeconds: WILL_DELAY_SECONDS },
        },
        signal,
      );
      if (isFailure(connection)) return connection;
      const ready: Line = {
        ...{ connection, account: createMqttAccount(), isTrying: false, silent: undefined },
        batchSize: createBatchSize(learned.batchBytes),
        mostPayloadBytes: Math.min(connection.mostPacketBytes - ENVELOPE_BYTES, learned.payloadBytes),
      };
      learned = NOTHING_LEARNED;
      connection.onEnd(() => {
        learned = sizesLearnedAtEnd(ready);
        if (line?.connection === connection) line = undefined;
        lost.emit();
      });
      opened = ready;
      line = ready;
      return ready;
    } catch (error) {
      return failure(errorCode(error), true);
    }
  }

  function connected(signal: AbortSignal): Promise<Line | Failure> {
    if (line) return Promise.resolve(line);
    opening ??= open(signal).finally(() => {
      opening = undefined;
    });
    return opening;
  }

  /** Resolves when `isEnough` after a word, when the connection ends, after the time-out, or on abort. */
  function wordsUntil(
    { connection, account }: Line,
    isEnough: () => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        for (const end of ends) end();
        resolve();
      };
      const timer = clock.after(config.timeoutMs, settle);
      const ends = [
        timer.cancel,
        account.onWord(() => isEnough() && settle()),
        connection.onEnd(settle),
        () => signal.removeEventListener("abort", settle),
      ];
      signal.addEventListener("abort", settle, { once: true });
      if (signal.aborted || connection.fault() || isEnough()) settle();
    });
  }

  async function ask(to: Line, signal: AbortSignal): Promise<Word | Failure> {
    const { connection, account } = to;
    const born = new Promise<number | undefined>((resolve) => {
      const options = { retain: true, properties: { contentType: "application/json" } };
      connection.publish(topics.status, status("online"), options, resolve);
    });
    if (!byLedger) {
      const code = await unlessAborted(born, signal);
      if (code === undefined) return connection.fault() ?? failure("upstream.network");
      return code >= 128 ? faultOfReason(code) : PUBACK_WORD;
    }
    let isAnswered = false;
    let isOver = false;
    let again: Timer | undefined;
    const stop = account.onWord(() => {
      isAnswered = true;
    });
    const question = (): void =>
      connection.publish(
        topics.question,
        JSON.stringify({ ledger: config.ledger, head: head() }),
        { properties: { contentType: "application/json", responseTopic: topics.acknowledged } },
        (code) => {
          // A broker that lost its sessions threw the question away; whoever keeps the events may be on the way back.
          if (code === NO_MATCHING_SUBSCRIBERS && !isOver) again = clock.after(ASK_AGAIN_MS, question);
        },
      );
    question();
    await wordsUntil(to, () => isAnswered, signal);
    isOver = true;
    again?.cancel();
    stop();
    if (isAnswered) heedSilence(to);
    return (isAnswered && account.word()) || connection.fault() || failure("upstream.unacknowledged");
  }

  /**
   * A broker drops without a word what is above the keeper's own Maximum Packet Size (MQTT 5, 3.1.2.11.4). One that answers now and
   * still has nothing of a batch did not get it.
   */
  function heedSilence(to: Line): void {
    const { account, batchSize, silent } = to;
    const word = account.word();
    if (!silent || !word) return;
    to.silent = undefined;
    if (!silent.seqs.every((seq) => covers(word, seq))) batchSize.shrink(bytesOfParcel(silent));
  }

  /** Of what waited; undefined where each event goes alone. */
  function limitsNow({ account, batchSize, mostPayloadBytes }: Line): BatchLimits | undefined {
    const { batches: offer, held } = account.word() ?? {};
    // One that counts without gaps only gets events of all classes in their order: nothing for batches of one.
    if (!byLedger || held === undefined || offer === "nonsense") return undefined;
    return batchSize.limits(offer, mostPayloadBytes);
  }

  async function bring(to: Line, consignment: Consignment, signal: AbortSignal): Promise<Word | Failure> {
    const { connection, account, batchSize, mostPayloadBytes } = to;
    const limits = consignment.isLive ? undefined : limitsNow(to);
    const all = packParcels(consignment.events, consignment.json, limits);
    // What went behind a batch that is too large would overtake it.
    const parcels = limits && !batchSize.isProven() ? throughFirstBatch(all) : all;
    /** Batches that were not refused. */
    const whole = new Set(parcels.filter(isBatch));
    to.isTrying = whole.size > 0 && !batchSize.isProven();
    const seqs = parcels.flatMap((parcel) => parcel.seqs);
    const receipt = account.expect(byLedger ? seqs : []);
    const publishing = publishParcels(connection, parcels, {
      ...{ topics, mostPayloadBytes, absent: consignment.absent, isUrgent: consignment.isLive },
      onRefusedBatch: (batch) => {
        whole.delete(batch);
        batchSize.shrink(bytesOfParcel(batch));
      },
    });
    const codes = await unlessAborted(publishing, signal);
    to.isTrying = false;
    if (!codes) {
      receipt.drop();
      return failure("upstream.network");
    }
    const fault = connection.fault();
    if (fault?.code === "upstream.too_large" && whole.size > 0) {
      receipt.drop();
      return { ...fault, isLesson: true };
    }
    const refused = seqs.flatMap((seq) => {
      const code = codes.get(seq) ?? 0;
      return isOfContent(code) ? [{ seq, reason: `MQTT ${code}` }] : [];
    });
    const badCode = [...codes.values()].find((code) => code >= 128 && !isOfContent(code));
    if (badCode !== undefined) {
      receipt.drop();
      return faultOfReason(badCode);
    }
    if (byLedger) {
      const word = await heedReceipt(to, receipt, seqs.length, refused, signal);
      const settled = new Set(receipt.settled);
      for (const batch of whole) {
        if (!batch.seqs.every((seq) => settled.has(seq))) to.silent ??= batch;
        else if (limits) batchSize.arrived(batch, limits);
      }
      return word;
    }
    if ([...codes.values()].includes(NO_MATCHING_SUBSCRIBERS)) return failure("upstream.nobody_listens");
    const taken = seqs.filter((seq) => (codes.get(seq) ?? 128) < 128);
    if (taken.length === 0 && refused.length === 0) return connection.fault() ?? failure("upstream.network");
    return { ...PUBACK_WORD, held: rangesOf(taken), refused };
  }

  /** @param refused by the broker: nobody will say anything about them. */
  async function heedReceipt(
    to: Line,
    receipt: Receipt,
    count: number,
    refused: Word["refused"],
    signal: AbortSignal,
  ): Promise<Word | Failure> {
    const { connection, account } = to;
    await wordsUntil(to, () => receipt.settled.length + refused.length >= count, signal);
    receipt.drop();
    const word = account.word();
    const settled = [...receipt.settled].sort((a, b) => a - b);
    if (!word || settled.length + refused.length === 0) {
      return connection.fault() ?? failure("upstream.unacknowledged");
    }
    const byKeeper = settled.flatMap((seq) =>
      account.refused().has(seq) ? [{ seq, reason: account.refused().get(seq) }] : [],
    );
    return {
      stored: word.stored,
      held: word.held && rangesOf(settled),
      refused: [...refused, ...byKeeper],
      commands: [],
      wallMs: word.wallMs,
    };
  }

  return {
    parallel() {
      if (!line || !limitsNow(line)) return MOST_UNDERWAY.singles;
      return line.batchSize.isProven() ? MOST_UNDERWAY.batches : 1;
    },
    asksFirst: true,
    onLost: lost.on,
    async send(consignment, signal) {
      const to = await connected(signal);
      if (isFailure(to)) return to;
      if (consignment === QUESTION) return ask(to, signal);
      // Numbers that never come are told with the next event.
      if (consignment.events.length === 0) return to.account.word() ?? PUBACK_WORD;
      return bring(to, consignment, signal);
    },
    async close() {
      const open = line;
      line = undefined;
      if (!open) return;
      const said = new Promise<boolean>((resolve) => {
        const options = { retain: true, isUrgent: true, properties: { contentType: "application/json" } };
        open.connection.publish(topics.status, status("offline"), options, (code) =>
          resolve(code !== undefined),
        );
        clock.after(GOODBYE_MS, () => resolve(false));
      });
      // Where nobody hears a goodbye, the package would wait for it until its keep-alive ends.
      await open.connection.end(await said);
    },
  };
}

const GOODBYE_MS = 1000;
/** A broker's PUBACK says nothing of what is stored. */
const PUBACK_WORD: Word = { stored: undefined, held: [], refused: [], commands: [] };

/** What `work` gives; undefined once `signal` aborts. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const give = (): void => resolve(undefined);
    signal.addEventListener("abort", give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
    if (signal.aborted) give();
  });
}

/** The broker's reason may be lost with the connection: then a batch that was being tried is the likeliest one. */
function sizesLearnedAtEnd({ connection, isTrying }: Line): SizesLearned {
  const bytes = connection.largestUnderwayBytes();
  const isTooLarge = connection.fault()?.code === "upstream.too_large" && bytes > 0;
  return {
    batchBytes: isTooLarge || isTrying ? Math.floor(bytes / 2) : NOTHING_LEARNED.batchBytes,
    payloadBytes: isTooLarge ? bytes - 1 : NOTHING_LEARNED.payloadBytes,
  };
}
