import { describe, expect, test } from "vitest";
import { errorCode, errorMessage, GatewayError, isAbort } from "../../../src/core/errors.ts";

describe("an error of the gateway", () => {
  test("carries its code, kind, device and cause", () => {
    const cause = new Error("EIO");
    const error = new GatewayError("The port is gone", {
      code: "serial.port_lost",
      kind: "transient",
      device: "rs485-1",
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "GatewayError",
      message: "The port is gone",
      code: "serial.port_lost",
      kind: "transient",
      device: "rs485-1",
      cause,
    });
  });

  test("has no cause and no device unless given one", () => {
    const error = new GatewayError("A mistake of ours", { code: "bug", kind: "bug" });
    expect("cause" in error).toBe(false);
    expect(error.device).toBeUndefined();
  });
});

describe("whatever was thrown", () => {
  test.each<[unknown, string]>([
    [new GatewayError("x", { code: "serial.timeout", kind: "transient" }), "serial.timeout"],
    [Object.assign(new Error("no such file"), { code: "ENOENT" }), "ENOENT"],
    [Object.assign(new Error("numbered"), { code: 20 }), "unknown"],
    [new Error("plain"), "unknown"],
    [{ code: "not.an.error" }, "unknown"],
    ["text", "unknown"],
    [undefined, "unknown"],
  ])("%o has the code %s", (thrown, code) => {
    expect(errorCode(thrown)).toBe(code);
  });

  test.each<[unknown, string]>([
    [new Error("first line\n  at somewhere"), "first line"],
    ["text", "text"],
    [undefined, "undefined"],
    [new Error(""), ""],
  ])("%o is told in one line", (thrown, message) => {
    expect(errorMessage(thrown)).toBe(message);
  });

  test("is an abort by name or by Node's code", async () => {
    expect(isAbort(AbortSignal.abort().reason)).toBe(true);
    expect(isAbort(Object.assign(new Error("x"), { code: "ABORT_ERR" }))).toBe(true);
    expect(isAbort(new Error("x"))).toBe(false);
    expect(isAbort("AbortError")).toBe(false);
  });
});
