import { describe, expect, test } from "vitest";
import { openPulledCopy } from "../../../src/buffer/copies/pulled-copy.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { BoxCopy, PulledCopy } from "../../../src/core/pulled-copy.ts";
import { chosenCursor } from "../../../src/pull/cursor-telling.ts";
import { createPuller } from "../../../src/pull/puller.ts";
import { until } from "../../support/until.ts";
import { fill, hasty, makeFleet, scratchFolder } from "./pull-rig.ts";

/** A puller that goes on for ever, over a copy that does not take what one of two boxes says while the test wants so. */
async function startOver(broken: (ofBox: BoxCopy) => Partial<BoxCopy>) {
  const village = await makeFleet("longwan", "shuikou");
  for (const box of village.boxes) fill(box, 3);
  const copy = await openPulledCopy({
    folder: await scratchFolder(),
    format: "sqlite",
    newHolder: () => "h",
  });
  const bent: PulledCopy = {
    ...copy,
    async open(box) {
      const ofBox = await copy.open(box);
      return box === "longwan" ? { ...ofBox, ...broken(ofBox) } : ofBox;
    },
  };
  const puller = createPuller(
    { copy: bent, cursor: chosenCursor("township", "h"), clock: hasty, random: () => 0 },
    {
      boxes: village.boxes.map(({ id, token }) => ({ id, token, url: village.fleet.url(id) })),
      ...{ atOnce: 4, takeOver: false, withFiles: true, follow: true, tries: 1 },
    },
  );
  const stopping = new AbortController();
  const done = puller.run(stopping.signal).finally(() => copy.close());
  // It is awaited below, or its failure is what the test looks at.
  done.catch(() => undefined);
  return {
    village,
    done,
    view: (index: number) => puller.views()[index],
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

describe("what nobody foresaw with one box", () => {
  test.each([
    ["an error without a code", new RangeError("Maximum call stack size exceeded")],
    [
      "what a database does not take",
      new GatewayError("no \\u0000", { code: "copy.refused", kind: "permanent" }),
    ],
  ])("is told of it, ends no other, and is tried again: %s", async (_what, error) => {
    let isIll = true;
    const { village, view, stop } = await startOver((ofBox) => ({
      async take(...args) {
        if (isIll) throw error;
        return ofBox.take(...args);
      },
    }));
    await until(() => view(0)?.reason === "box.bad_answer", { what: "a box that is told of" });
    expect(view(0)?.detail).toContain(error.message);
    const [, other] = village.boxes;
    if (other) fill(other, 2);
    await until(() => view(1)?.seq === 5, { what: "what the other box has" });
    isIll = false;
    await until(() => view(0)?.seq === 3, { what: "what the box has" });
    await stop();
  });

  test("and with a file of it keeps none of its events", async () => {
    const { village, view, stop } = await startOver((ofBox) => ({
      shelf: {
        ...ofBox.shelf,
        async begun() {
          throw new RangeError("no such length");
        },
      },
    }));
    const [box] = village.boxes;
    await until(() => view(0)?.phase === "listening", { what: "a box that is listened to" });
    box?.addFile(Buffer.from("a picture"), "image/jpeg");
    await until(() => view(0)?.filesReason === "box.bad_answer", { what: "a file that does not come" });
    if (box) fill(box, 1);
    await until(() => view(0)?.seq === 5, { what: "the event after it" });
    expect(view(0)).toMatchObject({ phase: "listening", reason: undefined });
    await stop();
  });
});

test("a copy that has no room for one box has none for the others: all end", async () => {
  const { done } = await startOver(() => ({
    async take() {
      throw new GatewayError("No room", { code: "copy.full", kind: "permanent" });
    },
  }));
  await expect(done).rejects.toMatchObject({ code: "copy.full" });
});
