import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { type Clock, sleepOn, systemClock } from "../../src/core/time.ts";
import { until } from "../support/until.ts";
import { makeFleet, scratchFolder, startPull } from "../unit/pull/pull-rig.ts";

// What a township's desk does with villages whose lines give a file drop by drop, over real HTTP. A second is a twentieth here.

const HURRY = 20;
const AT_ONCE = 16;
const picture = (value: number): Buffer => Buffer.alloc(100_000, value);

const after: Clock["after"] = (delayMs, run) => systemClock.after(delayMs / HURRY, run);
const hurried: Clock = {
  now() {
    const { wallMs, monotonicMs } = systemClock.now();
    return { wallMs, monotonicMs: HURRY * monotonicMs };
  },
  after,
  sleep: (delayMs, signal) => sleepOn(after, delayMs, signal),
};

const underWay = new Set<ServerResponse>();
afterEach(() => breakOff());

function breakOff(): void {
  for (const response of underWay) response.destroy();
}

/** Answers with a file from a byte on, so many bytes a second. */
function drip(response: ServerResponse, content: Buffer, fromByte: number, bytesPerSecond: number): void {
  let at = fromByte;
  response.writeHead(at > 0 ? 206 : 200, {
    "content-type": "image/jpeg",
    "content-length": String(content.length - at),
    ...(at > 0 && { "content-range": `bytes ${at}-${content.length - 1}/${content.length}` }),
  });
  const timer = setInterval(() => {
    response.write(content.subarray(at, at + bytesPerSecond));
    at += bytesPerSecond;
  }, 1000 / HURRY);
  underWay.add(response);
  response
    .on("error", () => undefined)
    .once("close", () => {
      clearInterval(timer);
      underWay.delete(response);
    });
}

describe.each([
  ["a byte", 1],
  // 4 KiB in half a minute is what a file that stands still does not reach.
  ["as much as is just not given up", 150],
])("sixteen villages whose lines give %s a second", (_what, bytesPerSecond) => {
  test("do not keep the seventeenth from its picture, and have theirs later, from where it was", async () => {
    const ids = Array.from({ length: AT_ONCE }, (_, index) => `slow-${index}`);
    const rig = await makeFleet(...ids, "longwan");
    const content = new Map(ids.map((id, index) => [id, picture(index)]));
    for (const box of rig.boxes) {
      const file = content.get(box.id);
      if (file) box.addFile(file, "image/jpeg");
    }
    const resumed: number[] = [];
    let isSlow = true;
    rig.fleet.misbehave((request, path, response) => {
      const [id = "", room] = path.split("/");
      const file = content.get(id);
      if (room !== "evidence" || !file) return false;
      const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
      if (from !== undefined) resumed.push(Number(from));
      if (isSlow) drip(response, file, Number(from ?? 0), bytesPerSecond);
      return isSlow;
    });
    const { puller, done, stop } = await startPull(await scratchFolder(), rig, {
      ...{ format: "sqlite", follow: true, atOnce: AT_ONCE, clock: hurried },
    });
    const filesOf = (id: string) => puller.views().find(({ box }) => box === id)?.files;
    await until(() => underWay.size === AT_ONCE, { what: "sixteen files under way" });
    rig.boxes.at(-1)?.addFile(picture(99), "image/jpeg");
    await until(() => filesOf("longwan") === 1, {
      timeoutMs: 20_000,
      what: "the picture of the seventeenth",
    });
    expect(ids.map(filesOf)).toEqual(ids.map(() => 0));
    await until(() => resumed.length > 0, { timeoutMs: 20_000, what: "a file that goes on" });
    expect(Math.min(...resumed)).toBeGreaterThan(0);

    isSlow = false;
    breakOff();
    await until(() => ids.every((id) => filesOf(id) === 1), { timeoutMs: 30_000, what: "all files" });
    expect(puller.views().map(({ filesChanged }) => filesChanged)).toEqual(rig.boxes.map(() => 0));
    stop();
    await done;
  });
});
