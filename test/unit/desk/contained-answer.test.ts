import { expect, test } from "vitest";
import { contained } from "../../../src/panel/desk/contained-answer.ts";

const kept = (headers: Record<string, string>) =>
  contained({ statusCode: 200, headers: { "content-type": "video/mp4", ...headers } }).headers;

test.each([
  ["cunshao-from", "2026-07-01T06:00:00.040Z"],
  ["cunshao-to", "2026-07-01T08:00:00.000Z"],
  ["cunshao-clock", "synced"],
  ["cunshao-clock", "unsynced"],
  ["cunshao-ledger", "9f1c6a52-0d0e-4d0c-9b8e-3b8a5d1f2c11"],
  ["cunshao-head", "120"],
  ["cunshao-next", "0"],
])("a box's %s reaches the page of the desk: %s", (name, value) => {
  expect(kept({ [name]: value })[name]).toBe(value);
});

test.each([
  ["cunshao-from", "yesterday"],
  ["cunshao-from", "2026-07-01T06:00:00.040Z, 2026-07-01T06:00:00.040Z"],
  ["cunshao-to", "9".repeat(60)],
  ["cunshao-clock", "right, believe me"],
  ["cunshao-ledger", "<script>"],
  ["cunshao-head", "-1"],
  ["cunshao-next", "1e9"],
  ["cunshao-whatever", "1"],
])("what only calls itself a box's %s does not: %s", (name, value) => {
  expect(kept({ [name]: value })).not.toHaveProperty(name);
});
