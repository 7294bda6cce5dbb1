import fastify from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { CountyFigures, CountyReport, CountySum, ReaderFigures } from "../../core/county.ts";
import { errorCode } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Part } from "../../core/part.ts";
import { counter, gauge, label, type MetricValues } from "../metrics-text.ts";
import { servePage } from "../page-files.ts";
import { createErrorHandler } from "../problems.ts";
import { createProtectiveHeaders } from "../protection.ts";

export interface CountyServerDependencies {
  readonly figures: () => Promise<CountyFigures>;
  readonly reader: () => ReaderFigures;
  readonly log: Logger;
}

export interface CountyServer extends Part {
  /** Undefined before it listens. */
  url(): string | undefined;
}

export interface CountyServerConfig {
  readonly host: string;
  readonly port: number;
  readonly county: CountyReport["county"];
  /** Of the built page. */
  readonly pageFolder: string;
}

/**
 * The page of figures, `/figures` as JSON, and `/metrics` for Prometheus, without a login: for this machine, or a network where everybody
 * may know how the county's boxes are.
 */
export function createCountyServer(
  { figures, reader, log }: CountyServerDependencies,
  { host, port, county, pageFolder }: CountyServerConfig,
): CountyServer {
  const app = fastify({ logger: false }).withTypeProvider<ZodTypeProvider>();
  const protect = createProtectiveHeaders(undefined);
  app.addHook("onRequest", async (_request, reply) => protect(reply));
  app.setErrorHandler(createErrorHandler(log));
  let url: string | undefined;

  const found = (): Promise<CountyFigures | undefined> =>
    figures().catch((error: unknown) => {
      log.error({ code: errorCode(error), error }, "no figures");
      return undefined;
    });

  app.get("/figures", async (_request, reply) => {
    const now = await found();
    const report: CountyReport = { ...now, county, reader: reader() };
    reply.header("cache-control", "no-store");
    if (now) return reply.send(report);
    const problem = { type: "urn:cunshao:problem:copy", title: "The database does not answer", status: 503 };
    return reply.code(503).send({ ...problem, ...report });
  });
  app.get("/metrics", async (_request, reply) => {
    const now = await found();
    // What the reader says of itself is there above all while the database is not.
    return reply
      .header("cache-control", "no-store")
      .type("text/plain; version=0.0.4; charset=utf-8")
      .send(readerMetrics(reader()) + (now ? countyMetrics(now) : ""));
  });

  return {
    name: "county-server",
    async start() {
      await servePage(app, pageFolder, log);
      url = await app.listen({ host, port });
    },
    stop: () => app.close(),
    url: () => url,
  };
}

function readerMetrics({ isConnected, isKeeping, kept, dropped, nonsense, queued }: ReaderFigures): string {
  return [
    gauge("cunshao_county_broker_up", "Whether this reader is connected", [["", Number(isConnected)]]),
    gauge("cunshao_county_keeping", "Whether the database takes events", [["", Number(isKeeping)]]),
    counter("cunshao_county_kept_events_total", "Events kept by this reader, repetitions included", [
      ["", kept],
    ]),
    counter("cunshao_county_dropped_events_total", "Not taken for want of room; each comes again", [
      ["", dropped],
    ]),
    counter("cunshao_county_nonsense_messages_total", "Messages that say nothing to keep", [["", nonsense]]),
    gauge("cunshao_county_queued_events", "Events that came and are not kept yet", [["", queued]]),
  ].join("");
}

/** By township: a series for each of some thousand boxes helps nobody. */
function countyMetrics({ townships, strangers }: CountyFigures): string {
  const each = (of: (sum: CountySum) => number): MetricValues =>
    townships.map((township) => [label("township", township.id), of(township)]);
  const states: MetricValues = townships.flatMap((township) =>
    (["there", "away", "never"] as const).map(
      (state) => [label("township", township.id, "state", state), township[state]] as const,
    ),
  );
  const alarms: MetricValues = townships.flatMap((township) =>
    Object.entries(township.openAlarms).map(
      ([severity, count]) => [label("township", township.id, "severity", severity), count] as const,
    ),
  );
  return [
    gauge("cunshao_county_boxes", "Boxes by how they are", states),
    gauge("cunshao_county_open_alarms", "Alarms not yet cleared", alarms),
    gauge(
      "cunshao_county_waiting_events",
      "Events that boxes have and the county not yet",
      each(({ waiting }) => waiting),
    ),
    gauge(
      "cunshao_county_missing_events",
      "Of these, such as later ones overtook",
      each(({ missing }) => missing),
    ),
    gauge(
      "cunshao_county_broken_places",
      "Places at which a chain does not fit",
      each(({ broken }) => broken),
    ),
    gauge(
      "cunshao_county_clashes",
      "Events with the number of another one",
      each(({ clashes }) => clashes),
    ),
    gauge(
      "cunshao_county_odd_events",
      "Events that are none, kept as they came",
      each(({ odd }) => odd),
    ),
    gauge(
      "cunshao_county_twins",
      "Boxes whose id another box has, too",
      each(({ twins }) => twins),
    ),
    gauge(
      "cunshao_county_wrong_clocks",
      "Boxes whose clock is ahead",
      each(({ wrongClocks }) => wrongClocks),
    ),
    gauge("cunshao_county_strangers", "Sites that publish and stand in no township", [
      ["", strangers.length],
    ]),
  ].join("");
}
