import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadCounty } from "../../../src/config/county.ts";
import { formatProblem } from "../../../src/config/problems.ts";

const COUNTY = `county: {id: lukou, name: 渌口区}
brokers:
  urls: ["mqtts://a.example:8883", "mqtts://b.example:8883"]
  login: {username: county, password: {secret: broker}}
  tls: {authority: authority.pem}
database: {url: "postgres://county@db.example/county", password: {secret: database}}
townships:
  - {id: zhuting, name: 朱亭镇, villages: [longwan, {id: taohua, name: 桃花村}]}
  - {id: longfeng, name: 龙凤乡, villages: [shuikou]}
`;

async function load(yaml: string, secrets = "broker: one\ndatabase: two\n") {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-county-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "county.yaml"), yaml);
  await writeFile(
    join(folder, "authority.pem"),
    "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
  );
  await writeFile(join(folder, "secrets.yaml"), secrets);
  await chmod(join(folder, "secrets.yaml"), 0o600);
  const loaded = await loadCounty(join(folder, "county.yaml"));
  return { loaded, problems: loaded.ok ? "" : loaded.problems.map(formatProblem).join("\n") };
}

test("a county is its brokers, its database, and the villages of its townships", async () => {
  const { loaded } = await load(COUNTY);
  expect(loaded).toMatchObject({
    ok: true,
    county: {
      id: "lukou",
      brokers: {
        urls: ["mqtts://a.example:8883", "mqtts://b.example:8883"],
        topic: "cunshao",
        group: "county",
        login: { username: "county", password: "one" },
        tls: { ca: expect.stringContaining("BEGIN CERTIFICATE") },
      },
      database: { url: "postgres://county@db.example/county", password: "two" },
      listen: { host: "127.0.0.1", port: 8091 },
      townships: [
        {
          id: "zhuting",
          villages: [
            { id: "longwan", name: "longwan" },
            { id: "taohua", name: "桃花村" },
          ],
        },
        { id: "longfeng" },
      ],
    },
  });
});

test.each([
  [
    "a village of two townships",
    COUNTY.replace("[shuikou]", "[longwan]"),
    /townships\[1\].villages\[0\].*each village once/,
  ],
  ["no broker", COUNTY.replace(/urls: .*/, "urls: []"), /at least one address/],
  ["a password in the address", COUNTY.replace("county@db", "county:x@db"), /without a password in it/],
  ["a topic with a wildcard", COUNTY.replace("  login", "  topic: a/+/b\n  login"), /without # and \+/],
  [
    "a certificate that is not there",
    COUNTY.replace("authority.pem", "gone.pem"),
    /a PEM file that can be read/,
  ],
  ["a key that nobody knows", `${COUNTY}more: 1\n`, /more/],
])("%s is refused with its place", async (_what, yaml, problem) => {
  expect((await load(yaml)).problems).toMatch(problem);
});

test("a secret that is missing is named", async () => {
  expect((await load(COUNTY, "broker: one\n")).problems).toMatch(
    /database.password.*add a line "database: …"/,
  );
});
