import { beforeEach, expect, test } from "vitest";
import type { UpstreamState } from "../../../src/core/delivery.ts";
import type { EventDraft } from "../../../src/core/event.ts";
import type { Part } from "../../../src/core/part.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { createOutageLog } from "../../../src/forward/outage-log.ts";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";

let clock: ManualClock;
let told: EventDraft[];
let state: Pick<UpstreamState, "id" | "status" | "reason">;
let log: Part;
const changed = createSignal<void>();

function become(status: UpstreamState["status"], reason?: string): void {
  state = { id: "township", status, ...(reason !== undefined && { reason }) };
  changed.emit();
}

beforeEach(async () => {
  clock = createManualClock();
  told = [];
  become("connecting");
  log = createOutageLog({
    states: () => [state],
    onChange: changed.on,
    record: (draft) => void told.push(draft),
    clock,
  });
  await log.start();
});

test("a line that breaks for longer than a minute is told, and when it is there again", async () => {
  become("connected");
  become("unreachable", "upstream.network");
  await clock.advance(59_000);
  expect(told).toEqual([]);
  await clock.advance(1000);
  become("unreachable", "upstream.timeout");
  await clock.advance(3_540_000);
  become("connected");
  expect(told).toMatchObject([
    {
      type: "org.cunshao.upstream.lost",
      class: "state",
      subject: "township",
      data: { reason: "upstream.network", seconds: 60 },
    },
    { type: "org.cunshao.upstream.found", subject: "township", data: { seconds: 3600 } },
  ]);
});

test("one that comes back within a minute is nothing", async () => {
  become("connected");
  become("unreachable", "upstream.network");
  await clock.advance(59_000);
  become("connected");
  await clock.advance(120_000);
  expect(told).toEqual([]);
});

test("one that was never there since the start is told, too, and one that refuses", async () => {
  become("refused", "upstream.unauthorized");
  await clock.advance(60_000);
  expect(told).toMatchObject([{ data: { reason: "upstream.unauthorized" } }]);
});

test("nothing is told after the stop", async () => {
  await log.stop();
  await clock.advance(120_000);
  become("unreachable", "upstream.network");
  expect([told, clock.pending()]).toEqual([[], 0]);
});
