import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyPostgres } from "../../src/buffer/verify-postgres.ts";
import { createPostgresServer, type PostgresServer, postgresMissing } from "../support/postgres.ts";
import { fill, makeFleet, pull, scratchFolder } from "../unit/pull/pull-rig.ts";

const noPostgres = postgresMissing();
if (noPostgres) process.stderr.write(`skipped: ${noPostgres}\n`);

let server: PostgresServer;
beforeAll(async () => {
  if (noPostgres) return;
  server = await createPostgresServer();
  await server.start();
});
afterAll(() => server?.remove());

test.skipIf(noPostgres !== undefined)(
  "a box whose event has a subject that is no text is given up alone; the others are pulled into PostgreSQL",
  async () => {
    const rig = await makeFleet("taohua", "longwan");
    const [taken, good] = rig.boxes;
    if (!taken || !good) throw new Error("no boxes");
    for (const box of rig.boxes) fill(box, 30);
    rig.fleet.misbehave((_request, path, response) => {
      if (path !== "taohua/events") return false;
      response.writeHead(200, {
        "content-type": "application/cloudevents-batch+json",
        "cunshao-ledger": taken.ledger,
        "cunshao-head": "30",
      });
      response.end(JSON.stringify([{ ...taken.events[0], subject: { toString: 0, valueOf: 0 } }]));
      return true;
    });
    const postgres = await server.database("hostile");
    const puller = await pull(await scratchFolder(), rig, { format: { postgres }, atOnce: 1 });
    expect(puller.views()).toMatchObject([
      { box: "taohua", phase: "failed", reason: "box.bad_answer" },
      { box: "longwan", phase: "done", seq: 30 },
    ]);
    expect(await verifyPostgres({ url: postgres })).toMatchObject({
      intact: true,
      ledgers: [{ box: "longwan", events: 30 }],
    });
  },
);
