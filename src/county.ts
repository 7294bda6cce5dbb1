// `cunshao county FILE`: reads what the boxes of a county publish at its brokers into PostgreSQL, and says how they are. Composes county/,
// buffer/, config/ and panel/; called by cli.ts.
import { hostname } from "node:os";
import { join } from "node:path";
import { openCountyStore } from "./buffer/copies/county-store.ts";
import { type County, loadCounty } from "./config/county.ts";
import type { Environment } from "./config/environment.ts";
import { formatProblem } from "./config/problems.ts";
import type { CountyFigures, CountyStore } from "./core/county.ts";
import type { Logger } from "./core/log.ts";
import { systemClock as clock, isoTime } from "./core/time.ts";
import { createCountyBroker } from "./county/broker.ts";
import { createCountyReader } from "./county/county-reader.ts";
import { countyFigures } from "./county/figures.ts";
import { figuresText } from "./county/figures-text.ts";
import {
  complain,
  EXIT,
  exitCodeOf,
  printProblems,
  projectFolder,
  type Running,
  runUntilSignal,
} from "./main.ts";
import { createCountyServer } from "./panel/county/county-server.ts";
import { stopParts } from "./stop-parts.ts";

export interface CountyOptions {
  readonly check?: boolean;
  /** Only says how the county stands. */
  readonly figures?: boolean;
  readonly json?: boolean;
  /** Of this reader where several run; the machine's name unless given. */
  readonly reader?: string;
}

/** Runs until SIGTERM or SIGINT; resolves with the exit code. What goes wrong is one line on stderr. */
export async function runCounty(
  file: string,
  { environment, ...options }: CountyOptions & { readonly environment: Environment },
): Promise<number> {
  const loaded = await loadCounty(file);
  if (!loaded.ok) {
    printProblems(loaded.problems.map(formatProblem));
    return EXIT.config;
  }
  const { listen } = loaded.county;
  const county = {
    ...loaded.county,
    listen: { host: environment.host ?? listen.host, port: environment.port ?? listen.port },
  };
  if (options.check) {
    process.stdout.write(`${file}: in order\n`);
    return EXIT.ok;
  }
  if (options.figures) return printFigures(county, options.json ?? false);
  return runUntilSignal(async (log) => {
    const running = await startCounty(county, options.reader ?? hostname(), log);
    process.stdout.write(`${running.url() ?? ""}/figures\n`);
    return running;
  });
}

export interface RunningCounty extends Running {
  url(): string | undefined;
}

/** @param reader another one for each reader of the county. */
export async function startCounty(county: County, reader: string, log: Logger): Promise<RunningCounty> {
  const { brokers, database, listen, townships } = county;
  const store = await openCountyStore(database.url, database.password);
  const broker = createCountyBroker(
    { log },
    { ...brokers, clientId: `cunshao-county-${county.id}-${reader}` },
  );
  const villages = new Set(townships.flatMap((township) => township.villages.map(({ id }) => id)));
  const keeper = createCountyReader(
    { broker, store, clock, random: Math.random, log },
    { topic: brokers.topic, villages },
  );
  const server = createCountyServer(
    { figures: () => figuresNow(county, store), reader: keeper.figures, log },
    {
      ...listen,
      county: { id: county.id, name: county.name },
      pageFolder: join(projectFolder(), "dist/county"),
    },
  );
  await server.start();
  await keeper.start();
  return {
    url: server.url,
    async stop() {
      await stopParts([server, keeper], log);
      await store.close();
    },
  };
}

async function printFigures(county: County, isJson: boolean): Promise<number> {
  let store: CountyStore | undefined;
  try {
    store = await openCountyStore(county.database.url, county.database.password);
    const figures = await figuresNow(county, store);
    process.stdout.write(isJson ? `${JSON.stringify(figures)}\n` : figuresText(figures));
    return EXIT.ok;
  } catch (error) {
    complain(error);
    return exitCodeOf(error);
  } finally {
    await store?.close();
  }
}

async function figuresNow({ townships }: County, store: CountyStore): Promise<CountyFigures> {
  const [boxes, strangers] = await Promise.all([store.boxes(), store.strangers()]);
  return countyFigures(townships, boxes, strangers, isoTime(clock.now().wallMs));
}
