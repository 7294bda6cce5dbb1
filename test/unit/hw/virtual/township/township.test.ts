import { createHash } from "node:crypto";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import canonicalize from "canonicalize";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTownship, type Township } from "../../../../../hw/virtual/township/township.ts";
import type { LedgerEvent } from "../../../../../src/core/event.ts";

const TOKEN = "a-token-of-the-test";
const BATCH = "application/cloudevents-batch+json";
const sha256 = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");

/** A chain of `count` events as a box makes it. */
function chain(count: number, ledger = "ledger-a"): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const open = {
      specversion: "1.0" as const,
      id: `${ledger}-${seq}`,
      source: "/sites/430281-longwan",
      type: "org.cunshao.alarm.raised",
      subject: "pond-bank",
      time: "2026-07-01T14:03:22.123Z",
      datacontenttype: "application/json" as const,
      data: { text: "水边危险", number: 1.5 * seq },
      ledger,
      seq,
      class: "alarm" as const,
      boot: "b0",
      monotonic: 1000 + seq,
      clock: "synced" as const,
      prevhash: events.at(-1)?.hash ?? "0".repeat(64),
    };
    events.push({ ...open, hash: sha256(canonicalize(open) ?? "") });
  }
  return events;
}

let folder: string;
let township: Township;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cunshao-township-"));
  township = createTownship({ host: "127.0.0.1", port: 0, folder, token: TOKEN });
  await township.start();
});

afterEach(async () => {
  await township.stop();
  rmSync(folder, { recursive: true });
});

async function call(path: string, init: RequestInit = {}, token = TOKEN) {
  const response = await fetch(`http://127.0.0.1:${township.port}${path}`, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

/** The ledger that the first event names, as a gateway sends it. */
function ledgerOf(events: readonly unknown[] | string): string {
  const [first] = typeof events === "string" ? [] : (events as readonly Partial<LedgerEvent>[]);
  return first?.ledger ?? "ledger-a";
}

const post = (events: readonly unknown[] | string, type = BATCH) =>
  call("/events", {
    method: "POST",
    headers: { "content-type": type, "cunshao-ledger": ledgerOf(events) },
    body: typeof events === "string" ? events : JSON.stringify(events),
  });

const received = async (): Promise<LedgerEvent[]> => (await call("/events?limit=1000")).body;

/** Events 1-based by seq. */
const pick = (events: readonly LedgerEvent[], ...seqs: number[]) =>
  seqs.flatMap((seq) => events.filter((event) => event.seq === seq));

describe("the township", () => {
  test("answers an empty batch with how far it has the ledger that is named", async () => {
    expect((await post([])).body).toMatchObject({ ledger: "ledger-a", stored: 0 });
    await post(chain(3, "ledger-a"));
    expect((await post([])).body).toMatchObject({ ledger: "ledger-a", stored: 3 });
  });

  test("refuses a batch that does not say whose it is", async () => {
    const answer = await call("/events", { method: "POST", headers: { "content-type": BATCH }, body: "[]" });
    expect(answer.status).toBe(400);
  });

  test("answers how far it has a ledger without a gap", async () => {
    const events = chain(6);
    expect((await post(pick(events, 1, 2))).body).toMatchObject({ ledger: "ledger-a", stored: 2 });
    expect((await post(pick(events, 5, 4))).body).toMatchObject({ ledger: "ledger-a", stored: 2 });
    expect(township.summary().ledgers).toEqual([
      { ledger: "ledger-a", stored: 2, events: 4, gaps: [{ from: 3, to: 3 }], chainOk: true },
    ]);
    expect((await post(pick(events, 3))).body).toMatchObject({ ledger: "ledger-a", stored: 5 });
    expect((await call("/summary")).body).toEqual({
      ledgers: [{ ledger: "ledger-a", stored: 5, events: 5, gaps: [], chainOk: true }],
      evidence: 0,
    });
  });

  test("answers 0 while the first event is missing", async () => {
    expect((await post(pick(chain(3), 2, 3))).body).toMatchObject({ ledger: "ledger-a", stored: 0 });
    expect(township.summary().ledgers[0]?.gaps).toEqual([{ from: 1, to: 1 }]);
  });

  test("keeps ledgers apart", async () => {
    await post(chain(3, "ledger-a"));
    expect((await post(pick(chain(2, "ledger-b"), 1))).body).toMatchObject({ ledger: "ledger-b", stored: 1 });
    expect(township.summary().ledgers.map(({ ledger, stored }) => [ledger, stored])).toEqual([
      ["ledger-a", 3],
      ["ledger-b", 1],
    ]);
  });

  test("stores an event once however often it comes, in one batch, one after another or at once", async () => {
    const heard: string[] = [];
    township.onEvent((event) => heard.push(event.id));
    const events = chain(3);
    await post([...events, ...events]);
    await post(events);
    await Promise.all(Array.from({ length: 5 }, () => post(chain(5))));
    expect((await received()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(heard).toEqual(chain(5).map(({ id }) => id));
  });

  test("refuses a known id with another content, and with it the whole batch", async () => {
    const events = chain(3);
    await post(pick(events, 1));
    const forged = { ...events[0], data: { text: "nothing happened" } };
    const answer = await post([forged, ...pick(events, 2)]);
    expect(answer.status).toBe(409);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.body).toMatchObject({ status: 409, code: "event.conflict" });
    expect(await received()).toEqual(pick(events, 1));
    expect((await post([...pick(events, 2), { ...events[1], subject: "other" }])).status).toBe(409);
  });

  test("takes the same event with its members in another order for the same", async () => {
    const [event] = chain(1);
    await post([event]);
    const shuffled = Object.fromEntries(Object.entries(event ?? {}).reverse());
    expect((await post([shuffled])).status).toBe(200);
  });

  test("tells a chain that was changed or joined wrongly", async () => {
    const changed = chain(2, "changed").map((event) => ({ ...event, data: { text: "changed" } }));
    await post(changed);
    const [first] = chain(1, "joined");
    const second = { ...chain(2, "joined")[1], prevhash: "f".repeat(64) };
    const { hash: _hash, ...open } = second;
    await post([{ ...second, hash: sha256(canonicalize(open) ?? "") }]);
    expect(township.summary().ledgers.map(({ chainOk }) => chainOk)).toEqual([false, true]);
    await post([first]);
    expect(township.summary().ledgers.map(({ chainOk }) => chainOk)).toEqual([false, false]);
  });

  test.each([
    ["no JSON", "[{", 400],
    ["no array", '{"id":"x"}', 400],
    ["an event without members", "[{}]", 400],
    ["two ledgers in one batch", JSON.stringify([...chain(1, "a"), ...chain(1, "b")]), 400],
    ["an id that is not ledger and seq", JSON.stringify([{ ...chain(1)[0], id: "ledger-a-7" }]), 400],
  ])("refuses %s as malformed", async (_what, body, status) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, code: "batch.malformed" });
    expect(township.summary().ledgers).toEqual([]);
  });

  test("refuses another media type, another path and another token", async () => {
    expect((await post(chain(1), "application/json")).status).toBe(415);
    expect((await call("/nothing")).status).toBe(404);
    for (const path of ["/summary", "/events"]) expect((await call(path, {}, "wrong")).status).toBe(401);
    const answer = await call(
      "/events",
      { method: "POST", headers: { "content-type": BATCH }, body: JSON.stringify(chain(1)) },
      "wrong",
    );
    expect(answer.status).toBe(401);
    expect(township.summary().ledgers).toEqual([]);
  });

  test("hands out events by arrival, page by page", async () => {
    const events = chain(5);
    await post(pick(events, 2, 1));
    await post(pick(events, 3, 4, 5));
    const first = await call("/events?after=0&limit=3");
    expect(first.body).toEqual(pick(events, 2, 1, 3));
    const rest = await call(`/events?after=${first.headers.get("township-next")}`);
    expect(rest.body).toEqual(pick(events, 4, 5));
    expect((await call(`/events?after=${rest.headers.get("township-next")}`)).body).toEqual([]);
    expect((await call("/events?after=-1")).status).toBe(400);
  });
});

describe("the township, of alarms that overtake and numbers that never come,", () => {
  const postWith = (events: readonly unknown[], absent: string) =>
    call("/events", {
      method: "POST",
      headers: { "content-type": BATCH, "cunshao-ledger": "ledger-a", "cunshao-absent": absent },
      body: JSON.stringify(events),
    });

  test("says what it has beyond a gap", async () => {
    const events = chain(9);
    expect((await post(pick(events, 1, 5, 6))).body).toMatchObject({
      stored: 1,
      held: [
        [5, 5],
        [6, 6],
      ],
    });
    expect((await post(pick(events, 2, 3, 4))).body).toMatchObject({ stored: 6, held: [] });
  });

  test("counts on over numbers that the box declares absent, also after a restart", async () => {
    const events = chain(9);
    expect((await postWith(pick(events, 1, 5), "2-3,4")).body).toMatchObject({ stored: 5 });
    expect(township.summary().ledgers[0]).toMatchObject({ events: 2, gaps: [] });
    await township.stop();
    await township.start();
    expect((await post([])).body).toMatchObject({ stored: 5 });
    expect((await post(pick(events, 3, 6))).body).toMatchObject({ stored: 6 });
    for (const absent of ["x", "0", "5-4", "1-99999999999"]) {
      expect((await postWith([], absent)).status).toBe(400);
    }
  });
});

describe("the township's evidence in pieces", () => {
  const content = Buffer.from("a clip of some length");
  const name = sha256(content);
  const piece = (from: number, to: number, complete = to === content.length) =>
    call(`/evidence/${name}`, {
      method: "PATCH",
      headers: {
        "content-type": "application/partial-upload",
        "upload-offset": String(from),
        "upload-complete": complete ? "?1" : "?0",
      },
      body: content.subarray(from, to),
    });

  test("is put together, and goes on where it ended, also after a restart", async () => {
    expect((await call(`/evidence/${name}`, { method: "HEAD" })).status).toBe(404);
    expect((await piece(0, 8)).headers.get("upload-offset")).toBe("8");
    await township.stop();
    await township.start();
    const asked = await call(`/evidence/${name}`, { method: "HEAD" });
    expect([asked.status, asked.headers.get("upload-offset"), asked.headers.get("upload-complete")]).toEqual([
      204,
      "8",
      "?0",
    ]);
    expect(township.summary().evidence).toBe(0);
    const elsewhere = await piece(4, 12);
    expect([elsewhere.status, elsewhere.headers.get("upload-offset")]).toEqual([409, "8"]);
    expect((await piece(8, content.length)).status).toBe(201);
    expect(readFileSync(join(folder, "evidence", name))).toEqual(content);
    expect((await piece(0, 8)).status).toBe(201);
    expect(township.summary().evidence).toBe(1);
  });

  test("with another sum is thrown away", async () => {
    expect((await piece(0, 8, true)).status).toBe(422);
    expect((await call(`/evidence/${name}`, { method: "HEAD" })).status).toBe(404);
  });
});

describe("the township's disk", () => {
  test("gives everything back after a restart, on the same port", async () => {
    const events = chain(5);
    await post(pick(events, 1, 2, 5));
    const { port } = township;
    await township.stop();
    await township.stop();
    await township.start();
    expect(township.port).toBe(port);
    expect(township.summary().ledgers).toEqual([
      { ledger: "ledger-a", stored: 2, events: 3, gaps: [{ from: 3, to: 4 }], chainOk: true },
    ]);
    expect((await post(pick(events, 2, 3, 4))).body).toMatchObject({ ledger: "ledger-a", stored: 5 });
    expect(await received()).toEqual(pick(events, 1, 2, 5, 3, 4));
  });

  test("holds what was answered at the moment of the answer, so that a kill loses nothing", async () => {
    const events = chain(4);
    for (const event of events) {
      const { stored } = (await post([event])).body;
      const copy = mkdtempSync(join(tmpdir(), "cunshao-township-"));
      copyFileSync(join(folder, "events.ndjson"), join(copy, "events.ndjson"));
      const heir = createTownship({ host: "127.0.0.1", port: 0, folder: copy, token: TOKEN });
      await heir.start();
      expect(heir.summary().ledgers[0]?.stored).toBe(stored);
      await heir.stop();
      rmSync(copy, { recursive: true });
    }
  });

  test.each([
    ["in its middle", (line: string) => line.slice(0, line.length / 2)],
    [
      "in the middle of a character",
      (line: string) => Buffer.from(line).subarray(0, Buffer.from(line).indexOf(0xe6) + 1),
    ],
    ["before its end of line", (line: string) => line],
    ["into zeros", (line: string) => `${"\0".repeat(line.length)}\n`],
  ])("forgets a last line torn %s, which was never acknowledged", async (_where, tear) => {
    const events = chain(3);
    await post(pick(events, 1, 2));
    await township.stop();
    appendFileSync(join(folder, "events.ndjson"), tear(JSON.stringify(events[2])));
    await township.start();
    expect(township.summary().ledgers[0]).toMatchObject({ stored: 2, events: 2 });
    expect((await post(pick(events, 3))).body).toMatchObject({ ledger: "ledger-a", stored: 3 });
    await township.stop();
    await township.start();
    expect(await received()).toEqual(events);
  });

  test("is not trusted when it is broken anywhere else", async () => {
    await post(chain(3));
    await township.stop();
    const path = join(folder, "events.ndjson");
    writeFileSync(path, readFileSync(path, "utf8").replace('{"', "#"));
    await expect(township.start()).rejects.toMatchObject({ code: "township.file_corrupt" });
  });
});

describe("the township's evidence", () => {
  const picture = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
  const name = sha256(picture);
  const put = (path: string, content: Buffer, type = "image/jpeg") =>
    call(`/evidence/${path}`, {
      method: "PUT",
      headers: { "content-type": type },
      body: new Uint8Array(content),
    });

  test("is stored once and survives a restart", async () => {
    expect((await put(name, picture)).status).toBe(201);
    expect((await put(name, picture, "application/octet-stream")).status).toBe(200);
    expect(readFileSync(join(folder, "evidence", name))).toEqual(picture);
    await township.stop();
    await township.start();
    expect(township.summary().evidence).toBe(1);
    expect((await put(name, picture)).status).toBe(200);
  });

  test("is refused when its sum is wrong, its name is none or the token is wrong", async () => {
    expect((await put(name, Buffer.from("other"))).status).toBe(422);
    expect((await put(name, Buffer.alloc(0))).status).toBe(422);
    expect((await put("..%2Fevents.ndjson", picture)).status).toBe(400);
    expect((await call(`/evidence/${name}`, { method: "PUT", body: "x" }, "wrong")).status).toBe(401);
    expect(township.summary().evidence).toBe(0);
  });

  test("may be empty", async () => {
    expect((await put(sha256(""), Buffer.alloc(0))).status).toBe(201);
  });
});
