import { appendFile, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Clock } from "../../../src/core/time.ts";
import { until } from "../../support/until.ts";
import { copied, fill, hashes, hasty, makeFleet, pull, scratchFolder, startPull } from "./pull-rig.ts";

const picture = Buffer.alloc(300_000, 7);

describe.each(["ndjson", "sqlite"] as const)("a pull into %s", (format) => {
  test("has every event of every box once, in its order, and tells each box how far it is", async () => {
    const village = await makeFleet("longwan", "shuikou");
    const [longwan, shuikou] = village.boxes;
    if (!longwan || !shuikou) throw new Error("no boxes");
    fill(longwan, 1234);
    fill(shuikou, 3);
    const folder = await scratchFolder();
    const { views } = await pull(folder, village, { format });
    for (const box of village.boxes) {
      expect(hashes(await copied(folder, box.id, format))).toBe(hashes(box.events));
      expect(box.cursors.get("township")).toMatchObject({ ledger: box.ledger, seq: box.events.length });
    }
    expect(views().map(({ phase, missing, broken }) => [phase, missing, broken])).toEqual([
      ["done", 0, 0],
      ["done", 0, 0],
    ]);
  });

  test("that runs again takes only what is new", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    const folder = await scratchFolder();
    fill(box, 40);
    await pull(folder, village, { format });
    fill(box, 5);
    const before = village.fleet.calls.length;
    const { views } = await pull(folder, village, { format });
    expect(views()[0]?.events).toBe(5);
    expect(village.fleet.calls.slice(before).find((call) => call.includes("/events"))).toContain("after=40");
    expect(hashes(await copied(folder, "longwan", format))).toBe(hashes(box.events));
  });

  test("that is cut off anywhere goes on without loss and without doubles", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    fill(box, 2600);
    box.addFile(picture, "image/jpeg");
    let calls = 0;
    village.fleet.misbehave((_request, _path, response) => {
      calls++;
      if (calls % 3 !== 0) return false;
      response.writeHead(200, { "content-length": "100000" });
      response.write("[{");
      setImmediate(() => response.destroy());
      return true;
    });
    const folder = await scratchFolder();
    const { views } = await pull(folder, village, { format, tries: 50 });
    expect(views()[0]).toMatchObject({ phase: "done", files: 1 });
    expect(hashes(await copied(folder, "longwan", format))).toBe(hashes(box.events));
  });

  test("begins anew with a new ledger, tells of it, and keeps the former one", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    fill(box, 30);
    const former = [...box.events];
    const folder = await scratchFolder();
    await pull(folder, village, { format });
    box.beginLedger();
    fill(box, 4);
    const { views } = await pull(folder, village, { format });
    expect(views()[0]).toMatchObject({ phase: "done", newLedgers: [box.ledger], missing: 0, broken: 0 });
    const ids = (await copied(folder, "longwan", format)).map(({ id }) => id).sort();
    expect(ids).toEqual([...former, ...box.events].map(({ id }) => id).sort());
    fill(box, 1);
    expect((await pull(folder, village, { format })).views()[0]).toMatchObject({ events: 1, newLedgers: [] });
  });

  test("keeps what was changed and what follows a gap, tells of both, and goes on with the other boxes", async () => {
    const village = await makeFleet("longwan", "shuikou");
    const [longwan, shuikou] = village.boxes;
    if (!longwan || !shuikou) throw new Error("no boxes");
    for (const box of village.boxes) fill(box, 20);
    longwan.tamper((events) => {
      const fifth = events[4];
      if (fifth) events[4] = { ...fifth, data: { index: 99 } };
      events.splice(10, 3);
    });
    const folder = await scratchFolder();
    const { views } = await pull(folder, village, { format });
    expect(views()[0]).toMatchObject({ phase: "done", broken: 1, missing: 3 });
    expect(views()[1]).toMatchObject({ phase: "done", broken: 0, missing: 0 });
    expect(hashes(await copied(folder, "longwan", format))).toBe(hashes(longwan.events));
  });

  test("does not miss what the box says that it let go", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    fill(box, 20);
    const data = { class: "state", firstSeq: 6, lastSeq: 8, events: 3 };
    box.append({ type: "org.cunshao.ledger.evicted", class: "state", data });
    box.tamper((events) => events.splice(5, 3));
    const { views } = await pull(await scratchFolder(), village, { format });
    expect(views()[0]).toMatchObject({ phase: "done", missing: 0, broken: 0 });
  });

  test("brings the alarms of a long backlog first", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    fill(box, 3000);
    const folder = await scratchFolder();
    let hasLine = true;
    village.fleet.misbehave((_request, path, response) => {
      const alarms = village.fleet.calls.filter((call) => call.includes("class=alarm")).length;
      const all = village.fleet.calls.filter((call) => call.includes("/events?") && !call.includes("class"));
      if (hasLine && (path.includes("cursors") || all.length <= 1 || (alarms > 0 && all.length === 1)))
        return false;
      response.destroy();
      return true;
    });
    await pull(folder, village, { format, tries: 1 });
    const alarms = box.events.filter((event) => event.class === "alarm").map(({ seq }) => seq);
    const first = new Set((await copied(folder, "longwan", format)).map(({ seq }) => seq));
    const ahead =
      format === "sqlite"
        ? ""
        : await readFile(join(folder, "longwan", `${box.ledger}.ahead.ndjson`), "utf8");
    for (const seq of alarms) expect(first.has(seq) || ahead.includes(`"seq":${seq},`), `${seq}`).toBe(true);
    expect(first.size).toBeLessThan(1000);
    hasLine = true;
    village.fleet.misbehave(undefined);
    await pull(folder, village, { format });
    expect(hashes(await copied(folder, "longwan", format))).toBe(hashes(box.events));
  });

  test("fetches files after the events, each from where it was cut off, and checks them", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    const id = box.addFile(picture, "image/jpeg");
    fill(box, 3);
    const folder = await scratchFolder();
    const place = join(folder, "longwan/evidence", id.slice(0, 2), id);
    const isWritten = async (): Promise<boolean> =>
      (await stat(`${place}.part`).catch(() => ({ size: 0 }))).size === 100_000;
    const ranges: (string | undefined)[] = [];
    village.fleet.misbehave((request, path, response) => {
      if (!path.includes("evidence")) return false;
      ranges.push(request.headers.range);
      if (ranges.length > 1) return false;
      response.writeHead(200, { "content-length": String(picture.length) });
      response.write(picture.subarray(0, 100_000));
      void until(isWritten).finally(() => response.destroy());
      return true;
    });
    const { views } = await pull(folder, village, { format });
    expect(views()[0]).toMatchObject({ phase: "done", files: 1, filesChanged: 0 });
    expect(ranges).toEqual([undefined, "bytes=100000-"]);
    const stored = await readFile(place);
    expect(stored.equals(picture)).toBe(true);
  });

  test("takes no file whose content is not what its name says, and tells of those that are gone", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    const changed = box.addFile(picture, "image/jpeg");
    const gone = box.addFile(Buffer.from("gone"), "image/jpeg");
    village.fleet.misbehave((_request, path, response) => {
      if (path.includes(gone)) {
        response.writeHead(410, { "content-type": "application/problem+json" });
        response.end(JSON.stringify({ code: "evidence.missing", title: "gone", status: 410 }));
      } else if (path.includes(changed)) response.writeHead(200).end("other words");
      else return false;
      return true;
    });
    const folder = await scratchFolder();
    const { views } = await pull(folder, village, { format });
    expect(views()[0]).toMatchObject({ phase: "done", files: 0, filesChanged: 1, filesMissing: 1 });
  });

  test("follows the boxes as events come, until it is told to stop", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    fill(box, 5);
    const folder = await scratchFolder();
    const run = await startPull(folder, village, { format, follow: true });
    await until(() => village.fleet.calls.some((call) => call.includes("wait=")));
    const id = box.addFile(picture, "image/jpeg");
    await until(() => box.cursors.get("township")?.seq === 6 && run.puller.views()[0]?.files === 1);
    run.stop();
    await run.done;
    expect(hashes(await copied(folder, "longwan", format))).toBe(hashes(box.events));
    expect(id).toMatch(/^[0-9a-f]{64}$/);
  });
});

test("a line that a power cut tore is fetched anew", async () => {
  const village = await makeFleet("longwan");
  const [box] = village.boxes;
  if (!box) throw new Error("no box");
  fill(box, 10);
  const folder = await scratchFolder();
  await pull(folder, village);
  await appendFile(join(folder, "longwan", `${box.ledger}.ndjson`), '{"specversion":"1.0","id":"torn');
  fill(box, 2);
  await pull(folder, village);
  expect(hashes(await copied(folder, "longwan"))).toBe(hashes(box.events));
});

describe("a box", () => {
  test("that another copy pulls under the same name is left alone, unless the name is taken over", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    fill(box, 3);
    await pull(await scratchFolder(), village);
    const second = await scratchFolder();
    expect((await pull(second, village)).views()[0]).toMatchObject({
      phase: "failed",
      reason: "cursor.taken",
      events: 0,
    });
    expect((await pull(second, village, { takeOver: true })).views()[0]).toMatchObject({
      phase: "done",
      events: 3,
    });
  });

  test("that is another one than before is not mixed with it", async () => {
    const village = await makeFleet("longwan", "shuikou");
    const [longwan, shuikou] = village.boxes;
    if (!longwan || !shuikou) throw new Error("no boxes");
    fill(longwan, 3);
    fill(shuikou, 5);
    const folder = await scratchFolder();
    await pull(folder, { ...village, boxes: [longwan] });
    const url = village.fleet.url("shuikou");
    const { views } = await pull(folder, village, { boxes: [{ id: "longwan", token: shuikou.token, url }] });
    expect(views()[0]).toMatchObject({ phase: "failed", reason: "box.other_site" });
    expect(hashes(await copied(folder, "longwan"))).toBe(hashes(longwan.events));
  });

  test("whose ledger ends before what is here tells of it", async () => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    fill(box, 9);
    const folder = await scratchFolder();
    await pull(folder, village);
    box.tamper((events) => events.splice(5));
    expect((await pull(folder, village)).views()[0]).toMatchObject({
      phase: "failed",
      reason: "box.rewound",
    });
  });

  test.each([
    ["nonsense with 200", 200, "<html>login</html>", {}, "box.bad_answer"],
    ["another ledger's events", 200, '[{"seq":1}]', { "cunshao-ledger": "x" }, "box.bad_answer"],
    ["a ledger that is a path", 200, "[]", { "cunshao-ledger": "../../etc" }, "box.bad_answer"],
    ["a way elsewhere", 301, "", { location: "http://127.0.0.1:9/" }, "box.redirected"],
    ["that it does not know the token", 401, "", {}, "box.unauthorized"],
    ["that the token may not", 403, "", {}, "box.denied"],
    ["that it was not heard out", 408, "", {}, "box.timeout"],
    ["that it wants time", 429, "", { "retry-after": "1" }, "box.throttled"],
    ["that it is ill", 500, "", {}, "box.server_error"],
    ["a body that never ends", 200, "endless", {}, "box.bad_answer"],
  ] as const)(
    "that answers with %s is given up, and no other with it",
    async (_what, status, body, headers, reason) => {
      const village = await makeFleet("longwan", "shuikou");
      for (const box of village.boxes) fill(box, 3);
      village.fleet.misbehave((_request, path, response) => {
        if (!path.startsWith("longwan/events")) return false;
        response.writeHead(status, headers);
        if (body !== "endless") response.end(body);
        else {
          const chunk = Buffer.alloc(1 << 20, 0x20);
          const more = (): void => {
            while (!response.destroyed && response.write(chunk));
            if (!response.destroyed) response.once("drain", more);
          };
          more();
        }
        return true;
      });
      const { views } = await pull(await scratchFolder(), village, { tries: 2 });
      expect(views()[0]).toMatchObject({ phase: "failed", reason, events: 0 });
      expect(views()[1]).toMatchObject({ phase: "done", events: 3 });
    },
  );

  describe("that is followed", () => {
    test("goes on telling of its alarms although it cannot give a file, which comes once it can", async () => {
      const village = await makeFleet("longwan");
      const [box] = village.boxes;
      if (!box) throw new Error("no box");
      box.addFile(picture, "image/jpeg");
      let isDiskIll = true;
      village.fleet.misbehave((_request, path, response) => {
        if (!isDiskIll || !path.includes("evidence")) return false;
        response.writeHead(500).end();
        return true;
      });
      const run = await startPull(await scratchFolder(), village, { follow: true });
      const view = () => run.puller.views()[0];
      await until(() => view()?.filesReason === "box.server_error");
      fill(box, 3);
      await until(() => view()?.events === 4);
      expect(view()).toMatchObject({ phase: "listening", reason: undefined, files: 0 });
      isDiskIll = false;
      await until(() => {
        fill(box, 1);
        return view()?.files === 1 && view()?.filesReason === undefined;
      });
      run.stop();
      await run.done;
    });

    /** What it answers, one after the other, to whoever asks for events; then it answers well. @returns the waits in between. */
    async function waitsOf(
      answers: readonly (readonly [status: number, headers?: Record<string, string>])[],
    ) {
      const village = await makeFleet("longwan");
      const [box] = village.boxes;
      if (!box) throw new Error("no box");
      const left = [...answers];
      village.fleet.misbehave((_request, path, response) => {
        const [status, headers] = (path.includes("/events") && left.shift()) || [0];
        if (status === 0) return false;
        const here = { "cunshao-ledger": box.ledger, "cunshao-head": "0" };
        response.writeHead(status, status === 200 ? here : headers).end(status === 200 ? "[]" : "");
        return true;
      });
      const waitsMs: number[] = [];
      const clock: Clock = {
        ...hasty,
        sleep(delayMs, signal) {
          waitsMs.push(delayMs);
          return hasty.sleep(delayMs, signal);
        },
      };
      const run = await startPull(await scratchFolder(), village, { clock, random: () => 0, follow: true });
      const failures = answers.filter(([status]) => status !== 200).length;
      await until(() => waitsMs.length === failures && run.puller.views()[0]?.phase === "listening");
      run.stop();
      await run.done;
      return waitsMs;
    }

    test("is asked ever less often while it refuses", async () => {
      expect(await waitsOf([[401], [403], [401]])).toEqual([60_000, 120_000, 240_000]);
    });

    test("is asked again soon where it was well in between, though nothing happened there", async () => {
      expect(await waitsOf([[401], [401], [200], [200], [401]])).toEqual([60_000, 120_000, 60_000]);
      expect(await waitsOf([[500], [500], [200], [200], [500]])).toEqual([1000, 2000, 1000]);
    });

    test("is asked again when it wants to be, however often it wants time", async () => {
      const throttled = [429, { "retry-after": "3" }] as const;
      expect(await waitsOf([throttled, throttled, throttled, throttled])).toEqual([3000, 3000, 3000, 3000]);
    });
  });

  test("that nobody reaches is given up after the tries", async () => {
    const { views } = await pull(await scratchFolder(), await makeFleet(), {
      tries: 2,
      boxes: [{ id: "nobody", token: "x", url: "http://127.0.0.1:9" }],
    });
    expect(views()[0]).toMatchObject({ phase: "failed", reason: "box.unreachable" });
  });
});
