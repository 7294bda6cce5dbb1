import { expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { makeFleet, scratchFolder, startPull } from "./pull-rig.ts";

test("a box whose line is lost while it waits for its turn at files is told of at once, not after the files of others", async () => {
  const village = await makeFleet("longwan", "shuikou");
  const [longwan, shuikou] = village.boxes;
  if (!longwan || !shuikou) throw new Error("no boxes");
  let isCut = false;
  village.fleet.misbehave((_request, path, response) => {
    if (isCut && path.startsWith("shuikou/")) response.destroy();
    else if (path.startsWith("longwan/evidence/")) response.writeHead(200).write("the beginning");
    else return false;
    return true;
  });
  longwan.addFile(Buffer.from("a clip without end"), "video/mp4");
  const asked = (of: string): number => village.fleet.calls.filter((call) => call.includes(of)).length;
  const { puller, done, stop } = await startPull(await scratchFolder(), village, { follow: true, atOnce: 1 });
  await until(() => asked("longwan/evidence/") === 1, { what: "a clip that takes the only turn" });
  shuikou.addFile(Buffer.from("a picture"), "image/jpeg");
  const view = () => puller.views()[1];
  await until(() => view()?.seq === 1 && view()?.phase === "listening", { what: "a box that waits" });
  expect(asked("shuikou/evidence/")).toBe(0);
  isCut = true;
  // Ends the long poll that is under way.
  shuikou.append({ type: "org.cunshao.camera.changed", class: "state", data: {} });
  await until(() => view()?.reason === "box.unreachable", { what: "a box that is told of" });
  expect(asked("longwan/evidence/")).toBe(1);
  stop();
  await done;
});
