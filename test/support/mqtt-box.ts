import { createVirtualBox, type VirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { CLASSES_BY_URGENCY, type DeadLetters, type Lanes, type Outbox } from "../../src/core/delivery.ts";
import type { Ledger, LedgerEvent } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { addRange, gapsIn } from "../../src/core/seq-ranges.ts";
import { createSignal } from "../../src/core/signals.ts";
import { systemClock } from "../../src/core/time.ts";
import { createMqttUpstream, type MqttUpstreamOptions } from "../../src/forward/mqtt-upstream.ts";

const NO_EVIDENCE = { pending: async () => [], delivered: async () => undefined };
const NO_FILES = {
  put: () => Promise.reject(new Error("no files here")),
  putFile: () => Promise.reject(new Error("no files here")),
  find: async () => undefined,
};
const NO_LETTERS: DeadLetters = {
  add: async () => undefined,
  list: async () => [],
  count: async () => 0,
  seqsAfter: async () => [],
  takeBack: async () => undefined,
};

/**
 * The MQTT upstream of a box as it is, with its own waits unless told, over a ledger in memory: hundreds of them share one machine here.
 * @param source its ledger; of a clone that of another one.
 */
export function createMqttBox(
  site: string,
  url: string,
  timing: Partial<MqttUpstreamOptions> = {},
  source: VirtualBox = createVirtualBox(site, ""),
) {
  const box = source;
  const appended = createSignal<LedgerEvent>();
  const ledger: Ledger = {
    id: box.ledger,
    get head() {
      return box.events.length;
    },
    append: async (draft) => {
      const event = box.append(draft);
      appended.emit(event);
      return event;
    },
    read: async ({ after, limit, class: only }) =>
      box.events
        .filter((event) => event.seq > after && (only ?? event.class) === event.class)
        .slice(0, limit),
    latest: async (limit) => box.events.slice(-limit).reverse(),
    onAppend: appended.on,
  };
  let lanes: Lanes = { alarm: [], state: [], audit: [] };
  let stored = 0;
  const openOf = (each: keyof Lanes): LedgerEvent[] =>
    gapsIn(lanes[each], { first: 1, last: ledger.head }).flatMap(({ first, last }) =>
      box.events.slice(first - 1, last).filter((event) => event.class === each),
    );
  const outbox: Outbox = {
    acknowledged: async () => stored,
    acknowledge: async () => undefined,
    accept: async (_upstream, acknowledgement) => {
      for (const { class: each, ...range } of acknowledgement.spans)
        lanes = { ...lanes, [each]: addRange(lanes[each], range) };
      stored = acknowledgement.stored;
    },
    lanes: async () => lanes,
    word: async () => ({ stored, heardAt: "" }),
    heard: async () => undefined,
    absent: async () => [],
    waiting: async () => ({
      events: CLASSES_BY_URGENCY.reduce((sum, each) => sum + openOf(each).length, 0),
      alarms: openOf("alarm").length,
    }),
    deliveries: async () => [],
  };
  const upstream = createMqttUpstream({
    ...{ id: "county", url, topic: "cunshao", acknowledge: "ledger", siteId: site, version: "bench" },
    ...{ ledger, outbox, deadLetters: NO_LETTERS, evidence: NO_FILES, evidenceOutbox: NO_EVIDENCE },
    ...{ clock: systemClock, random: Math.random, log: silentLogger },
    ...timing,
  });
  return {
    upstream,
    source: box,
    append: ledger.append,
    alarm: (subject: string) =>
      ledger.append({ type: "org.cunshao.alarm.raised", class: "alarm", subject, data: {} }),
    /** Whether all that it has was acknowledged. */
    isDone: () => CLASSES_BY_URGENCY.every((each) => openOf(each).length === 0),
  };
}
