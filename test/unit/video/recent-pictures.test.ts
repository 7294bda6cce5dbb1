import { describe, expect, test } from "vitest";
import { FragmentHub } from "../../../src/video/fragment-hub.ts";
import { keepRecentPictures } from "../../../src/video/recent-pictures.ts";
import { fragment, INIT } from "../../support/live-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";

/** Pushes what is labelled, 100 ms apart: `K1` is a key frame. */
function camera() {
  const clock = createManualClock();
  const hub = new FragmentHub();
  const upTo = keepRecentPictures(clock, hub);
  return {
    hub,
    async push(...labels: string[]) {
      for (const label of labels) {
        await clock.advance(100);
        hub.push(fragment(label));
      }
    },
    upTo: (ms: number) =>
      upTo(ms)
        .map((part) => part.toString("latin1", 0, 2))
        .join(" "),
  };
}

describe("the pictures that are being judged", () => {
  test("end with the one that had arrived by then, also when a newer key frame has come", async () => {
    const { hub, push, upTo } = camera();
    hub.begin(INIT);
    await push("K1", "p2", "p3", "K4", "p5");
    expect(upTo(200)).toBe("in K1 p2");
    expect(upTo(399)).toBe("in K1 p2 p3");
    expect(upTo(400)).toBe("in K4");
    expect(upTo(9999)).toBe("in K4 p5");
  });

  test("are none that are older than two key frames", async () => {
    const { hub, push, upTo } = camera();
    hub.begin(INIT);
    await push("K1", "p2", "K3", "K4");
    expect(upTo(200)).toBe("");
    expect(upTo(300)).toBe("in K3");
  });

  test("are never joined from two sessions", async () => {
    const { hub, push, upTo } = camera();
    hub.begin(INIT);
    await push("K1", "p2");
    hub.end();
    hub.begin(INIT);
    await push("p3", "K4");
    expect(upTo(300)).toBe("in K1 p2");
    expect(upTo(400)).toBe("in K4");
  });

  test("are gone once they are withdrawn", async () => {
    const { hub, push, upTo } = camera();
    hub.begin(INIT);
    await push("K1", "p2");
    hub.withdraw();
    expect(upTo(200)).toBe("");
    await push("p3");
    expect(upTo(300)).toBe("");
  });

  test("of a camera that sends too much between its key frames are not kept", async () => {
    const { hub, push, upTo } = camera();
    hub.begin(INIT);
    await push("K1");
    const { bytes, ...rest } = fragment("p2");
    const large = Buffer.alloc(3 * 1024 * 1024, bytes);
    hub.push({ ...rest, bytes: large });
    await push("p3");
    hub.push({ ...rest, bytes: large });
    await push("p5");
    expect(upTo(150)).toBe("in K1 p2");
    expect(upTo(300)).toBe("");
  });
});
