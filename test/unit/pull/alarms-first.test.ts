import { expect, test } from "vitest";
import { copied, fill, hashes, makeFleet, pull, scratchFolder } from "./pull-rig.ts";

test("an alarm that is raised while a long backlog is on its way comes before the rest of it", async () => {
  const village = await makeFleet("longwan");
  const [box] = village.boxes;
  if (!box) throw new Error("no box");
  fill(box, 3000);
  let isRaised = false;
  village.fleet.misbehave((request) => {
    if (isRaised || !request.url?.includes("after=1000&")) return false;
    isRaised = true;
    box.append({ type: "org.cunshao.alarm.raised", class: "alarm", subject: "now", data: {} });
    return false;
  });
  const folder = await scratchFolder();
  await pull(folder, village, { format: "sqlite" });
  const asked = village.fleet.calls.flatMap((call) => {
    const [, query] = /events\?(.*)$/.exec(call) ?? [];
    const place = new URLSearchParams(query);
    return query === undefined ? [] : [`${place.get("class") ?? "all"} after ${place.get("after")}`];
  });
  expect(asked.slice(0, asked.indexOf("all after 2000"))).toEqual([
    "all after 0",
    "alarm after 500",
    "alarm after 3000",
    "all after 500",
    "all after 1000",
    "alarm after 3000",
    "alarm after 3001",
    "all after 1500",
  ]);
  expect(hashes(await copied(folder, "longwan", "sqlite"))).toBe(hashes(box.events));
});

test("of a village that lost its last events in a power cut, after their alarms had come ahead, the rest comes all the same", async () => {
  const village = await makeFleet("longwan");
  const [box] = village.boxes;
  if (!box) throw new Error("no box");
  fill(box, 3000);
  village.fleet.misbehave((request, _path, response) => {
    if (!request.url?.includes("after=1000&")) return false;
    response.destroy();
    return true;
  });
  const folder = await scratchFolder();
  await pull(folder, village, { format: "sqlite", tries: 1 });
  village.fleet.misbehave(undefined);
  box.tamper((events) => events.splice(2985));
  const puller = await pull(folder, village, { format: "sqlite", tries: 1 });
  expect(puller.views()).toMatchObject([{ phase: "done", seq: 2985, missing: 0 }]);
});
