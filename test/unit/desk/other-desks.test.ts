import { Agent } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { startFleet } from "../../../hw/virtual/fleet/fleet.ts";
import { createVirtualBox } from "../../../hw/virtual/fleet/virtual-box.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { systemClock } from "../../../src/core/time.ts";
import { createOtherDesks } from "../../../src/desk/other-desks.ts";

const TOKEN = "token-of-the-village-and-its-desk";
const DAY_MS = 86_400_000;

async function startLook() {
  const box = createVirtualBox("longwan", TOKEN);
  box.append({ type: "org.cunshao.alarm.raised", class: "alarm", data: {} });
  const fleet = await startFleet([box]);
  onTestFinished(() => fleet.close());
  const url = fleet.url("longwan");
  const agent = new Agent();
  const lost = createSignal<void>();
  let laterMs = 0;
  let told = 0;
  const desks = createOtherDesks({
    cursor: { lost, isNamesake: (name) => name === "desk-zhuting" || name.startsWith("desk-zhuting.") },
    boxes: ["longwan"],
    door: () => ({ url, token: TOKEN, agent, pictureAgent: agent }),
    clock: {
      ...systemClock,
      now: () => ({ ...systemClock.now(), wallMs: Date.now() + laterMs }),
    },
    log: silentLogger,
    onChange: () => void told++,
  });
  desks.start();
  onTestFinished(() => desks.stop());
  async function put(name: string): Promise<void> {
    box.append({ type: "org.cunshao.camera.changed", class: "state", data: {} });
    await fetch(`${url}/api/v1/cursors/${name}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ ledger: box.ledger, seq: box.events.length }),
    });
  }
  return {
    desks,
    lost,
    put,
    told: () => told,
    look: () => desks.look("longwan"),
    later(ms: number) {
      laterMs += ms;
    },
  };
}

test("a desk of the same id whose cursor moves is told of for a day", async () => {
  const { desks, look, put, later, told } = await startLook();
  await put("desk-zhuting");
  await look();
  expect(desks.seenAt()).toBeUndefined();
  await put("desk-zhuting");
  await look();
  expect(desks.seenAt()).toBeDefined();
  expect(told()).toBe(1);
  later(DAY_MS + 1000);
  expect(desks.seenAt()).toBeUndefined();
});

test("a cursor that only stands there is that of a desk which is no more", async () => {
  const { desks, look, put } = await startLook();
  await put("desk-zhuting");
  for (let looks = 0; looks < 3; looks++) await look();
  expect(desks.seenAt()).toBeUndefined();
});

test("other pullers are nobody's business", async () => {
  const { desks, look, put } = await startLook();
  for (let looks = 0; looks < 3; looks++) {
    await put("county");
    await put("desk-zhuting-east");
    await look();
  }
  expect(desks.seenAt()).toBeUndefined();
});

test("who takes the name while this desk has it is there", async () => {
  const { desks, lost } = await startLook();
  lost.emit();
  expect(desks.seenAt()).toBeDefined();
});
