import { describe, expect, test } from "vitest";
import { readEnvironment } from "../../../src/config/environment.ts";

describe("the environment", () => {
  test("tells nothing when nothing or only emptiness is given", () => {
    const nothing = {
      configFile: undefined,
      dataFolder: undefined,
      port: undefined,
      host: undefined,
      adminPassword: undefined,
    };
    expect(readEnvironment({})).toEqual(nothing);
    expect(readEnvironment({ CUNSHAO_PORT: "", CUNSHAO_CONFIG: "" })).toEqual(nothing);
  });

  test("tells files, port, host and the first password", () => {
    expect(
      readEnvironment({
        CUNSHAO_CONFIG: "/a.yaml",
        CUNSHAO_DATA: "/data",
        CUNSHAO_PORT: "0",
        CUNSHAO_HOST: "127.0.0.1",
        CUNSHAO_ADMIN_PASSWORD: "first",
      }),
    ).toEqual({
      configFile: "/a.yaml",
      dataFolder: "/data",
      port: 0,
      host: "127.0.0.1",
      adminPassword: "first",
    });
  });

  test.each(["65536", "-1", "http", "80.5", "0x50", "1e3", " 80", "080000"])("refuses port %j", (port) => {
    expect(() => readEnvironment({ CUNSHAO_PORT: port })).toThrowError(
      expect.objectContaining({ code: "environment.port", kind: "permanent" }),
    );
  });
});
