// hw/virtual/township/: the township centre as a box sees it: a receiver of events and evidence that keeps everything
// durably and checks the chain, and the fibre between the two. May import node builtins, src/core, fastify,
// canonicalize, zod and hw/virtual/serial; never src/buffer or src/forward, whose work it checks.
import { createHash, timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { type Absences, openAbsences } from "./absences.ts";
import { canonicalHash } from "./canonical-hash.ts";
import { type EventFile, openEventFile } from "./event-file.ts";
import { type EvidenceShelf, isSha256, openEvidenceShelf } from "./evidence-shelf.ts";
import { createLedgerBook, type LedgerBook, type LedgerSummary, type ReceivedEvent } from "./ledger-book.ts";
import { answerProblem, Problem } from "./problem.ts";
import { conflict, parseAbsent, parseBatch } from "./received-batch.ts";

export interface TownshipConfig {
  readonly host: string;
  /** 0 takes any free one, which a later `start` takes again. */
  readonly port: number;
  /** Holds `events.ndjson`, `absent.ndjson` and `evidence/`. */
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
  readonly absences: Absences;
}

/**
 * `POST /events` (`application/cloudevents-batch+json`, one ledger a batch) answers `{ledger, stored, held, time}` once all is
 * on disk; a batch is taken whole or not at all. Numbers in `Cunshao-Absent` are no gaps. `PUT /evidence/<sha256>`, or HEAD and
 * PATCH in pieces (draft-ietf-httpbis-resumable-upload-10), `GET /summary`, and `GET /events?after=&limit=`:
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
    const absences = await openAbsences(join(config.folder, "absent.ndjson"), book);
    try {
      const shelf = await openEvidenceShelf(join(config.folder, "evidence"));
      const server = serverFor({ book, file, shelf, absences });
      await server.listen({ host: config.host, port });
      return { server, book, file, shelf, absences };
    } catch (error) {
      await file.close();
      await absences.close();
      throw error;
    }
  }

  function summaryOf({ book, shelf }: Pick<Office, "book" | "shelf">): TownshipSummary {
    return { ledgers: book.summaries(), evidence: shelf.count };
  }

  function serverFor({ book, file, shelf, absences }: Omit<Office, "server">): FastifyInstance {
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
      const absent = parseAbsent(request.headers["cunshao-absent"]);
      await inTurn(async () => {
        await take(events);
        await absences.add(ledger, book.enterAbsent(ledger, absent));
      });
      const stored = book.stored(ledger);
      const beyond = events.map(({ event }) => event.seq).filter((seq) => seq > stored);
      return { ledger, stored, held: beyond.map((seq) => [seq, seq]), time: new Date().toISOString() };
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
          const sha256 = nameOfEvidence(request.params.sha256);
          const content = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
          const result = await shelf.put(sha256, content);
          if (result === "wrong") throw new Problem(422, "evidence.sum", "The content has another SHA-256");
          return reply.code(result === "stored" ? 201 : 200).send({ id: sha256 });
        },
      );
      scope.head<{ Params: { sha256: string } }>("/evidence/:sha256", async (request, reply) => {
        const { bytes, isWhole } = await shelf.progress(nameOfEvidence(request.params.sha256));
        if (bytes === 0 && !isWhole)
          throw new Problem(404, "evidence.unknown", "Nothing of this file is here");
        return reply
          .code(204)
          .header("upload-offset", bytes)
          .header("upload-complete", isWhole ? "?1" : "?0")
          .header("cache-control", "no-store")
          .send();
      });
      scope.patch<{ Params: { sha256: string } }>(
        "/evidence/:sha256",
        { bodyLimit: EVIDENCE_LIMIT_BYTES },
        async (request, reply) => {
          const sha256 = nameOfEvidence(request.params.sha256);
          const piece = {
            offset: wholeNumber(String(request.headers["upload-offset"] ?? "")),
            content: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
            isLast: request.headers["upload-complete"] === "?1",
          };
          const result = await inTurn(() => shelf.add(sha256, piece));
          if (result === "wrong") throw new Problem(422, "evidence.sum", "The content has another SHA-256");
          const { bytes } = await shelf.progress(sha256);
          reply.header("upload-offset", bytes);
          if (result === "elsewhere")
            throw new Problem(409, "evidence.offset", `The file goes on at ${bytes}`);
          return reply.code(result === "stored" ? 201 : 204).send();
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
      await closing?.absences.close();
    },
  };
}

function isBearer(request: FastifyRequest, token: string): boolean {
  const sum = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(sum(request.headers.authorization ?? ""), sum(`Bearer ${token}`));
}

function nameOfEvidence(sha256: string): string {
  if (isSha256(sha256)) return sha256;
  throw new Problem(400, "evidence.name", "The name is no SHA-256 in lower case");
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
