import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/core/time.ts";
import { until } from "../support/until.ts";
import { hasty, makeFleet, scratchFolder, startPull } from "../unit/pull/pull-rig.ts";

// What a township's desk does with villages whose lines give a file drop by drop, over real HTTP.

/** Of what is half a minute for a puller: a second of its files is a twentieth here. */
const HURRY = 20;
const HALF_A_MINUTE_MS = 30_000;
const AT_ONCE = 16;
const picture = (value: number): Buffer => Buffer.alloc(1_000_000, value);

const hurried: Clock = {
  ...hasty,
  after: (delayMs, run) =>
    systemClock.after(delayMs === HALF_A_MINUTE_MS ? HALF_A_MINUTE_MS / HURRY : delayMs, run),
};

const underWay = new Set<ServerResponse>();
afterEach(() => {
  for (const response of underWay) response.destroy();
});

/** Answers with a file from a byte on, as many bytes a second as the line has now. */
function drip(
  response: ServerResponse,
  content: Buffer,
  fromByte: number,
  bytesPerSecond: () => number,
): void {
  let at = fromByte;
  response.writeHead(at > 0 ? 206 : 200, {
    "content-type": "image/jpeg",
    "content-length": String(content.length - at),
    ...(at > 0 && { "content-range": `bytes ${at}-${content.length - 1}/${content.length}` }),
  });
  const timer = setInterval(() => {
    const piece = content.subarray(at, at + bytesPerSecond());
    at += piece.length;
    response.write(piece);
    if (at === content.length) response.end();
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
  // More than that of a file which is given up: it would hold its turn for a quarter of an hour.
  ["a thousand bytes", 1000],
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
    let pace = bytesPerSecond;
    rig.fleet.misbehave((request, path, response) => {
      const [id = "", room] = path.split("/");
      const file = content.get(id);
      if (room !== "evidence" || !file) return false;
      const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
      if (from !== undefined) resumed.push(Number(from));
      drip(response, file, Number(from ?? 0), () => pace);
      return true;
    });
    const { puller, done, stop } = await startPull(await scratchFolder(), rig, {
      ...{ format: "sqlite", follow: true, atOnce: AT_ONCE, clock: hurried },
    });
    const filesOf = (id: string) => puller.views().find(({ box }) => box === id)?.files;
    await until(() => underWay.size === AT_ONCE, { timeoutMs: 30_000, what: "sixteen files under way" });
    rig.boxes.at(-1)?.addFile(picture(99), "image/jpeg");
    await until(() => filesOf("longwan") === 1, {
      timeoutMs: 20_000,
      what: "the picture of the seventeenth",
    });
    expect(ids.map(filesOf)).toEqual(ids.map(() => 0));
    await until(() => resumed.length > 0, { timeoutMs: 20_000, what: "a file that goes on" });
    expect(Math.min(...resumed)).toBeGreaterThan(0);

    pace = Number.POSITIVE_INFINITY;
    await until(() => ids.some((id) => filesOf(id) === 1), { timeoutMs: 30_000, what: "a whole file" });
    expect(puller.views().map(({ filesChanged }) => filesChanged)).toEqual(rig.boxes.map(() => 0));
    stop();
    await done;
  }, 120_000);
});
