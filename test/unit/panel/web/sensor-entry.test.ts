import { describe, expect, test } from "vitest";
import {
  newSensor,
  placeFault,
  readingFault,
  type SensorDraft,
  sensorFault,
  sensorWays,
  sharesAddress,
} from "../../../../src/panel/web/words/sensor-entry.ts";
import { viewOf } from "./entry-samples.ts";

const level = { id: "pond-level", name: "东塘水位", profile: "qdy30a", bus: "levels", address: 1 };
const { draftOf, entryOf } = sensorWays;

describe("a sensor in its form", () => {
  test("is left as the file has it while nothing is changed, what it does not say among it", () => {
    for (const entry of [level, { ...level, pollSeconds: 5 }, { ...level, pollSeconds: 60 }]) {
      expect(entryOf(entry, draftOf(entry))).toEqual(entry);
    }
    expect(draftOf(level).pollSeconds).toBe(5);
  });

  test("is told with what is changed", () => {
    expect(entryOf(level, { ...draftOf(level), name: " 塘水位 ", address: 7, pollSeconds: 0.5 })).toEqual({
      ...level,
      ...{ name: "塘水位", address: 7, pollSeconds: 0.5 },
    });
  });

  test("begins on the line that the last one is on, or the only one", () => {
    const other = { ...level, id: "rain", bus: "relays" };
    expect(newSensor(viewOf({ sensors: [level, other] }))).toEqual({ bus: "relays" });
    expect(newSensor(viewOf({}))).toEqual({ bus: "" });
    expect(newSensor(viewOf({}, { buses: [{ id: "one", port: "/dev/ttyUSB0", framing: "rtu" }] }))).toEqual({
      bus: "one",
    });
  });

  test.each<[string, Partial<SensorDraft>]>([
    ["device.fault.name", { name: "  " }],
    ["device.fault.model", { profile: "" }],
    ["device.fault.bus", { bus: "" }],
    ["device.fault.address", { address: 0 }],
    ["device.fault.address", { address: 256 }],
    ["device.fault.address", { address: 1.5 }],
    ["device.fault.address", { address: Number.NaN }],
    ["device.fault.poll", { pollSeconds: 0.1 }],
    ["device.fault.poll", { pollSeconds: 3601 }],
    ["device.fault.poll", { pollSeconds: Number.NaN }],
  ])("says %s of %o", (key, change) => {
    expect(sensorFault({ ...draftOf(level), ...change })?.key).toBe(key);
  });

  test.each<Partial<SensorDraft>>([{}, { address: 255 }, { pollSeconds: 0.2 }, { pollSeconds: 3600 }])(
    "finds nothing wrong with %o",
    (change) => {
      expect(sensorFault({ ...draftOf(level), ...change })).toBeUndefined();
    },
  );

  test.each([
    ["modbus.timeout", "device.unread.silent"],
    ["time.out", "device.unread.silent"],
    ["modbus.exception", "device.unread.other"],
    ["modbus.port_lost", "device.unread.port"],
  ])("that could not be read on trial says what to look at: %s", (code, key) => {
    expect(readingFault(code, "no reason").key).toBe(key);
    expect(placeFault(draftOf(level))).toBeUndefined();
  });

  test("that could not be read for another reason tells that one", () => {
    const told = { key: "device.unread.why", params: { reason: "正在试读另一个" } };
    expect(readingFault("sensor_trial.busy", "正在试读另一个")).toEqual(told);
  });

  test("names another at the same address of the same line, and never itself", () => {
    const view = viewOf({ sensors: [level] });
    expect(sharesAddress(view, undefined, draftOf(level))).toBe("东塘水位");
    expect(sharesAddress(view, "pond-level", draftOf(level))).toBeUndefined();
    expect(sharesAddress(view, undefined, { ...draftOf(level), bus: "relays" })).toBeUndefined();
  });
});
