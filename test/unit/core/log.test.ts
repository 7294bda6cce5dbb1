import { describe, expect, test } from "vitest";
import { redactUrl, silentLogger } from "../../../src/core/log.ts";

describe("an address in a log", () => {
  test.each([
    ["rtsp://192.168.1.21:554/main", "rtsp://192.168.1.21:554"],
    ["rtsp://admin:hunter2@192.168.1.21/main", "rtsp://192.168.1.21"],
    ["rtsp://admin:hunter?2#@192.168.1.21", "rtsp://192.168.1.21"],
    ["rtsp://192.168.1.21/user=admin&password=hunter2", "rtsp://192.168.1.21"],
    ["https://township.example?token=hunter2", "https://township.example"],
    ["rtp://[fd00::7]:5004/x", "rtp://[fd00::7]:5004"],
    ["no address", "no address"],
  ])("%s is told as %s", (url, told) => {
    expect(redactUrl(url)).toBe(told);
  });

  test.each([
    ["rtsp://admin:hun@ter2@192.168.1.21/main", "rtsp://192.168.1.21"],
    ["rtsp://admin:hunter/2@192.168.1.21/main", "rtsp://192.168.1.21"],
    ["HTTPS://Township.Example/x\nhunter2", "HTTPS://Township.Example"],
  ])("%s is told as %s", (url, told) => {
    expect(redactUrl(url)).toBe(told);
  });
});

test("the silent logger takes everything and says nothing", () => {
  const log = silentLogger.child({ part: "test" });
  for (const level of ["debug", "info", "warn", "error"] as const) {
    expect(log[level]({}, "message")).toBeUndefined();
  }
});
