import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRainGauge } from "../../../../../hw/virtual/modbus/rain-gauge.ts";
import { createRtuLine } from "../../../../../hw/virtual/modbus/rtu-line.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function ask(device: ReturnType<typeof createRtuLine>, request: string): string {
  let said = "";
  device.receive(Buffer.from(request.replaceAll(" ", ""), "hex"), (bytes) => {
    said += bytes.toString("hex");
  });
  return said.toUpperCase();
}

test("answers the maker's own example", () => {
  const gauge = createRainGauge({ totalTenths: 0x05a1 });
  gauge.holdingRegisters.set(1, 8).set(2, 0x00ba);
  const answer = ask(createRtuLine([gauge]), "02 03 00 00 00 03 05 F8");
  expect(answer).toBe("02030605A1000800BA8878");
});

test("is cleared by the maker's order", () => {
  const gauge = createRainGauge({ totalTenths: 1441 });
  expect(ask(createRtuLine([gauge]), "02 10 00 00 00 01 02 00 00 B2 A0")).toBe("02100000000101FA");
  expect(gauge.holdingRegisters.get(0)).toBe(0);
});

test("tips as often as it rains, until the rain ends", () => {
  const gauge = createRainGauge();
  gauge.setRainMmPerHour(12);
  vi.advanceTimersByTime(3_600_000);
  expect(gauge.holdingRegisters.get(0)).toBe(120);
  gauge.setRainMmPerHour(0);
  vi.advanceTimersByTime(3_600_000);
  expect(gauge.holdingRegisters.get(0)).toBe(120);
});
