import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createFibre } from "../../../hw/virtual/township/fibre.ts";
import { createTownship } from "../../../hw/virtual/township/township.ts";
import { until } from "../../support/until.ts";
import { draft, scratchFolder } from "../buffer/scratch.ts";
import type { Misbehaviour } from "./receiver.ts";
import { setUp, TOKEN } from "./set-up.ts";

/** Each cut costs a wait that grows. */
const PATIENCE = { timeoutMs: 18_000 };
const MEBIBYTE = 1_048_576;

async function addClip(all: Awaited<ReturnType<typeof setUp>>, bytes: number) {
  const content = randomBytes(bytes);
  const path = join(await scratchFolder(), "clip.mp4");
  await writeFile(path, content);
  const sha256 = await all.evidence.putFile(path, "video/mp4");
  await all.ledger.append(
    draft({ type: "org.cunshao.evidence.added", class: "alarm", data: { sha256, kind: "clip" } }),
  );
  return { sha256, content };
}

/** A receiver that takes files in pieces, and breaks some answers off after it has stored the piece. */
function inPieces(breaksOff: (piece: number) => boolean): {
  readonly files: Map<string, Buffer>;
  readonly offsets: number[];
  readonly misbehaviour: Misbehaviour;
} {
  const files = new Map<string, Buffer>();
  const offsets: number[] = [];
  return {
    files,
    offsets,
    misbehaviour({ method, path, headers, body }, response) {
      const name = path.split("/").at(-1) ?? "";
      const known = files.get(name) ?? Buffer.alloc(0);
      if (method === "HEAD") {
        response.writeHead(known.length > 0 ? 204 : 404, { "upload-offset": String(known.length) }).end();
        return true;
      }
      if (method !== "PATCH") return false;
      expect(headers["content-type"]).toBe("application/partial-upload");
      const offset = Number(headers["upload-offset"]);
      offsets.push(offset);
      if (offset !== known.length) {
        response.writeHead(409, { "upload-offset": String(known.length) }).end();
        return true;
      }
      files.set(name, Buffer.concat([known, body]));
      if (breaksOff(offsets.length)) response.socket?.resetAndDestroy();
      else response.writeHead(204, { "upload-offset": String(known.length + body.length) }).end();
      return true;
    },
  };
}

describe("a clip on its way to an upstream", () => {
  test("goes in pieces and goes on where it was when the line breaks", async () => {
    const all = await setUp();
    const receiver = inPieces((piece) => piece === 2 || piece === 3);
    all.receiver.misbehave(receiver.misbehaviour);
    const { sha256, content } = await addClip(all, 3 * MEBIBYTE);
    await all.upstream.start();
    await until(
      async () =>
        (await all.evidenceOutbox.pending("township", 0, 9)).length === 0 && receiver.offsets.length,
    );
    expect(receiver.files.get(sha256)?.equals(content)).toBe(true);
    // Nothing twice: each piece begins where the one before ended.
    expect(new Set(receiver.offsets).size).toBe(receiver.offsets.length);
  });

  test("goes on as long as each try gets further, however often the line breaks", async () => {
    const all = await setUp();
    const receiver = inPieces((piece) => piece % 2 === 0);
    all.receiver.misbehave(receiver.misbehaviour);
    const { sha256, content } = await addClip(all, 5 * MEBIBYTE);
    await all.upstream.start();
    await until(() => receiver.files.get(sha256)?.equals(content));
    expect(receiver.offsets.length).toBeGreaterThan(2 * 4);
  });

  test("is looked at again by and by when it got no further for three tries", async () => {
    const all = await setUp({ refusedRetry: { firstMs: 20, capMs: 20 } });
    const receiver = inPieces(() => false);
    let tries = 0;
    all.receiver.misbehave((call, response) => {
      if (call.method !== "PATCH") return receiver.misbehaviour(call, response);
      tries += 1;
      if (tries > 5) return receiver.misbehaviour(call, response);
      response.socket?.resetAndDestroy();
      return true;
    });
    const { sha256, content } = await addClip(all, MEBIBYTE);
    await all.upstream.start();
    await until(() => receiver.files.get(sha256)?.equals(content));
  });

  test("makes room for an event, and goes on afterwards", async () => {
    const all = await setUp();
    const receiver = inPieces(() => false);
    /** Until the piece that takes the whole line is cut off, no event comes through. */
    let line: "free" | "taken" | "free again" = "free";
    all.receiver.misbehave((call, response) => {
      if (line === "free" && call.method === "PATCH" && receiver.offsets.length === 1) {
        line = "taken";
        response.on("close", () => {
          line = "free again";
        });
        return true;
      }
      if (line !== "taken") return receiver.misbehaviour(call, response);
      response.destroy();
      return true;
    });
    const { sha256, content } = await addClip(all, MEBIBYTE);
    await all.upstream.start();
    await until(() => all.receiver.calls.filter(({ method }) => method === "PATCH").length === 2);
    await all.ledger.append(draft({ class: "alarm" }));
    await until(async () => (await all.acknowledged()) === 2);
    await until(() => receiver.files.get(sha256)?.equals(content));
    expect(all.upstream.state().status).toBe("connected");
  });

  test("arrives whole at a real township however often the fibre is cut", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cunshao-pieces-"));
    const township = createTownship({ host: "127.0.0.1", port: 0, folder, token: TOKEN });
    await township.start();
    const fibre = createFibre({ listenPort: 0, targetHost: "127.0.0.1", targetPort: township.port });
    await fibre.start();
    onTestFinished(async () => {
      await fibre.stop();
      await township.stop();
      await rm(folder, { recursive: true, force: true });
    });
    const all = await setUp({ refusedRetry: { firstMs: 20, capMs: 20 } });
    const { sha256, content } = await addClip(all, 8 * MEBIBYTE);
    const upstream = all.make(`http://127.0.0.1:${fibre.port}`);
    await upstream.start();
    await until(() => upstream.state().status === "connected");
    for (let round = 0; round < 3; round += 1) {
      fibre.cut("reset");
      await until(() => fibre.mode === "reset");
      fibre.mend();
      await all.ledger.append(draft());
      await until(async () => (await all.acknowledged()) === all.ledger.head, PATIENCE);
    }
    await until(() => township.summary().evidence === 1, PATIENCE);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
    expect(township.summary().ledgers[0]).toMatchObject({ stored: all.ledger.head, gaps: [], chainOk: true });
  });
});
