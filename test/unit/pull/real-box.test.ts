import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openPulledCopy } from "../../../src/buffer/copies/pulled-copy.ts";
import { systemClock } from "../../../src/core/time.ts";
import { chosenCursor } from "../../../src/pull/cursor-telling.ts";
import { createPuller } from "../../../src/pull/puller.ts";
import { askStandings } from "../../../src/pull/standing.ts";
import { draft, scratchBuffer } from "../buffer/scratch.ts";
import { listen, makeServer, TOKEN } from "../panel/panel-fixture.ts";
import { copied, hashes, scratchFolder } from "./pull-rig.ts";

test("the API of the gateway and the puller understand each other, on a real ledger with real files", async () => {
  const buffer = await scratchBuffer();
  const others = { ledger: buffer.ledger, cursors: buffer.cursors, evidence: buffer.evidence };
  const server = await makeServer(systemClock, {}, others as never);
  onTestFinished(() => server.app.close());
  const url = await listen(server);
  const picture = Buffer.alloc(40_000, 3);
  const sha256 = await buffer.evidence.put(picture, "image/jpeg");
  await Promise.all(
    Array.from({ length: 700 }, (_, index) =>
      buffer.ledger.append(
        draft({ class: index % 7 === 0 ? "alarm" : "audit", data: { index, words: "东塘" } }),
      ),
    ),
  );
  await buffer.ledger.append(
    draft({
      type: "org.cunshao.evidence.added",
      data: { kind: "snapshot", sha256, mediaType: "image/jpeg" },
    }),
  );
  const folder = await scratchFolder();
  const copy = await openPulledCopy({ folder, format: "ndjson", newHolder: () => "copy-a" });
  const boxes = [{ id: "longwan", url, token: TOKEN }];
  const puller = createPuller(
    { copy, cursor: chosenCursor("centre", copy.holder), clock: systemClock, random: Math.random },
    { boxes, atOnce: 1, takeOver: false, withFiles: true, follow: false, tries: 2 },
  );
  await puller.run(new AbortController().signal);
  await copy.close();

  expect(puller.views()[0]).toMatchObject({ phase: "done", missing: 0, broken: 0, files: 1 });
  const all = [...(await buffer.ledger.read({ after: 0, limit: 1000 }))];
  expect(hashes(await copied(folder, "longwan"))).toBe(hashes(all));
  const stored = await readFile(join(folder, "longwan/evidence", sha256.slice(0, 2), sha256));
  expect(stored.equals(picture)).toBe(true);
  expect(await buffer.cursors.get("centre")).toMatchObject({ seq: buffer.ledger.head, holder: "copy-a" });

  await buffer.ledger.append(draft({ class: "alarm" }));
  const signal = new AbortController().signal;
  const ask = (cursor: string) => askStandings({ clock: systemClock }, { boxes, cursor, atOnce: 1 }, signal);
  expect(await ask("centre")).toMatchObject([{ box: "longwan", waitingEvents: 1, waitingAlarms: 1 }]);
  expect(await ask("county")).toMatchObject([{ box: "longwan", waitingEvents: buffer.ledger.head }]);
});
