import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf, VILLAGE } from "./config-rig.ts";

describe("the file of secrets", () => {
  test("must be readable by its owner only", async () => {
    for (const secretsMode of [0o644, 0o640, 0o604, 0o660, 0o620]) {
      const [problem, ...more] = await problemsOf({ secretsMode });
      expect(more).toEqual([]);
      expect(problem).toContain(
        `secrets.yaml  (whole file)  found ${secretsMode.toString(8)}  expected a file`,
      );
      expect(problem).toContain("chmod 600");
    }
    expect(await problemsOf({ secretsMode: 0o400 })).toEqual([]);
  });

  test("must hold every secret that the configuration names", async () => {
    expect(await problemsOf({ secrets: "township: x\n" })).toEqual([
      'cunshao.yaml:9  cameras[0].login.password.secret  found (hidden)  expected a secret that secrets.yaml defines; add a line "pond-east: …"',
    ]);
    expect(await problemsOf({ secrets: null })).toHaveLength(2);
    expect(await problemsOf({ secrets: "" })).toHaveLength(2);
  });

  test("is not asked for names that every object has", async () => {
    const village = changed("{secret: township}", "{secret: constructor}");
    expect(await problemsOf({ village, secrets: "pond-east: x\n" })).toEqual([
      'cunshao.yaml:37  upstreams[0].token.secret  found (hidden)  expected a secret that secrets.yaml defines; add a line "constructor: …"',
    ]);
  });

  test("may hold secrets with any characters between quotes", async () => {
    const { cameras } = await configurationOf({ secrets: "pond-east: '*a: b#c\\d@e'\ntownship: x\n" });
    expect(cameras[0]?.login?.password).toBe("*a: b#c\\d@e");
  });

  test.each([
    ["a number, whose zeros would get lost", "pond-east: 0123456\ntownship: x\n"],
    ["a list", "- hunter2\n"],
    ["a text", "hunter2\n"],
    ["a secret within a secret", "pond-east: {password: hunter2}\ntownship: x\n"],
    ["an empty secret", 'pond-east: ""\ntownship: x\n'],
    ["an alias that was meant as a text", "pond-east: *hunter2\ntownship: x\n"],
    ["a tag that was meant as a text", "pond-east: !hunter2\ntownship: x\n"],
    ["an escape that was meant as a text", 'pond-east: "hunter2\\q"\ntownship: x\n'],
    ["a quote that does not close", 'pond-east: "hunter2\ntownship: x\n'],
    ["something after a value", "pond-east: 'x' hunter2\ntownship: x\n"],
    ["a key without a colon", "hunter2\npond-east: x\ntownship: x\n"],
    ["a bracket without its other half", "pond-east: ]hunter2\ntownship: x\n"],
    ["a key given twice", "pond-east: hunter2\npond-east: hunter2\ntownship: x\n"],
  ])("that holds %s is refused without a word of what stands in it", async (_, secrets) => {
    const problems = await problemsOf({ secrets });
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) {
      expect(problem).toMatch(/^secrets\.yaml(:\d+)? {2}/);
      expect(problem).not.toMatch(/hunter2|0123456|123456|\\q/);
    }
  });
});

describe("a secret that somebody wrote into the configuration itself is not shown", () => {
  test.each([
    ["in the place of its name", "password: {secret: pond-east}", "password: hunter2"],
    ["as the name", "{secret: pond-east}", '{secret: "Hunter2!"}'],
    ["under a misspelt key", "password: {secret: pond-east}", "passwrod: hunter2"],
    ["under a key that does not exist", "    zones:", "    pw: hunter2\n    zones:"],
    ["in place of the whole log-in", "{username: admin, password: {secret: pond-east}}", "admin/hunter2"],
    ["in a list", "{username: admin, password: {secret: pond-east}}", "[admin, hunter2]"],
    ["in an address", "main: rtsp://", "main: rtsp://admin:hunter2@"],
    ["in an address, with an @", "main: rtsp://", "main: rtsp://admin:a@hunter2@"],
    ["in an address, with a slash", "main: rtsp://", "main: rtsp://admin:hunter2/x@"],
    ["in an address without a user", "main: rtsp://", "main: rtsp://:hunter2@"],
    ["in the path of an address with a mistake", "21:554/main", "999:554/user=admin&password=hunter2"],
    ["in the query of an address with a mistake", "https://township.example/cunshao", "ftp://a/?t=hunter2"],
    [
      "in a mapping that should be a list",
      "cameras:\n  - id: pond-east",
      "cameras:\n    pass: hunter2\n    id: x",
    ],
    ["where a text was expected", "name: 东塘\n", "name: {hunter1: hunter2}\n"],
  ])("%s", async (_, piece, by) => {
    const problems = await problemsOf({ village: changed(piece, by) });
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join("\n")).not.toMatch(/hunter2/i);
  });
});

test("an address without a log-in in it is fine with an @ in its path", async () => {
  expect(await problemsOf({ village: changed("21:554/main", "21:554/a@b") })).toEqual([]);
  expect(VILLAGE).not.toContain("@");
});
