import { onTestFinished } from "vitest";
import { openCountyStore } from "../../src/buffer/copies/county-store.ts";
import type { CountyFigures, CountyStore, CountyTownship } from "../../src/core/county.ts";
import type { EventClass } from "../../src/core/event.ts";
import { silentLogger } from "../../src/core/log.ts";
import { isoTime, systemClock } from "../../src/core/time.ts";
import type { UpstreamTls } from "../../src/core/upstream-wiring.ts";
import { type CountyBrokerConfig, createCountyBroker } from "../../src/county/broker.ts";
import { createCountyReader } from "../../src/county/county-reader.ts";
import { countyFigures } from "../../src/county/figures.ts";
import { createMosquitto, type Mosquitto } from "./mosquitto.ts";
import { createMqttBox } from "./mqtt-box.ts";
import type { PostgresServer } from "./postgres.ts";

const villages = (...ids: readonly string[]) => ids.map((id) => ({ id, name: id }));
export const TOWNSHIPS: readonly CountyTownship[] = [
  { id: "north", name: "北乡", villages: villages("longwan", "shuikou") },
  { id: "south", name: "南乡", villages: villages("sunjia", "zhoujia") },
];
/** Waits of a box that are short for a test, and long enough for a busy machine. */
const TIMING = { timing: { timeoutMs: 2000, probeMs: 300, retry: { firstMs: 20, capMs: 200 } } };

export interface ReaderOptions {
  readonly store?: CountyStore;
  /** Of the broker of its own unless told. */
  readonly urls?: readonly string[];
  readonly tls?: CountyBrokerConfig["tls"];
  readonly warn?: (fields: object, message: string) => void;
}

export interface BoxOptions {
  readonly source?: Parameters<typeof createMqttBox>[3];
  readonly url?: string;
  readonly tls?: UpstreamTls;
}

/** Every fifth an alarm, every tenth audit; alarms that end and such that do not. */
export async function fill(
  box: Pick<ReturnType<typeof createMqttBox>, "append">,
  count: number,
): Promise<void> {
  for (let index = 1; index <= count; index++) {
    const eventClass: EventClass = index % 5 === 0 ? "alarm" : index % 10 === 1 ? "audit" : "state";
    const type = eventClass !== "alarm" ? "test" : index % 10 === 0 ? "alarm.cleared" : "alarm.raised";
    await box.append({
      type: `org.cunshao.${type}`,
      class: eventClass,
      subject: `alarm-${Math.ceil(index / 10)}`,
      data: { index, severity: "danger" },
    });
  }
}

/** A broker that runs until the end of the test. */
export async function startBroker(lines: readonly string[] = [], scheme = "mqtt"): Promise<Mosquitto> {
  const broker = await createMosquitto(lines, scheme);
  onTestFinished(() => broker.remove());
  await broker.start();
  return broker;
}

/** @param broker started. With a database of its own at a real server, and as many readers and boxes as a test likes. */
export async function setUpCounty(server: PostgresServer, database: string, broker: Mosquitto) {
  const address = await server.database(database);
  const ownStore = await openCountyStore(address);
  onTestFinished(() => ownStore.close());
  return {
    broker,
    store: ownStore,
    url: address,
    async reader(
      name = "a",
      { store = ownStore, urls = [broker.url], tls = {}, warn = () => undefined }: ReaderOptions = {},
    ) {
      const log = { ...silentLogger, warn };
      const reader = createCountyReader(
        {
          broker: createCountyBroker(
            { log },
            {
              ...{ urls, tls, topic: "cunshao", group: "county", clientId: `reader-${name}` },
              login: { username: "county", password: "any" },
            },
          ),
          ...{ store, clock: systemClock, random: Math.random, log },
        },
        {
          topic: "cunshao",
          villages: new Set(TOWNSHIPS.flatMap((each) => each.villages.map(({ id }) => id))),
        },
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
    box(site: string, { source, url = broker.url, tls }: BoxOptions = {}) {
      const login = { username: site, password: "any" };
      const box = createMqttBox(site, url, { ...TIMING, login, tls }, source);
      onTestFinished(() => box.upstream.stop());
      return box;
    },
    figures: (): Promise<CountyFigures> => figuresOf(ownStore),
    /** Of the table itself: numbers of a ledger in their order. */
    async seqs(ledger: string): Promise<number[]> {
      const rows = await server.queryAt<{ seq: string }>(
        address,
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
