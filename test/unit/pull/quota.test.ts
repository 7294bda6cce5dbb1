import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../../src/core/time.ts";
import { until } from "../../support/until.ts";
import { hasty, makeFleet, pull, scratchFolder, startPull } from "./pull-rig.ts";

const MOST = 1_000_000;
const HALF_A_MINUTE_MS = 30_000;

test("what a box sends fills its share and no more: the oldest goes, and its events go on", async () => {
  const folder = await scratchFolder();
  const rig = await makeFleet("longwan");
  const [box] = rig.boxes;
  for (let index = 0; index < 8; index++) box?.addFile(Buffer.alloc(200_000, index), "image/jpeg");
  const { puller, done, stop } = await startPull(folder, rig, {
    ...{ format: "sqlite", follow: true, mostFileBytes: MOST },
  });
  await until(() => puller.views()[0]?.filesLetGo === 3, { what: "a share that makes room" });
  box?.append({ type: "org.cunshao.alarm.raised", class: "alarm", data: {} });
  await until(() => puller.views()[0]?.seq === box?.events.length, { what: "the event after it" });
  stop();
  await done;
  const entries = await readdir(join(folder, "longwan/evidence"), { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => stat(join(parentPath, name))),
  );
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
  expect(bytes).toBeGreaterThan(MOST / 2);
  expect(bytes).toBeLessThanOrEqual(MOST);
});

test("a box that is another village's than was expected gives not one event", async () => {
  const folder = await scratchFolder();
  const rig = await makeFleet("longwan");
  const [box] = rig.boxes;
  box?.append({ type: "org.cunshao.alarm.raised", class: "alarm", data: {} });
  const { puller, done } = await startPull(folder, rig, {
    boxes: [{ id: "taohua", site: "taohua", token: box?.token ?? "", url: rig.fleet.url("longwan") }],
  });
  await done;
  expect(puller.views()).toMatchObject([{ reason: "box.other_site", seq: 0 }]);
});

test("a share that is smaller than it was makes room before anything else comes", async () => {
  const folder = await scratchFolder();
  const rig = await makeFleet("longwan");
  const [box] = rig.boxes;
  for (let index = 0; index < 4; index++) box?.addFile(Buffer.alloc(100_000, index), "image/jpeg");
  await pull(folder, rig, { format: "sqlite", mostFileBytes: MOST });
  const last = box?.addFile(Buffer.alloc(10_000, 9), "image/jpeg");
  const { views } = await pull(folder, rig, { format: "sqlite", mostFileBytes: 150_000 });
  expect(views()).toMatchObject([{ filesLetGo: 3, files: 1, fileBytes: 110_000 }]);
  expect(await readdir(join(folder, "longwan/evidence", last?.slice(0, 2) ?? ""))).toContain(last);
});

test("a file that comes byte by byte is given up, and is tried again", async () => {
  const rig = await makeFleet("longwan");
  rig.boxes[0]?.addFile(Buffer.alloc(100_000, 1), "image/jpeg");
  rig.fleet.misbehave((_request, path, response) => {
    if (!path.includes("/evidence/")) return false;
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": "100000" });
    const timer = setInterval(() => response.write("x"), 5);
    response.on("error", () => undefined).once("close", () => clearInterval(timer));
    return true;
  });
  // What is half a minute for a puller is a moment here.
  const clock: Clock = {
    ...hasty,
    after: (delayMs, run) => systemClock.after(delayMs === HALF_A_MINUTE_MS ? 500 : delayMs, run),
  };
  const { puller, done, stop } = await startPull(await scratchFolder(), rig, { follow: true, clock });
  await until(() => puller.views()[0]?.filesReason === "box.timeout", { what: "a file that is given up" });
  stop();
  await done;
});

test("a box that is heard again is asked at once, however long the wait was to be", async () => {
  const rig = await makeFleet("longwan");
  const [box] = rig.boxes;
  let isAway = true;
  rig.fleet.misbehave((_request, _path, response) => {
    if (isAway) response.destroy();
    return isAway;
  });
  const clock: Clock = { ...systemClock, sleep: (_delayMs, signal) => systemClock.sleep(3_600_000, signal) };
  const { puller, done, stop } = await startPull(await scratchFolder(), rig, { follow: true, clock });
  await until(() => puller.views()[0]?.phase === "resting", { what: "a box that is away" });
  isAway = false;
  box?.append({ type: "org.cunshao.alarm.raised", class: "alarm", data: {} });
  puller.wake("longwan");
  await until(() => puller.views()[0]?.seq === 1, { what: "its event" });
  stop();
  await done;
});
