import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { rangesOf, rangesText } from "../core/seq-ranges.ts";
import { createSignal } from "../core/signals.ts";
import { type Clock, isoTime, type Timer } from "../core/time.ts";
import type { MqttUpstreamWiring } from "../core/upstream-wiring.ts";
import type { BatchLimits, Failure, Word } from "./answers.ts";
import { failure, isFailure, readWord } from "./answers.ts";
import { type Carrier, type Consignment, QUESTION } from "./consignment.ts";
import { createMqttAccount, type MqttAccount, type Receipt } from "./mqtt-account.ts";
import { createBatchSize, packParcels } from "./mqtt-batches.ts";
import { faultOfReason, type MqttConnection, openMqttConnection } from "./mqtt-connection.ts";
import { topicsOf } from "./mqtt-topics.ts";
import { readTlsFiles } from "./tls-files.ts";

/** MQTT 5, 3.4.2.1. */
const NO_MATCHING_SUBSCRIBERS = 16;
/** Codes of a PUBACK that concern this message only: topic, size, payload format. */
const OF_CONTENT = new Set([144, 149, 153]);
/** Fixed header, properties and topic of a PUBLISH beside its payload. */
const ENVELOPE_BYTES = 1024;
/** A short hiccup of the line is no reason to call a village offline. */
const WILL_DELAY_SECONDS = 10;
/** Between two questions that nobody was there to hear. */
const ASK_AGAIN_MS = 1000;

export interface MqttCarrierConfig extends Omit<MqttUpstreamWiring, "kind"> {
  readonly siteId: string;
  readonly ledger: string;
  readonly version: string;
  /** For connecting, and for the answer to a question or a consignment. */
  readonly timeoutMs: number;
}

export interface MqttCarrierDependencies {
  readonly clock: Clock;
  /** Where the ledger ends. */
  readonly head: () => number;
  readonly onCommands: (commands: readonly unknown[]) => void;
  readonly log: Logger;
}

interface Line {
  readonly connection: MqttConnection;
  readonly account: MqttAccount;
}

/**
 * Events as CloudEvents in structured JSON (CloudEvents MQTT binding 1.0.2, 3.2), QoS 1, on `<topic>/<site>/events/<class>`: one
 * a message, and what waited in batches to a keeper whose last word says that it takes them. What counts is the word of whoever keeps them, on `<topic>/<site>/acknowledged`: nothing is
 * sent before somebody answered a question there. With `acknowledge: puback` the broker's PUBACK counts instead.
 */
export function createMqttCarrier(
  { clock, head, onCommands, log }: MqttCarrierDependencies,
  config: MqttCarrierConfig,
): Carrier {
  const topics = topicsOf(config.topic, config.siteId);
  const byLedger = config.acknowledge === "ledger";
  const lost = createSignal<void>();
  const batchSize = createBatchSize();
  let isNonsenseTold = false;
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
      const connection = await openMqttConnection(
        { clock },
        {
          ...config,
          clientId: `cunshao-${config.siteId}-${config.id}`,
          tls: await readTlsFiles(config.tls),
          subscribe: [...(byLedger ? [topics.acknowledged] : []), topics.commands],
          will: { topic: topics.status, payload: status("offline"), delaySeconds: WILL_DELAY_SECONDS },
        },
        signal,
      );
      if (isFailure(connection)) return connection;
      const opened = { connection, account: createMqttAccount() };
      connection.onMessage(({ topic, payload }) => read(opened.account, topic, payload));
      connection.onEnd(() => {
        if (line?.connection === connection) line = undefined;
        lost.emit();
      });
      line = opened;
      return opened;
    } catch (error) {
      return failure(errorCode(error), true);
    }
  }

  function read(account: MqttAccount, topic: string, payload: Buffer): void {
    const text = payload.toString("utf8");
    if (topic === topics.commands) {
      const command = parseJson(text);
      if (command === undefined) log.warn({ topic }, "a command that is no JSON was dropped");
      else onCommands(Array.isArray(command) ? command : [command]);
      return;
    }
    const word = readWord(text, config.ledger);
    if (isFailure(word)) log.warn({ topic, code: word.code }, "an acknowledgement was not understood");
    else {
      if (word.batches === "nonsense" && !isNonsenseTold) {
        isNonsenseTold = true;
        log.warn({ topic }, "what an acknowledgement says of batches was ignored");
      }
      if (word.commands.length > 0) onCommands(word.commands);
      account.add({ ...word, commands: [] });
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
      const code = await born;
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
    return (isAnswered && account.word()) || connection.fault() || failure("upstream.unacknowledged");
  }

  /** @returns reason codes by seq; of those in a refused batch, or not acknowledged because the connection ended, none. */
  function publishAll(
    { connection }: Line,
    { events, json, absent }: Consignment,
    limits: BatchLimits | undefined,
  ): Promise<{ readonly codes: ReadonlyMap<number, number>; readonly isBatchRefused: boolean }> {
    const codes = new Map<number, number>();
    const parcels = packParcels(events, json, limits);
    let open = parcels.length;
    let isBatchRefused = false;
    return new Promise((resolve) => {
      for (const [index, { class: eventClass, seqs, payload, isBatch }] of parcels.entries()) {
        const done = (code: number | undefined): void => {
          // What is wrong with a batch need not be wrong with each of its events.
          if (isBatch && OF_CONTENT.has(code ?? 0)) isBatchRefused = true;
          else if (code !== undefined) for (const seq of seqs) codes.set(seq, code);
          open -= 1;
          if (open === 0) resolve({ codes, isBatchRefused });
        };
        if (Buffer.byteLength(payload) + ENVELOPE_BYTES > connection.mostPacketBytes) done(TOO_LARGE);
        else {
          const ofParcel = isBatch ? topics.ofBatches : topics.ofEvents;
          const properties =
            index === 0 && absent.length > 0
              ? { ...ofParcel, userProperties: { absent: rangesText(absent) } }
              : ofParcel;
          connection.publish(topics.events(eventClass), payload, { properties }, done);
        }
      }
    });
  }

  function limitsFor({ connection, account }: Line, { isLive }: Consignment): BatchLimits | undefined {
    const offer = account.word()?.batches;
    if (!byLedger || isLive || offer === "nonsense") return undefined;
    return batchSize.limits(offer, connection.mostPacketBytes - ENVELOPE_BYTES);
  }

  async function bring(to: Line, consignment: Consignment, signal: AbortSignal): Promise<Word | Failure> {
    const { events } = consignment;
    const { connection, account } = to;
    const seqs = events.map(({ seq }) => seq);
    const receipt = account.expect(byLedger ? seqs : []);
    const limits = limitsFor(to, consignment);
    const { codes, isBatchRefused } = await publishAll(to, consignment, limits);
    if (limits && (isBatchRefused || connection.fault()?.code === "upstream.too_large")) {
      receipt.drop();
      batchSize.shrink(limits);
      return failure("upstream.too_large");
    }
    const refused = seqs.flatMap((seq) => {
      const code = codes.get(seq) ?? 0;
      return OF_CONTENT.has(code) ? [{ seq, reason: `MQTT ${code}` }] : [];
    });
    const fault = [...codes.values()].find((code) => code >= 128 && !OF_CONTENT.has(code));
    if (fault !== undefined) {
      receipt.drop();
      return faultOfReason(fault);
    }
    if (byLedger) {
      const word = await heedReceipt(to, receipt, seqs.length, refused, signal);
      // A broker drops without a word what is above the Maximum Packet Size of the keeper (MQTT 5, 3.1.2.11.4).
      const isSilent = receipt.settled.length + refused.length < seqs.length && !connection.fault();
      if (limits && isSilent && !signal.aborted) batchSize.shrink(limits);
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
    parallel: 4,
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
      const said = new Promise<void>((resolve) => {
        const options = { retain: true, properties: { contentType: "application/json" } };
        open.connection.publish(topics.status, status("offline"), options, () => resolve());
        clock.after(GOODBYE_MS, resolve);
      });
      await said;
      await open.connection.end(true);
    },
  };
}

const TOO_LARGE = 149;
const GOODBYE_MS = 1000;
/** A broker's PUBACK says nothing of what is stored. */
const PUBACK_WORD: Word = { stored: undefined, held: [], refused: [], commands: [] };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
