import { expect, test } from "vitest";
import { scratchBuffer, scratchFolder } from "./scratch.ts";

const polygon = [
  [0.1, 0.5],
  [0.9, 0.5],
  [0.5, 1],
];
const waterline = {
  sensor: "pond-level",
  margin: 0.1,
  lines: [
    {
      level: 2.1,
      line: [
        [0.1, 0.8],
        [0.9, 0.8],
      ],
    },
  ],
};
const by = { kind: "person", name: "安装员" };

test("what was drawn last of each zone outlives a restart until it is put back; what is no drawing is left out", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = (kind: string, data: object) =>
    first.ledger.append({
      type: `org.cunshao.zone.${kind}`,
      class: "audit",
      subject: "pond",
      data: { ...data },
    });
  await tell("drawn", { camera: "pond", zone: "bank", polygon: [], by });
  const { time } = await tell("drawn", { camera: "pond", zone: "bank", polygon, waterline, by });
  await tell("drawn", { camera: "pond", zone: "back", polygon, by });
  await tell("restored", { camera: "pond", zone: "back", by });
  await tell("drawn", { camera: "pond", zone: "no-outline", polygon: "all", by });
  await tell("drawn", { camera: "pond", zone: "no-corner", polygon: [[0, "0"]], by });
  await tell("drawn", {
    camera: "pond",
    zone: "no-line",
    polygon,
    waterline: { ...waterline, lines: [1] },
    by,
  });
  await tell("drawn", { camera: "pond", zone: "no-waterline", polygon, waterline: null, by });
  await tell("drawn", { camera: "pond", zone: "nobody", polygon, by: "安装员" });
  await tell("drawn", { camera: 7, zone: "no-camera", polygon, by });
  await first.close();

  const second = await scratchBuffer({ dataFolder });
  expect((await second.shapeBook.drawn()).zones).toEqual([
    { camera: "pond", zone: "bank", at: time, by, polygon, waterline },
  ]);
});

test("lines and masks likewise, with what was taken out; a mask that cannot be read hides the whole picture", async () => {
  const dataFolder = await scratchFolder();
  const first = await scratchBuffer({ dataFolder });
  const tell = async (type: string, data: object): Promise<string> => {
    const draft = {
      type: `org.cunshao.${type}`,
      class: "audit",
      subject: "pond",
      data: { camera: "pond", ...data },
    } as const;
    return (await first.ledger.append(draft)).time;
  };
  const points = polygon.slice(0, 2);
  const line = { name: "路口", points, inside: "left" };
  const drawnAt = await tell("line.drawn", { line: "road", ...line, by });
  await tell("line.drawn", { line: "gone", ...line, by });
  const removedAt = await tell("line.removed", { line: "gone", name: "路口", by });
  await tell("line.drawn", { line: "back", ...line, by });
  await tell("line.restored", { line: "back", by });
  await tell("line.drawn", { line: "no-side", ...line, inside: "up", by });
  // Of who goes over a line, not of what is drawn.
  await tell("line.crossed", { line: "road", direction: "in" });
  const maskedAt = await tell("mask.drawn", { mask: "yard", name: "院子", polygon, by });
  const spoiltAt = await tell("mask.drawn", { mask: "spoilt", name: "窗", polygon: [[0, "0"]], by });
  await first.close();

  const second = await scratchBuffer({ dataFolder });
  const { lines, masks } = await second.shapeBook.drawn();
  expect(lines).toEqual([
    { camera: "pond", id: "gone", by, at: removedAt },
    { camera: "pond", id: "road", by, at: drawnAt, drawing: line },
  ]);
  const whole = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  expect(masks).toEqual([
    { camera: "pond", id: "spoilt", by, at: spoiltAt, drawing: { name: "窗", polygon: whole } },
    { camera: "pond", id: "yard", by, at: maskedAt, drawing: { name: "院子", polygon } },
  ]);
});
