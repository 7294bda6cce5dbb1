import { describe, expect, test } from "vitest";
import { formatPath, formatProblem, showValue } from "../../../src/config/problems.ts";

describe("a problem in words", () => {
  test("tells file, line, path, what was found and what is expected, as far as they are known", () => {
    const whole = { file: "a.yaml", line: 3, path: "b[0].c", value: "5", expected: "a name" };
    expect(formatProblem(whole)).toBe("a.yaml:3  b[0].c  found 5  expected a name");
    expect(formatProblem({ file: "a.yaml", path: "", expected: "a file that exists" })).toBe(
      "a.yaml  (whole file)  expected a file that exists",
    );
  });

  test("writes paths as one would in code", () => {
    expect(formatPath([])).toBe("");
    expect(formatPath(["cameras", 0, "zones", 1, "polygon"])).toBe("cameras[0].zones[1].polygon");
  });

  test.each<[unknown, string | undefined]>([
    [undefined, undefined],
    [null, "null"],
    [5, "5"],
    [true, "true"],
    ["东塘", '"东塘"'],
    [[[0, 1], "a"], '[[0,1],"a"]'],
    [{ a: 1, b: { c: 2 } }, "{a, b}"],
    ["rtsp://host:554/path?x", '"rtsp://host:554/…"'],
    ["rtsp://u:p@host/", '"rtsp://(hidden)@host/…"'],
    ["x".repeat(200), `"${"x".repeat(78)}…`],
  ])("shows %j as %s", (value, shown) => {
    expect(showValue(["cameras"], value)).toBe(shown);
  });

  test.each(["password", "adminPassword", "token", "tokens", "secret", "login"])(
    "hides all below %s",
    (key) => {
      expect(showValue(["a", key, 0], "hunter2")).toBe("(hidden)");
    },
  );
});
