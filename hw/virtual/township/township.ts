// hw/virtual/township/: the township centre as a box sees it: a receiver of events and evidence that keeps everything
// durably and checks the chain, and the fibre between the two. May import node builtins, src/core, fastify,
// canonicalize, zod and hw/virtual/serial; never src/buffer or src/forward, whose work it checks.
import { createHash, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { canonicalHash } from "./canonical-hash.ts";
import { type EventFile, openEventFile } from "./event-file.ts";
import { type EvidenceShelf, isSha256, openEvidenceShelf } from "./evidence-shelf.ts";
import { createLedgerBook, type LedgerBook, type LedgerSummary, type ReceivedEvent } from "./ledger-book.ts";
import { answerProblem, Problem } from "./problem.ts";
import { conflict, parseBatch } from "./received-batch.ts";

export interface TownshipConfig {
  readonly host: string;
  /** 0 takes any free one, which a later `start` takes again. */
  readonly port: number;
  /** Holds `events.ndjson` and `evidence/`. */
  readonly folder: string;
  readonly token: string;
}

export interface TownshipSummary {
  readonly ledgers: readonly LedgerSummary[];
  /** How many files. */
  readonly evidence: number;
}

export interface Township {
  /** Reads what is on disk and listens. @throws the system error, or GatewayError `township.file_corrupt`. */
  start(): Promise<void>;
  /** Cuts every connection; what was answered is on disk. May be called twice. */
  stop(): Promise<void>;
  /** The one it listens on, or will. */
  readonly port: number;
  summary(): TownshipSummary;
  /** Calls for each event that is new, once it is on disk. Returns how to stop. */
  onEvent(listener: (event: LedgerEvent) => void): () => void;
}

const EVENTS_LIMIT_BYTES = 32 * 1024 * 1024;
const EVIDENCE_LIMIT_BYTES = 256 * 1024 * 1024;
const PAGE_LIMIT = 1000;

interface Office {
  readonly server: FastifyInstance;
  readonly book: LedgerBook;
  readonly file: EventFile;
  readonly shelf: EvidenceShelf;
}

/**
 * `POST /events` (`application/cloudevents-batch+json`, one ledger a batch) answers `{ledger, stored}` once all is on
 * disk; a batch is taken whole or not at all. `PUT /evidence/<sha256>`, `GET /summary`, and `GET /events?after=&limit=`:
 * events in order of arrival, `after` counts arrivals and the header `Township-Next` gives the next one.
 */
export function createTownship(config: TownshipConfig): Township {
  const arrivals = createSignal<LedgerEvent>();
  let port = config.port;
  let office: Office | undefined;

  async function open(): Promise<Office> {
    const book = createLedgerBook();
    const file = await openEventFile(join(config.folder, "events.ndjson"), (event) =>
      book.enter({ event, digest: canonicalHash(event) }),
    );
    try {
      const shelf = await openEvidenceShelf(join(config.folder, "evidence"));
      const server = serverFor({ book, file, shelf });
      await server.listen({ host: config.host, port });
      return { server, book, file, shelf };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  function summaryOf({ book, shelf }: Pick<Office, "book" | "shelf">): TownshipSummary {
    return { ledgers: book.summaries(), evidence: shelf.count };
  }

  function serverFor({ book, file, shelf }: Omit<Office, "server">): FastifyInstance {
    const server = fastify({ forceCloseConnections: true, bodyLimit: EVENTS_LIMIT_BYTES });
    server.removeAllContentTypeParsers();
    server.addContentTypeParser(
      "application/cloudevents-batch+json",
      { parseAs: "buffer" },
      (_request, body, done) => done(null, body),
    );
    server.addHook("onRequest", async (request) => {
      if (!isBearer(request, config.token))
        throw new Problem(401, "token.wrong", "The bearer token is not ours");
    });
    server.setErrorHandler((error, _request, reply) => answerProblem(reply, error));
    server.setNotFoundHandler((_request, reply) =>
      answerProblem(reply, new Problem(404, "path.unknown", "Nothing here")),
    );

    let turn: Promise<unknown> = Promise.resolve();
    /** Batches go one after the other, so that what is checked still holds when it is written. */
    function inTurn<T>(work: () => Promise<T>): Promise<T> {
      const done = turn.then(work);
      turn = done.catch(() => {});
      return done;
    }

    async function take(received: readonly ReceivedEvent[]): Promise<void> {
      const fresh = received.filter((one) => {
        const standing = book.standing(one);
        if (standing === "conflict") throw conflict(one.event.id);
        return standing === "new";
      });
      if (fresh.length === 0) return;
      await file.append(fresh.map(({ event }) => event));
      for (const one of fresh) book.enter(one);
      for (const { event } of fresh) arrivals.emit(event);
    }
    server.addHook("onClose", () => turn.then(() => {}));

    server.post("/events", async (request) => {
      const { ledger, events } = parseBatch(request.body, nameOfLedger(request.headers["cunshao-ledger"]));
      await inTurn(() => take(events));
      return { ledger, stored: book.stored(ledger) };
    });

    server.get<{ Querystring: { after?: string; limit?: string } }>("/events", async (request, reply) => {
      const after = wholeNumber(request.query.after ?? "0");
      const limit = Math.min(wholeNumber(request.query.limit ?? "100"), PAGE_LIMIT);
      const events = await file.read(after, limit);
      return reply
        .header("township-next", after + events.length)
        .type("application/cloudevents-batch+json")
        .send(JSON.stringify(events));
    });

    server.get("/summary", async () => summaryOf({ book, shelf }));

    void server.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
      scope.put<{ Params: { sha256: string } }>(
        "/evidence/:sha256",
        { bodyLimit: EVIDENCE_LIMIT_BYTES },
        async (request, reply) => {
          const { sha256 } = request.params;
          if (!isSha256(sha256))
            throw new Problem(400, "evidence.name", "The name is no SHA-256 in lower case");
          const content = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
          const result = await shelf.put(sha256, content);
          if (result === "wrong") throw new Problem(422, "evidence.sum", "The content has another SHA-256");
          return reply.code(result === "stored" ? 201 : 200).send({ id: sha256 });
        },
      );
    });
    return server;
  }

  return {
    get port() {
      return port;
    },
    onEvent: arrivals.on,
    summary: () => (office ? summaryOf(office) : { ledgers: [], evidence: 0 }),
    async start() {
      office = await open();
      port = (office.server.server.address() as AddressInfo).port;
    },
    async stop() {
      const closing = office;
      office = undefined;
      await closing?.server.close();
      await closing?.file.close();
    },
  };
}

function isBearer(request: FastifyRequest, token: string): boolean {
  const sum = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(sum(request.headers.authorization ?? ""), sum(`Bearer ${token}`));
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Problem(400, "query.malformed", `${text} is no count`);
  return value;
}

function nameOfLedger(header: string | string[] | undefined): string {
  if (typeof header === "string" && header !== "") return header;
  throw new Problem(400, "batch.no_ledger", "The header Cunshao-Ledger is missing");
}
