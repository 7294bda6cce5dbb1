import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { draft, scratchFolder } from "../buffer/scratch.ts";
import { setUp, TOKEN } from "./set-up.ts";

type SetUp = Awaited<ReturnType<typeof setUp>>;

async function addEvidence({ evidence, ledger }: SetUp, text: string): Promise<string> {
  const sha256 = await evidence.put(Buffer.from(text), "image/jpeg");
  await ledger.append(
    draft({
      type: "org.cunshao.evidence.added",
      class: "alarm",
      subject: "a1",
      data: { sha256, mediaType: "image/jpeg", kind: "snapshot" },
    }),
  );
  return sha256;
}

const paths = ({ receiver }: SetUp) => receiver.calls.map(({ method, path }) => `${method} ${path}`);
const puts = (all: SetUp) => paths(all).filter((path) => path.startsWith("PUT"));

describe("evidence on its way to an upstream", () => {
  test("goes after the event that names it, with its type", async () => {
    const all = await setUp();
    const sha256 = await addEvidence(all, "picture");
    await all.upstream.start();
    await until(() => all.receiver.files.size === 1);
    expect(all.receiver.files.get(sha256)?.toString()).toBe("picture");
    expect(paths(all)).toEqual(["POST /base/events", `PUT /base/evidence/${sha256}`]);
    expect(all.receiver.calls[1]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      "content-type": "image/jpeg",
      "content-length": "7",
      "cunshao-ledger": all.ledger.id,
    });
  });

  test("is a clip of many megabytes as well, never whole in memory", async () => {
    const all = await setUp();
    const clip = join(await scratchFolder(), "clip.mp4");
    const content = randomBytes(12 * 1024 * 1024);
    writeFileSync(clip, content);
    const sha256 = await all.evidence.putFile(clip, "video/mp4");
    await all.ledger.append(
      draft({ type: "org.cunshao.evidence.added", class: "alarm", data: { sha256, kind: "clip" } }),
    );
    await all.upstream.start();
    await until(() => all.receiver.files.has(sha256));
    expect(all.receiver.files.get(sha256)?.equals(content)).toBe(true);
  });

  test("goes once, also over a restart", async () => {
    const all = await setUp();
    await addEvidence(all, "one");
    await all.upstream.start();
    await until(
      async () => (await all.evidenceOutbox.pending("township", 0, 9)).length === 0 && puts(all).length,
    );
    await all.upstream.stop();
    const two = await addEvidence(all, "two");
    await all.make().start();
    await until(() => all.receiver.files.has(two));
    expect(puts(all)).toHaveLength(2);
  });

  test("does not go while the upstream does not take events", async () => {
    const all = await setUp();
    await addEvidence(all, "picture");
    all.receiver.misbehave(({ method }, response) => {
      if (method !== "POST") return false;
      response.writeHead(500).end();
      return true;
    });
    await all.upstream.start();
    await until(() => all.receiver.calls.length >= 3);
    expect(puts(all)).toEqual([]);
    all.receiver.misbehave(undefined);
    await until(() => all.receiver.files.size === 1);
  });

  test("never holds up events, even when a file takes for ever", async () => {
    const all = await setUp();
    all.receiver.misbehave(({ method }) => method === "PUT");
    await addEvidence(all, "picture");
    await all.upstream.start();
    await until(() => puts(all).length === 1);
    await all.append(5);
    await until(async () => (await all.acknowledged()) === 6);
    expect(all.upstream.state().status).toBe("connected");
    await all.upstream.stop();
    expect(all.receiver.files.size).toBe(0);
  });

  test("is tried again when it failed, and only counted when the upstream has it", async () => {
    const all = await setUp();
    let failures = 0;
    all.receiver.misbehave(({ method }, response) => {
      if (method !== "PUT" || failures === 2) return false;
      failures += 1;
      response.writeHead(503).end();
      return true;
    });
    await addEvidence(all, "picture");
    await all.upstream.start();
    await until(() => failures === 2);
    await until(() => all.receiver.files.size === 1);
    await until(async () => (await all.evidenceOutbox.pending("township", 0, 9)).length === 0);
  });

  test("makes room for other files when the upstream does not want it or it is gone", async () => {
    const all = await setUp();
    const unwanted = await addEvidence(all, "unwanted");
    const gone = await addEvidence(all, "gone");
    await rm((await all.evidence.find(gone))?.path ?? "");
    const last = await addEvidence(all, "last");
    all.receiver.misbehave(({ path }, response) => {
      if (!path.endsWith(unwanted)) return false;
      response.writeHead(413).end();
      return true;
    });
    await all.upstream.start();
    await until(() => all.receiver.files.has(last));
    await until(async () => (await all.evidenceOutbox.pending("township", 0, 9)).length === 2);
    expect(puts(all)).toEqual([`PUT /base/evidence/${unwanted}`, `PUT /base/evidence/${last}`]);
    expect(all.upstream.state().status).toBe("connected");
  });

  test("is not cut off by an event that is delivered meanwhile, where it goes whole", async () => {
    const all = await setUp({ probeMs: 1500 });
    let finish: (() => void) | undefined;
    all.receiver.misbehave(({ method }, response) => {
      if (method !== "PUT") return false;
      finish ??= () => response.writeHead(204).end();
      return true;
    });
    await addEvidence(all, "picture");
    await all.upstream.start();
    await until(() => finish !== undefined);
    await all.ledger.append(draft());
    await until(async () => (await all.acknowledged()) === 2);
    // It would have been cut off before the township is asked whether it is there.
    const asked = () => all.receiver.calls.filter(({ body }) => body.toString() === "[]").length;
    await until(() => asked() > 0);
    finish?.();
    await until(async () => (await all.evidenceOutbox.pending("township", 0, 9)).length === 0);
    expect(puts(all)).toHaveLength(1);
  });

  test("lets others have their turn when events came in between each time, where it goes whole", async () => {
    const all = await setUp();
    const first = await addEvidence(all, "first");
    const second = await addEvidence(all, "second");
    let isOnItsWay = false;
    all.receiver.misbehave(({ method, path }, response) => {
      if (path.endsWith(first)) {
        isOnItsWay = true;
        void all.ledger.append(draft());
        response.on("close", () => {
          isOnItsWay = false;
        });
        return true;
      }
      // The line is taken by the file.
      if (method === "POST" && isOnItsWay) response.destroy();
      return method === "POST" && isOnItsWay;
    });
    await all.upstream.start();
    await until(() => all.receiver.files.has(second), { timeoutMs: 20_000 });
    expect(puts(all).filter((path) => path.endsWith(first))).toHaveLength(3);
  });
});
