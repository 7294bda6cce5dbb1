import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { makeFleet, scratchFolder, startPull } from "./pull-rig.ts";

const MOST = 1_000_000;

test("what a box sends without end fills its share and no more, and its events go on", async () => {
  const folder = await scratchFolder();
  const rig = await makeFleet("longwan");
  const [box] = rig.boxes;
  for (let index = 0; index < 4; index++) box?.addFile(Buffer.alloc(400_000, index), "image/jpeg");
  const { puller, done, stop } = await startPull(folder, rig, {
    ...{ format: "sqlite", follow: true, mostFileBytes: MOST },
  });
  await until(() => puller.views()[0]?.filesReason === "box.quota", { what: "a share that is full" });
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
