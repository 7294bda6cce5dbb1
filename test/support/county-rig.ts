import { onTestFinished } from "vitest";
import { openCountyStore } from "../../src/buffer/copies/county-store.ts";
import type { CountyFigures, CountyStore, CountyTownship } from "../../src/core/county.ts";
import { silentLogger } from "../../src/core/log.ts";
import { isoTime, systemClock } from "../../src/core/time.ts";
import { createCountyBroker } from "../../src/county/broker.ts";
import { createCountyReader } from "../../src/county/county-reader.ts";
import { countyFigures } from "../../src/county/figures.ts";
import { createMosquitto } from "./mosquitto.ts";
import { createMqttBox } from "./mqtt-box.ts";
import type { PostgresServer } from "./postgres.ts";

export const TOWNSHIPS: readonly CountyTownship[] = [
  { id: "north", name: "北乡", villages: ["longwan", "shuikou"] },
  { id: "south", name: "南乡", villages: ["sunjia", "zhoujia"] },
];
/** Waits of a box that are short for a test, and long enough for a busy machine. */
const TIMING = { timing: { timeoutMs: 2000, probeMs: 300, retry: { firstMs: 20, capMs: 200 } } };

/** A real broker, a database of its own at a real server, and as many readers and boxes as a test likes. */
export async function setUpCounty(
  server: PostgresServer,
  database: string,
  { brokerLines = [] }: { readonly brokerLines?: readonly string[] } = {},
) {
  const broker = await createMosquitto(brokerLines);
  onTestFinished(() => broker.remove());
  await broker.start();
  const url = await server.database(database);
  const store = await openCountyStore(url);
  onTestFinished(() => store.close());
  return {
    broker,
    store,
    url,
    async reader(name = "a", into: CountyStore = store) {
      const reader = createCountyReader(
        {
          broker: createCountyBroker(
            { log: silentLogger },
            {
              urls: [broker.url],
              ...{ topic: "cunshao", group: "county", clientId: `reader-${name}`, tls: {} },
              login: { username: "county", password: "any" },
            },
          ),
          ...{ store: into, clock: systemClock, random: Math.random, log: silentLogger },
        },
        { topic: "cunshao", villages: new Set(TOWNSHIPS.flatMap(({ villages }) => villages)) },
      );
      let isRunning = true;
      const stop = async () => {
        if (isRunning) await reader.stop();
        isRunning = false;
      };
      onTestFinished(stop);
      await reader.start();
      return { ...reader, stop };
    },
    box(site: string, source?: Parameters<typeof createMqttBox>[3]) {
      const login = { username: site, password: "any" };
      const box = createMqttBox(site, broker.url, { ...TIMING, login }, source);
      onTestFinished(() => box.upstream.stop());
      return box;
    },
    figures: (): Promise<CountyFigures> => figuresOf(store),
    /** Of the table itself: numbers of a ledger in their order. */
    async seqs(ledger: string): Promise<number[]> {
      const rows = await server.queryAt<{ seq: string }>(
        url,
        "SELECT seq FROM events WHERE ledger = $1 ORDER BY seq",
        [ledger],
      );
      return rows.map(({ seq }) => Number(seq));
    },
  };
}

export async function figuresOf(store: CountyStore): Promise<CountyFigures> {
  const [boxes, strangers] = await Promise.all([store.boxes(), store.strangers()]);
  return countyFigures(TOWNSHIPS, boxes, strangers, isoTime(systemClock.now().wallMs));
}
