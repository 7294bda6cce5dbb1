import { describe, expect, test } from "vitest";
import { raiseIn, startOverVirtual, tellIn } from "../support/desk-over-virtual.ts";
import { until } from "../support/until.ts";

// What a township's desk makes of the copy that it keeps of its villages.

describe("an alarm that is open", () => {
  test("stands in the queue also when the desk was switched off, however many came and went since", async () => {
    const desk = await startOverVirtual((box) => {
      raiseIn(box, "old");
      tellIn(box, "acknowledged", "old");
      for (let index = 0; index < 2600; index++) {
        raiseIn(box, `of-${index}`);
        tellIn(box, "cleared", `of-${index}`);
      }
    });
    const all = desk.box.events.length;
    await until(async () => (await desk.state()).boxes[0]?.ledger?.seq === all, {
      timeoutMs: 30_000,
      what: "all events",
    });
    await desk.restart();
    const { alarms, boxes } = await desk.state();
    expect(boxes).toMatchObject([{ openAlarms: 1, waitingAlarms: 0 }]);
    expect(alarms[0]).toMatchObject({ id: "old", status: "acknowledged", acknowledgedBy: "lishi", seq: 1 });
  });
});
