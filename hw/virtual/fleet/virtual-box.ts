import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { EventClass, LedgerEvent } from "../../../src/core/event.ts";
import { canonicalHash } from "../township/canonical-hash.ts";

export interface VirtualBoxDraft {
  readonly type: string;
  readonly class: EventClass;
  readonly subject?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A box as pullers see it: a ledger with a real chain, files, cursors. In memory. */
export interface VirtualBox {
  readonly id: string;
  readonly token: string;
  readonly ledger: string;
  readonly events: readonly LedgerEvent[];
  readonly cursors: ReadonlyMap<string, { ledger: string; seq: number; holder?: string; at: string }>;
  append(draft: VirtualBoxDraft): LedgerEvent;
  /** Adds a file and the event that names it. */
  addFile(content: Uint8Array, mediaType: string): string;
  /** Goes on with a new ledger, as after a damaged card. */
  beginLedger(): void;
  /** For what a good box does not: changes what stands in the ledger. */
  tamper(change: (events: LedgerEvent[]) => void): void;
  /** @param path below `/api/v1/`. */
  answer(request: IncomingMessage, path: string, query: URLSearchParams, response: ServerResponse): void;
  close(): void;
}

const START_MS = Date.parse("2026-07-01T00:00:00Z");
const FIRST_PREVHASH = "0".repeat(64);
const MOST_WAIT_S = 60;

export function createVirtualBox(id: string, token: string): VirtualBox {
  let ledger = randomBytes(10).toString("hex");
  let events: LedgerEvent[] = [];
  const files = new Map<string, { content: Uint8Array; mediaType: string }>();
  const cursors = new Map<string, { ledger: string; seq: number; holder?: string; at: string }>();
  const waiting = new Set<() => void>();

  function append({ type, class: eventClass, subject, data }: VirtualBoxDraft): LedgerEvent {
    const before = events.at(-1);
    const seq = (before?.seq ?? 0) + 1;
    const open = {
      specversion: "1.0" as const,
      id: `${ledger}-${seq}`,
      source: `/sites/${id}`,
      type,
      ...(subject !== undefined && { subject }),
      time: new Date(START_MS + seq * 1000).toISOString(),
      datacontenttype: "application/json" as const,
      data,
      ledger,
      seq,
      class: eventClass,
      boot: "b7d0c1f2-boot",
      monotonic: seq * 1000,
      clock: "synced" as const,
      prevhash: before?.hash ?? FIRST_PREVHASH,
    };
    const event: LedgerEvent = { ...open, hash: canonicalHash(open) };
    events.push(event);
    for (const wake of [...waiting]) wake();
    return event;
  }

  function problem(response: ServerResponse, status: number, code: string): void {
    response.writeHead(status, {
      "content-type": "application/problem+json",
      "cunshao-ledger": ledger,
      "cunshao-head": String(events.at(-1)?.seq ?? 0),
    });
    response.end(JSON.stringify({ type: `urn:cunshao:problem:${code}`, title: code, status, code }));
  }

  function answerEvents(request: IncomingMessage, query: URLSearchParams, response: ServerResponse): void {
    const after = Number(query.get("after") ?? "0");
    const limit = Number(query.get("limit") ?? "100");
    const only = query.get("class");
    if (after > (events.at(-1)?.seq ?? 0)) {
      problem(response, 409, "cursor.future");
      return;
    }
    const find = () =>
      events.filter(({ seq, class: own }) => seq > after && (only === null || own === only)).slice(0, limit);
    const send = (): void => {
      const found = find();
      const head = events.at(-1)?.seq ?? 0;
      const next = found.length === limit ? (found.at(-1)?.seq ?? after) : head;
      const text = JSON.stringify(found);
      const squeezed = /gzip/.test(String(request.headers["accept-encoding"]));
      response.writeHead(200, {
        "content-type": "application/cloudevents-batch+json; charset=utf-8",
        "cunshao-ledger": ledger,
        "cunshao-head": String(head),
        "cunshao-next": String(next),
        ...(squeezed && { "content-encoding": "gzip" }),
      });
      response.end(squeezed ? gzipSync(text) : text);
    };
    const waitS = Math.min(MOST_WAIT_S, Number(query.get("wait") ?? "0"));
    if (find().length > 0 || waitS === 0) {
      send();
      return;
    }
    const end = (): void => {
      waiting.delete(end);
      clearTimeout(timer);
      if (!response.destroyed) send();
    };
    const timer = setTimeout(end, waitS * 1000);
    waiting.add(end);
    response.once("close", () => {
      waiting.delete(end);
      clearTimeout(timer);
    });
  }

  function answerFile(request: IncomingMessage, sha256: string, response: ServerResponse): void {
    const file = files.get(sha256);
    if (!file) {
      problem(response, 404, "evidence.unknown");
      return;
    }
    const size = file.content.byteLength;
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
    const start = from !== undefined && request.headers["if-range"] === `"${sha256}"` ? Number(from) : 0;
    if (start > 0 && start >= size) {
      problem(response, 416, "evidence.range");
      return;
    }
    response.writeHead(start > 0 ? 206 : 200, {
      "content-type": file.mediaType,
      "content-length": String(size - start),
      etag: `"${sha256}"`,
      ...(start > 0 && { "content-range": `bytes ${start}-${size - 1}/${size}` }),
    });
    response.end(file.content.subarray(start));
  }

  async function answerCursor(
    request: IncomingMessage,
    name: string,
    response: ServerResponse,
  ): Promise<void> {
    const known = cursors.get(name);
    const head = events.at(-1)?.seq ?? 0;
    const send = (value: object): void => {
      response.writeHead(200, {
        "content-type": "application/json",
        "cunshao-ledger": ledger,
        "cunshao-head": String(head),
      });
      response.end(JSON.stringify(value));
    };
    if (request.method !== "PUT") {
      if (name === "") {
        send([...cursors].map(([each, position]) => ({ name: each, ...position })));
        return;
      }
      if (!known) {
        problem(response, 404, "cursor.unknown");
        return;
      }
      const after = known.ledger === ledger ? known.seq : 0;
      const left = events.filter(({ seq }) => seq > after);
      const alarms = left.filter((event) => event.class === "alarm").length;
      send({ name, ...known, waiting: { events: left.length, alarms } });
      return;
    }
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const order = JSON.parse(text) as { ledger: string; seq: number; holder?: string; takeOver?: boolean };
    if (order.ledger !== ledger) {
      problem(response, 409, "cursor.other_ledger");
      return;
    }
    if (order.seq > head) {
      problem(response, 409, "cursor.future");
      return;
    }
    if (known?.holder !== undefined && known.holder !== order.holder && !order.takeOver) {
      problem(response, 409, "cursor.taken");
      return;
    }
    const { takeOver: _takeOver, ...position } = order;
    cursors.set(name, { ...position, at: new Date().toISOString() });
    send({ name, ...position });
  }

  return {
    id,
    token,
    get ledger() {
      return ledger;
    },
    get events() {
      return events;
    },
    cursors,
    append,
    addFile(content, mediaType) {
      const sha256 = createHash("sha256").update(content).digest("hex");
      files.set(sha256, { content, mediaType });
      const data = { kind: "snapshot", sha256, mediaType, sizeBytes: content.byteLength };
      append({ type: "org.cunshao.evidence.added", class: "state", data });
      return sha256;
    },
    beginLedger() {
      ledger = randomBytes(10).toString("hex");
      events = [];
    },
    tamper: (change) => change(events),
    answer(request, path, query, response) {
      if (request.headers.authorization !== `Bearer ${token}`) {
        problem(response, 401, "session.required");
        return;
      }
      const [room = "", name = ""] = path.split("/");
      if (room === "events") answerEvents(request, query, response);
      else if (room === "evidence") answerFile(request, name, response);
      else if (room === "cursors") {
        answerCursor(request, name, response).catch(() => response.destroy());
      } else problem(response, 404, "route.unknown");
    },
    close() {
      for (const wake of [...waiting]) wake();
    },
  };
}
