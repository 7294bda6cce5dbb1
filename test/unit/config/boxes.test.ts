import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadBoxes } from "../../../src/config/boxes.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "boxes-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const PIN = "AB:".repeat(31).concat("CD");

async function load(boxes: string, secrets = "longwan: secret-of-longwan\n", name = "boxes.yaml") {
  await writeFile(join(folder, "secrets.yaml"), secrets, { mode: 0o600 });
  await writeFile(join(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  await writeFile(join(folder, "not.pem"), "hello");
  await writeFile(join(folder, name), boxes);
  return loadBoxes(join(folder, name));
}

describe("the file of boxes", () => {
  test("in YAML gives each box with its token, its authority and its fingerprint", async () => {
    const loaded = await load(`
ca: ca.pem
boxes:
  - {id: longwan, url: "https://192.168.1.10:8080", token: {secret: longwan}}
  - {id: shuikou, url: "https://192.168.1.11:8080", token: {secret: longwan}, fingerprint: "${PIN}"}
`);
    expect(loaded).toMatchObject({
      ok: true,
      boxes: [
        { id: "longwan", url: "https://192.168.1.10:8080", token: "secret-of-longwan" },
        { id: "shuikou", fingerprint: `${"ab".repeat(31)}cd` },
      ],
    });
    expect(loaded.ok && loaded.boxes[0]?.ca).toContain("BEGIN CERTIFICATE");
  });

  test("may be JSON", async () => {
    const box = { id: "longwan", url: "http://10.0.0.1:8080", token: { secret: "longwan" } };
    expect(await load(JSON.stringify({ boxes: [box] }), undefined, "boxes.json")).toMatchObject({ ok: true });
  });

  test.each([
    ["none", "boxes: []", "at least one box"],
    ["no list", "boxes: 7", "a list of boxes"],
    ["a token in the open", "boxes: [{id: a, url: 'http://h', token: abc}]", "{secret:"],
    ["an unknown secret", "boxes: [{id: a, url: 'http://h', token: {secret: nobody}}]", "nobody"],
    [
      "a password in the address",
      "boxes: [{id: a, url: 'http://u:p@h', token: {secret: longwan}}]",
      "without a user name",
    ],
    ["a name that is a path", "boxes: [{id: ../a, url: 'http://h', token: {secret: longwan}}]", "an id"],
    [
      "one box twice",
      "boxes: [{id: a, url: 'http://h', token: {secret: longwan}}, {id: a, url: 'http://i', token: {secret: longwan}}]",
      "each id once",
    ],
    [
      "a fingerprint that is none",
      "boxes: [{id: a, url: 'https://h', token: {secret: longwan}, fingerprint: abc}]",
      "64 hex",
    ],
    [
      "an authority that is none",
      "boxes: [{id: a, url: 'https://h', token: {secret: longwan}, ca: not.pem}]",
      "in PEM",
    ],
    [
      "a certificate for plain HTTP",
      "boxes: [{id: a, url: 'http://h', token: {secret: longwan}, ca: ca.pem}]",
      "https",
    ],
    ["a key that there is not", "boxes: [{id: a, url: 'http://h', tokn: {secret: longwan}}]", "no such key"],
  ])("with %s is told what was expected", async (_what, text, expected) => {
    const loaded = await load(text);
    expect(loaded.ok).toBe(false);
    const told = JSON.stringify(loaded);
    expect(told).toContain(expected);
    expect(told).not.toContain("secret-of-longwan");
  });

  test("with secrets that others can read is refused", async () => {
    await load("boxes: []");
    await chmod(join(folder, "secrets.yaml"), 0o644);
    expect(JSON.stringify(await loadBoxes(join(folder, "boxes.yaml")))).toContain("chmod 600");
  });
});
