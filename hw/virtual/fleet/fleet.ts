// hw/virtual/fleet/: a township's boxes as a puller meets them, light enough for hundreds in one process. May import node builtins,
// src/core and hw/virtual/township; never src/panel or src/buffer, whose API it speaks from its own reading of the design.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { VirtualBox } from "./virtual-box.ts";

/** Answers in another way than a good box; false lets the good one answer. */
export type Misbehaviour = (request: IncomingMessage, path: string, response: ServerResponse) => boolean;

export interface Fleet {
  /** Of one box. */
  url(box: string): string;
  misbehave(how: Misbehaviour | undefined): void;
  /** Requests so far, as `GET <box>/<path>?<query>`. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

/** All boxes on one port of this machine, each below its id. */
export async function startFleet(boxes: readonly VirtualBox[]): Promise<Fleet> {
  const known = new Map(boxes.map((box) => [box.id, box]));
  const calls: string[] = [];
  let misbehaviour: Misbehaviour | undefined;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fleet");
    const [, id = "", path = ""] = /^\/([^/]+)\/api\/v1\/(.*)$/.exec(url.pathname) ?? [];
    calls.push(`${request.method} ${id}/${path}${url.search}`);
    const box = known.get(id);
    if (misbehaviour?.(request, `${id}/${path}`, response)) return;
    if (box) box.answer(request, path, url.searchParams, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (box) => `http://127.0.0.1:${port}/${box}`,
    calls,
    misbehave(how) {
      misbehaviour = how;
    },
    async close() {
      for (const box of boxes) box.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
