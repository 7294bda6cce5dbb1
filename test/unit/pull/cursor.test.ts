import { describe, expect, test } from "vitest";
import { until } from "../../support/until.ts";
import { fill, makeFleet, scratchFolder, startPull } from "./pull-rig.ts";

const PICTURE = Buffer.from("a picture");

describe.each(["ndjson", "sqlite"] as const)("the cursor of a pull into %s", (format) => {
  test.each([
    [true, 2],
    [false, 4],
  ])("passes an event once its file is here, where files are wanted (%s)", async (withFiles, seq) => {
    const village = await makeFleet("longwan");
    const [box] = village.boxes;
    if (!box) throw new Error("no box");
    fill(box, 2);
    box.addFile(PICTURE, "image/jpeg");
    fill(box, 1);
    let isHeldUp = true;
    village.fleet.misbehave((_request, path, response) => {
      if (!path.includes("evidence") || !isHeldUp) return false;
      response.writeHead(503).end();
      return true;
    });
    const run = await startPull(await scratchFolder(), village, { format, follow: true, withFiles });
    const told = () => box.cursors.get("township")?.seq;
    await until(() => village.fleet.calls.some((call) => call.includes("wait=")) && told() !== undefined);
    expect(told()).toBe(seq);
    isHeldUp = false;
    await until(() => {
      // Each time that the box says something, files are tried again.
      fill(box, 1);
      return (told() ?? 0) > 4;
    });
    expect(run.puller.views()[0]?.files).toBe(withFiles ? 1 : 0);
    run.stop();
    await run.done;
  });
});
