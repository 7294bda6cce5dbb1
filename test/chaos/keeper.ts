import { join } from "node:path";
import { connect } from "mqtt";
import { canonicalHash } from "../../hw/virtual/township/canonical-hash.ts";
import { openEventFile } from "../../hw/virtual/township/event-file.ts";
import { createLedgerBook } from "../../hw/virtual/township/ledger-book.ts";
import type { LedgerEvent } from "../../src/core/event.ts";

/** What comes within this time is written and acknowledged together. */
const GATHER_MS = 50;

const BATCHES = "application/cloudevents-batch+json";

/**
 * Keeps what a village sends through a broker in `events.ndjson`, each event once, and says what it has only when it is on
 * disk; after it was killed it goes on with what the file says. It takes batches.
 */
export async function runKeeper(url: string, folder: string, site: string): Promise<void> {
  const book = createLedgerBook();
  const received = (event: LedgerEvent) => ({ event, digest: canonicalHash(event) });
  const file = await openEventFile(join(folder, "events.ndjson"), (event) => book.enter(received(event)));
  const base = `cunshao/${site}`;
  const client = connect(url, {
    protocolVersion: 5,
    clientId: "keeper",
    clean: false,
    properties: { sessionExpiryInterval: 3600 },
    reconnectPeriod: 200,
  });
  client.on("error", () => undefined);
  client.on("connect", () => client.subscribe([`${base}/events/+`, `${base}/question`], { qos: 1 }));

  const gathered: LedgerEvent[] = [];
  const asked = new Set<string>();
  let _writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (asked.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      const events = gathered.splice(0);
      const ledgers = [...asked];
      asked.clear();
      const fresh = new Map<string, LedgerEvent>();
      for (const event of events) {
        const standing = book.standing(received(event));
        if (standing === "conflict") throw new Error(`two different events are called ${event.id}`);
        if (standing === "new") fresh.set(event.id, event);
      }
      if (fresh.size > 0) await file.append([...fresh.values()]);
      for (const event of fresh.values()) book.enter(received(event));
      for (const ledger of ledgers) {
        const stored = book.stored(ledger);
        const held = events
          .filter((event) => event.ledger === ledger && event.seq > stored)
          .map(({ seq }) => [seq, seq]);
        const word = { ledger, stored, held, accepts: [BATCHES], batch: { events: 100 } };
        client.publish(`${base}/acknowledged`, JSON.stringify(word), { qos: 1 });
      }
    }
    _writing = undefined;
  }

  client.on("message", (topic, payload, packet) => {
    const said = JSON.parse(payload.toString()) as LedgerEvent | LedgerEvent[];
    const isBatch = packet.properties?.contentType?.startsWith(BATCHES) ?? false;
    const all = (isBatch ? said : [said]) as LedgerEvent[];
    const ledger = all[0]?.ledger ?? "";
    asked.add(ledger);
    if (topic.startsWith(`${base}/events/`)) {
      const absent = packet.properties?.userProperties?.["absent"];
      if (typeof absent === "string") book.enterAbsent(ledger, rangesIn(absent));
      gathered.push(...all);
    }
    _writing ??= write();
  });
}

function rangesIn(text: string): { from: number; to: number }[] {
  return text.split(",").map((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return { from, to };
  });
}
