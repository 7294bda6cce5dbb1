import { expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { createSeenBox } from "../../../src/desk/seen-box.ts";
import { createBoxTally } from "../../../src/pull/box-tally.ts";
import { createManualClock } from "../../support/manual-clock.ts";

test("a village is there again with its first answer after the disk of the desk was full, however often it answered before", () => {
  const box = createSeenBox(
    {
      clock: createManualClock(),
      door: () => undefined,
      contested: () => undefined,
      onHeard: () => undefined,
      onRenamed: () => undefined,
      onChange: () => undefined,
    },
    { id: "longwan", name: "龙湾村", reach: "direct", mostFileBytes: 1, mostEventBytes: 1 },
  );
  const first = createBoxTally("longwan", (view) => box.pulled(view));
  for (let answer = 0; answer < 1000; answer++) first.came(1, undefined);
  expect(box.isHere()).toBe(true);
  first.failed(new GatewayError("No room", { code: "copy.full", kind: "permanent" }));
  expect(box.isHere()).toBe(false);

  // There is room again: another run, which counts from its own beginning.
  const second = createBoxTally("longwan", (view) => box.pulled(view));
  second.phase("events");
  expect(box.isHere()).toBe(false);
  second.came(0, undefined);
  expect(box.isHere()).toBe(true);
  box.stop();
});
