import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createCameraRecords } from "../../../src/buffer/camera-records.ts";
import { silentLogger } from "../../../src/core/log.ts";

const open = (folder = mkdtempSync(join(tmpdir(), "records-"))) => ({
  folder,
  records: createCameraRecords({ folder, log: silentLogger }),
});

test("what was saved last is loaded", async () => {
  const { records } = open();
  const memory = { looks: [{ planes: "AAAA", blockLuma: "AA", sharpness: null }], usualChange: 0.2 };
  await records.save("pond", {});
  await records.save("pond", { memory, fault: { fault: "moved", since: "2026-07-01T06:00:00.000Z" } });
  expect(await records.load("pond")).toEqual({
    memory,
    fault: { fault: "moved", since: "2026-07-01T06:00:00.000Z" },
  });
});

test("there is nothing of a camera that was never saved", async () => {
  expect(await open().records.load("pond")).toBeUndefined();
});

test.each([
  ["half a file", '{"memory":{"loo'],
  ["a list", "[]"],
  ["far too much", JSON.stringify({ x: "x".repeat(300_000) })],
  [
    "other things",
    '{"memory":{"looks":[{"planes":7}],"usualChange":"much"},"fault":{"fault":"dusty","since":""}}',
  ],
])("%s does no harm", async (_what, text) => {
  const { folder, records } = open();
  writeFileSync(join(folder, "pond.json"), text);
  expect((await records.load("pond")) ?? {}).toEqual({});
});
