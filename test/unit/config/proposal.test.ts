import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadProfiles, profilesFolder } from "../../../src/config/profiles.ts";
import { type ProposalPlaces, propose } from "../../../src/config/proposal.ts";

let folder: string;
let places: ProposalPlaces;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "proposal-"));
  const loaded = await loadProfiles(profilesFolder());
  if (!loaded.ok) throw new Error("no profiles");
  const secretsFile = join(folder, "secrets.yaml");
  await writeFile(secretsFile, "township: very-secret\n", { mode: 0o600 });
  places = { dataFolder: join(folder, "data"), secretsFile, profiles: loaded.profiles, siteId: "longwan" };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const GOOD = `site: {id: longwan, name: 龙湾村}
board: raspberry-pi-4b
upstreams:
  - {id: township, kind: http, url: "https://township.example/cunshao", token: {secret: township}}
`;

test("what is in order is laid ready beside the data, with the secrets of the box, and applied by nobody", async () => {
  const { file, problems } = await propose(GOOD, places);
  expect(problems).toEqual([]);
  expect(file).toBe(join(folder, "data/proposed/cunshao.yaml"));
  expect(await readFile(file, "utf8")).toBe(GOOD);
  expect((await readdir(folder)).sort()).toEqual(["data", "secrets.yaml"]);
});

test.each([
  ["of another village", GOOD.replace("longwan", "shuikou"), "shuikou"],
  ["that names a secret which the box has not", GOOD.replace("secret: township", "secret: county"), "county"],
  ["that is no YAML", "site: [", "bracket"],
  ["with a key that there is not", `${GOOD}siren: true\n`, "no such key"],
])("a file %s is not kept, and leaves the one before it", async (_what, text, expected) => {
  await propose(GOOD, places);
  const { file, problems } = await propose(text, places);
  expect(problems.join("\n")).toContain(expected);
  expect(problems.join("\n")).not.toContain("very-secret");
  expect(await readFile(file, "utf8")).toBe(GOOD);
  expect(await readdir(join(folder, "data/proposed"))).toEqual(["cunshao.yaml"]);
});
