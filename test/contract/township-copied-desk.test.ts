import { cp, rm } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { startFleet } from "../../hw/virtual/fleet/fleet.ts";
import { createVirtualBox, type VirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { startTestDesk } from "../support/test-desk.ts";
import { until } from "../support/until.ts";

// Two desks that go on from one disk: neither lets go at a village what the other has still to get, and both say that they are two.

const TOKEN = "token-of-the-village-and-its-desk";
const PICTURE = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(5000, 1)]);

type TestDesk = Awaited<ReturnType<typeof startTestDesk>>;

async function startVillage() {
  const box = createVirtualBox("longwan", TOKEN);
  write(box, 3);
  const fleet = await startFleet([box]);
  onTestFinished(() => fleet.close());
  const boxes = [{ id: "longwan", name: "龙湾村", token: TOKEN, reach: { url: fleet.url("longwan") } }];
  return { box, boxes };
}

function write(box: VirtualBox, count: number): void {
  for (let index = 0; index < count; index++) {
    box.append({ type: "org.cunshao.camera.changed", class: "state", data: { index } });
  }
}

const has = ({ state }: TestDesk, box: VirtualBox) =>
  until(async () => (await state()).boxes[0]?.ledger?.seq === box.events.length, {
    timeoutMs: 30_000,
    what: "a desk that has all",
  });
const namesAt = (box: VirtualBox) => [...box.cursors.keys()].sort();
const nameOfTwin = (box: VirtualBox) => namesAt(box).find((name) => name.startsWith("desk-zhuting."));
const seqAt = (box: VirtualBox, name = "") => box.cursors.get(name)?.seq;

test("a copy of a running desk takes its name, and the desk goes on under another and says so", async () => {
  const { box, boxes } = await startVillage();
  const desk = await startTestDesk(boxes);
  await has(desk, box);
  await until(() => seqAt(box, "desk-zhuting") === 3);
  const copy = await startTestDesk(boxes, { copyOf: desk.folder });
  await has(copy, box);
  expect(namesAt(box)).toEqual(["desk-zhuting"]);
  write(box, 1);
  await until(() => nameOfTwin(box) !== undefined, { what: "a desk that has a name of its own" });
  await until(async () => (await desk.state()).otherDeskAt, { what: "a desk that says so" });
  box.addFile(PICTURE, "image/jpeg");
  for (const each of [desk, copy]) {
    await has(each, box);
    await until(async () => (await each.state()).boxes[0]?.files.bytes === PICTURE.length, {
      what: "its picture",
    });
  }
  await until(() => [...box.cursors.values()].every(({ seq }) => seq === box.events.length), {
    what: "a village that knows both",
  });

  // One of them is switched off: the other's reading is not its own.
  const own = nameOfTwin(box);
  const before = seqAt(box, own);
  await desk.restart(async () => {
    write(box, 5);
    const named = box.addFile(Buffer.concat([PICTURE, PICTURE]), "image/jpeg");
    await has(copy, box);
    await until(() => seqAt(box, "desk-zhuting") === box.events.length, { what: `${named} at the other` });
    expect(seqAt(box, own)).toBe(before);
  });
  await has(desk, box);
  await until(() => seqAt(box, own) === box.events.length, { what: "its own name, as before" });
  expect(namesAt(box)).toHaveLength(2);
  expect((await desk.boxWith({ status: "here" })).reason).toBeUndefined();
});

test("a desk that begins anew keeps its name, however often", async () => {
  const { box, boxes } = await startVillage();
  const desk = await startTestDesk(boxes);
  for (let runs = 0; runs < 3; runs++) {
    write(box, 1);
    await has(desk, box);
    await until(() => seqAt(box, "desk-zhuting") === box.events.length);
    await desk.restart();
  }
  write(box, 1);
  await has(desk, box);
  await until(() => seqAt(box, "desk-zhuting") === box.events.length);
  expect(namesAt(box)).toEqual(["desk-zhuting"]);
  expect((await desk.state()).otherDeskAt).toBeUndefined();
});

test("a desk from a backup has a name of its own, says nothing of another, and what it lacks comes again", async () => {
  const { box, boxes } = await startVillage();
  const desk = await startTestDesk(boxes);
  await has(desk, box);
  const backup = `${desk.folder}-backup`;
  onTestFinished(() => rm(backup, { recursive: true, force: true }));
  await desk.restart(() => cp(desk.folder, backup, { recursive: true }));
  write(box, 4);
  await has(desk, box);
  await until(() => seqAt(box, "desk-zhuting") === box.events.length);
  await desk.restart(async () => {
    await rm(desk.folder, { recursive: true });
    await cp(backup, desk.folder, { recursive: true });
  });
  await has(desk, box);
  await until(() => seqAt(box, nameOfTwin(box)) === box.events.length, { what: "a name of its own" });
  expect((await desk.state()).otherDeskAt).toBeUndefined();
});

test("two desks that were given one id both get everything", async () => {
  const { box, boxes } = await startVillage();
  const first = await startTestDesk(boxes);
  await has(first, box);
  await until(() => seqAt(box, "desk-zhuting") === 3);
  const second = await startTestDesk(boxes);
  await has(second, box);
  write(box, 2);
  for (const each of [first, second]) await has(each, box);
  await until(() => [...box.cursors.values()].every(({ seq }) => seq === box.events.length));
  expect(namesAt(box)).toHaveLength(2);
});
