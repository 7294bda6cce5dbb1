import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { recordOf, verifyChain } from "../../src/buffer/chain.ts";
import type { LedgerEvent } from "../../src/core/event.ts";
import { until } from "../support/until.ts";
import { startChild, stripTypes } from "./buffer-child.ts";

const ROUNDS = 6;
/** Every so many batches the receiver stores what came and breaks the connection instead of saying so. */
const SILENT_EVERY = 4;

/** Keeps events by id; what comes again must be what it was. */
async function startReceiver() {
  const stored = new Map<string, LedgerEvent>();
  const differing: string[] = [];
  const counts = { batches: 0, repeated: 0 };

  function store(event: LedgerEvent): void {
    const known = stored.get(event.id);
    if (known === undefined && event.seq === stored.size + 1) stored.set(event.id, event);
    if (known === undefined) return;
    counts.repeated += 1;
    if (JSON.stringify(known) !== JSON.stringify(event)) differing.push(event.id);
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const batch = JSON.parse(Buffer.concat(chunks).toString()) as LedgerEvent[];
      for (const event of batch) store(event);
      if (batch.length > 0) counts.batches += 1;
      if (batch.length > 0 && counts.batches % SILENT_EVERY === 0) response.destroy();
      else response.end(JSON.stringify({ ledger: request.headers["cunshao-ledger"], stored: stored.size }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stored, differing, counts };
}

test("an upstream has every durable event once by id, however often the gateway is killed", async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), "cunshao-forward-"));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  const child = await stripTypes(["core", "buffer", "forward"], "test/contract/forward-crash.child.ts");
  onTestFinished(() => child.remove());
  const receiver = await startReceiver();

  const durable = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const running = startChild(process.execPath, child.script, dataFolder, receiver.url);
    const killAt = receiver.stored.size + Math.floor(Math.random() * 200);
    await until(() => receiver.stored.size > killAt, {
      timeoutMs: 30_000,
      what: `events: ${running.errors()}`,
    });
    running.process.kill("SIGKILL");
    expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
    for (const line of running.lines)
      if (line.startsWith("durable ")) durable.add(line.slice("durable ".length));
  }
  const draining = startChild(process.execPath, child.script, dataFolder, receiver.url, "drain");
  expect(await draining.ended, draining.errors()).toMatchObject({ code: 0 });

  const lost = [...durable].filter((id) => !receiver.stored.has(id));
  expect({ lost, differing: receiver.differing }).toEqual({ lost: [], differing: [] });
  expect(receiver.counts.repeated, "the kills and silences made it send some again").toBeGreaterThan(0);
  const events = [...receiver.stored.values()];
  const records = events.map(recordOf);
  expect(await verifyChain(async (after) => records.slice(after, after + 1000))).toMatchObject({
    intact: true,
    tip: { seq: events.length },
  });
  expect(events.length).toBeGreaterThanOrEqual(durable.size);
});
