import { expect, onTestFinished, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { NO_ACTS } from "../../../src/desk/alarm-acts.ts";
import { createSeenBox } from "../../../src/desk/seen-box.ts";
import { createBoxTally } from "../../../src/pull/box-tally.ts";
import { createManualClock } from "../../support/manual-clock.ts";

test.each([
  ["box.unreachable", "away"],
  ["box.other_site", "refused"],
  ["cursor.taken", "refused"],
  // It is there and says so: that nobody reaches it would send people to look for a cable.
  ["cursor.too_many", "refused"],
] as const)("a village of which %s is all that comes is %s, with the reason", (code, status) => {
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
  onTestFinished(() => box.stop());
  const tally = createBoxTally("longwan", (view) => box.pulled(view));
  tally.failed(new GatewayError("As the box says", { code, kind: "permanent" }));
  expect(box.view(NO_ACTS)).toMatchObject({ status, reason: code });
});
