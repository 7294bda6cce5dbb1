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
  expect(await second.zoneBook.drawn()).toEqual([
    { camera: "pond", zone: "bank", at: time, by, polygon, waterline },
  ]);
});
