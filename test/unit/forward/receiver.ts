import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { LedgerEvent } from "../../../src/core/event.ts";

export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Answers a call in some other way than a good receiver; returns false to let the good one answer. */
export type Misbehaviour = (call: ReceivedCall, response: ServerResponse) => boolean;

/** A receiver of events as an upstream is meant to be, until told to misbehave. */
export interface Receiver {
  readonly url: string;
  readonly calls: ReceivedCall[];
  readonly events: LedgerEvent[];
  readonly files: Map<string, Buffer>;
  misbehave(how: Misbehaviour | undefined): void;
  /** Forgets events after `seq`, as a receiver does that was restored from a backup. */
  forgetAfter(seq: number): void;
  close(): Promise<void>;
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function answerJson(response: ServerResponse, status: number, value: unknown, headers = {}): true {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
  return true;
}

/** `holds`: it keeps account of numbers that never come, and of what it has beyond a gap, of which it may say nothing. */
export async function startReceiver({
  holds = false,
}: {
  readonly holds?: boolean | "unsaid";
} = {}): Promise<Receiver> {
  const calls: ReceivedCall[] = [];
  const events: LedgerEvent[] = [];
  const files = new Map<string, Buffer>();
  let misbehaviour: Misbehaviour | undefined;

  const kept = new Map<number, LedgerEvent | "absent">();

  /** As a township does that wants alarms before everything else. */
  function keep(batch: readonly LedgerEvent[], headers: IncomingHttpHeaders, response: ServerResponse): void {
    const ledger = headers["cunshao-ledger"];
    for (const event of batch) {
      if (typeof kept.get(event.seq) !== "object") events.push(event);
      kept.set(event.seq, event);
    }
    for (const range of String(headers["cunshao-absent"] ?? "")
      .split(",")
      .filter(Boolean)) {
      const [first = 0, last = first] = range.split("-").map(Number);
      for (let seq = first; seq <= last; seq += 1) if (!kept.has(seq)) kept.set(seq, "absent");
    }
    let stored = 0;
    while (kept.has(stored + 1)) stored += 1;
    const held = batch.filter(({ seq }) => seq > stored).map(({ seq }) => [seq, seq]);
    answerJson(response, 200, { ledger, stored, ...(holds === true && { held }) });
  }

  function store(batch: readonly LedgerEvent[], ledger: unknown, response: ServerResponse): void {
    for (const event of batch) if (event.seq === events.length + 1) events.push(event);
    answerJson(response, 200, { ledger, stored: events.length });
  }

  const server = createServer((request, response) => {
    void readAll(request)
      .then((body) => {
        const call = {
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body,
        };
        calls.push(call);
        if (misbehaviour?.(call, response)) return;
        if (call.method === "POST" && call.path === "/base/events") {
          const batch = JSON.parse(body.toString());
          if (holds) keep(batch, request.headers, response);
          else store(batch, request.headers["cunshao-ledger"], response);
        } else if (call.method === "PUT" && call.path.startsWith("/base/evidence/")) {
          files.set(call.path.slice("/base/evidence/".length), body);
          response.writeHead(204).end();
        } else {
          response.writeHead(404).end();
        }
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/base`,
    calls,
    events,
    files,
    misbehave(how) {
      misbehaviour = how;
    },
    forgetAfter(seq) {
      events.splice(seq);
      for (const each of [...kept.keys()]) if (each > seq) kept.delete(each);
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
