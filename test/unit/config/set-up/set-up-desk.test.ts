import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SetUpChange } from "../../../../src/core/set-up.ts";
import { changed, VILLAGE } from "../config-rig.ts";
import { setUpBox } from "./set-up-rig.ts";

const BY = { kind: "person", name: "wang" } as const;
const sensor = (more: object = {}, id = "gate-level"): SetUpChange => ({
  list: "sensors",
  id,
  entry: { name: "闸口水位", profile: "qdy30a", bus: "rs485-1", address: 7, ...more },
});
const zone: SetUpChange = {
  list: "zones",
  camera: "pond-east",
  id: "steps",
  entry: {
    name: "石阶",
    polygon: [
      [0.1, 0.5],
      [0.4, 0.5],
      [0.4, 0.9],
    ],
  },
};
const rule = (then: readonly object[]): SetUpChange => ({
  list: "rules",
  id: "steps-watch",
  entry: { name: "石阶有人", when: { person: { camera: "pond-east", zone: "steps" } }, then },
});
const warned = rule([{ say: "水边危险，请速离开", on: ["pond"] }, { alarm: { severity: "warning" } }]);

const refusal = (code: string) => expect.objectContaining({ code });

describe("what is changed of the configuration on the page", () => {
  test("is kept on disk and in the audit, has the gateway start anew, and holds from then on", async () => {
    const box = await setUpBox();
    const desk = await box.begin();
    const view = await desk.change(0, [sensor()], {}, BY);
    expect(view).toMatchObject({ version: 1, running: 0 });
    expect(view.entries.find(({ id }) => id === "gate-level")).toMatchObject({ origin: "added", by: "wang" });
    expect(box.told).toMatchObject([
      {
        type: "org.cunshao.set_up.changed",
        class: "audit",
        data: { by: BY, changes: [{ list: "sensors", id: "gate-level", entry: { address: 7 } }] },
      },
    ]);
    expect(box.starts()).toBe(1);
    const anew = await box.begin();
    expect(anew.view()).toMatchObject({ version: 1, running: 1, leftOut: [] });
    expect(anew.names("sensors")).toContain("闸口水位");
  });

  test("changes what stands in the file, takes it out, and puts it back", async () => {
    const box = await setUpBox();
    const name = "东塘大喇叭";
    const [{ entry } = {}] = (await box.begin()).view().entries.filter(({ list }) => list === "speakers");
    const desk = await box.begin();
    await desk.change(0, [{ list: "speakers", id: "pond", entry: { ...entry, name } }], {}, BY);
    const renamed = await box.begin();
    expect(renamed.names("speakers")).toContain(name);
    expect(renamed.view().entries.find(({ id }) => id === "pond")).toMatchObject({ origin: "changed" });
    await renamed.restore(1, [{ list: "speakers", id: "pond" }], BY);
    const back = await box.begin();
    expect(back.names("speakers")).not.toContain(name);
    expect(back.view().entries.every(({ origin }) => origin === "file")).toBe(true);
    expect(box.told.at(-1)).toMatchObject({ type: "org.cunshao.set_up.restored", data: { by: BY } });
    // Saying what the file says is nothing to be kept.
    await back.change(2, [{ list: "speakers", id: "pond", entry: entry ?? {} }], {}, BY);
    expect((await box.kept()).changes).toEqual([]);
  });

  test("takes a new zone and the rule that watches it together, and neither without the other", async () => {
    const box = await setUpBox();
    const desk = await box.begin();
    await expect(desk.change(0, [warned], {}, BY)).rejects.toMatchObject({
      code: "set_up.invalid",
      message: expect.stringContaining("when.person.zone"),
    });
    expect(box.told).toEqual([]);
    await desk.change(0, [zone, warned], {}, BY);
    const anew = await box.begin();
    expect(anew.view().entries.filter(({ origin }) => origin === "added")).toMatchObject([
      { list: "zones", id: "steps", camera: "pond-east" },
      { list: "rules", id: "steps-watch" },
    ]);
    await expect(anew.change(1, [{ ...zone, entry: null }], {}, BY)).rejects.toEqual(
      refusal("set_up.invalid"),
    );
    await anew.change(
      1,
      [
        { ...warned, entry: null },
        { ...zone, entry: null },
      ],
      {},
      BY,
    );
    expect((await box.kept()).changes).toEqual([]);
  });

  test("keeps secrets out of entries, events and views, for this user alone, and only while they are used", async () => {
    const box = await setUpBox();
    const desk = await box.begin();
    const upstream: SetUpChange = {
      list: "upstreams",
      id: "county",
      entry: { kind: "http", url: "https://county.example/in", token: { secret: "page-county-token" } },
    };
    await expect(desk.change(0, [upstream], {}, BY)).rejects.toEqual(refusal("set_up.secret_needed"));
    const secrets = { "page-county-token": "hush-hush", "page-other": "nobody-asks" };
    const view = await desk.change(0, [upstream], secrets, BY);
    expect(JSON.stringify([view, box.told])).not.toMatch(/hush|nobody/);
    expect((await box.kept()).secrets).toEqual({ "page-county-token": "hush-hush" });
    expect(statSync(join(box.dataFolder, "set-up.json")).mode & 0o777).toBe(0o600);
    await (await box.begin()).change(1, [{ ...upstream, entry: null }], {}, BY);
    expect((await box.kept()).secrets).toEqual({});
  });

  test.each([
    ["of another version", 5, [sensor()], "set_up.changed"],
    ["with an address that no device has", 0, [sensor({ address: 300 })], "set_up.invalid"],
    ["with a key that does not exist", 0, [sensor({ colour: "red" })], "set_up.invalid"],
    ["of a camera that is not there", 0, [{ ...zone, camera: "nowhere" }], "set_up.nothing"],
    ["of a zone without its camera", 0, [{ ...zone, camera: undefined }], "set_up.invalid"],
    ["of a sensor with a camera", 0, [{ ...sensor(), camera: "pond-east" }], "set_up.invalid"],
    ["that takes out what was never there", 0, [{ ...sensor(), entry: null }], "set_up.nothing"],
    ["of a rule of the file", 0, [{ ...warned, id: "pond-bank" }], "set_up.of_the_file"],
    ["of a zone of the file", 0, [{ ...zone, id: "bank" }], "set_up.of_the_file"],
    [
      "that takes a horn that rules need",
      0,
      [{ list: "speakers", id: "pond", entry: null }],
      "set_up.invalid",
    ],
    [
      "that makes an emergency",
      0,
      [zone, rule([{ say: "快跑", on: ["pond"], emergency: true }])],
      "set_up.emergency",
    ],
    ["nested without end", 0, [sensor({ name: nested(5000) })], "set_up.invalid"],
    ["longer than any", 0, [sensor({ name: "长".repeat(30_000) })], "set_up.invalid"],
    ["whose id is none", 0, [sensor({}, "Gate Level")], "set_up.invalid"],
  ] as const)("refuses one %s, and keeps nothing of it", async (_what, version, changes, code) => {
    const box = await setUpBox();
    const desk = await box.begin();
    await expect(desk.change(version, changes as never, {}, BY)).rejects.toEqual(refusal(code));
    expect([box.told, box.starts(), (await box.kept()).version]).toEqual([[], 0, 0]);
  });

  test("sends no secret to another address, and to no other entry, unless it is typed again", async () => {
    const box = await setUpBox();
    const desk = await box.begin();
    const upstream = (url: string, secret: string, id = "township"): SetUpChange => ({
      ...{ list: "upstreams", id },
      entry: { kind: "http", url, token: { secret } },
    });
    const here = "https://township.example/cunshao";
    for (const theft of [
      upstream("https://elsewhere.example/in", "township"),
      upstream("http://township.example/cunshao", "township"),
      upstream(here, "pond-east"),
      upstream(here, "township", "mine"),
    ]) {
      await expect(desk.change(0, [theft], {}, BY)).rejects.toEqual(refusal("set_up.secret_needed"));
    }
    const typed = { "page-township-token": "new" };
    await desk.change(0, [upstream(`${here}/2`, "township")], {}, BY);
    const anew = await box.begin();
    const elsewhere = upstream("https://elsewhere.example/in", "page-township-token");
    await anew.change(1, [elsewhere], typed, BY);
    const moved = upstream("https://thief.example/in", "page-township-token");
    await expect((await box.begin()).change(2, [moved], {}, BY)).rejects.toEqual(
      refusal("set_up.secret_needed"),
    );
  });

  test("waits for a configuration file that is in order: with a broken one the box would not start", async () => {
    const box = await setUpBox();
    const desk = await box.begin();
    box.write(changed("board: raspberry-pi-4b", "bord: raspberry-pi-4b"));
    await expect(desk.change(0, [sensor()], {}, BY)).rejects.toEqual(refusal("set_up.file_broken"));
    box.write(VILLAGE);
    await desk.change(0, [sensor()], {}, BY);
    await desk.hold();
    await expect(desk.change(1, [zone], {}, BY)).rejects.toEqual(refusal("set_up.changed"));
    desk.release();
    await desk.change(1, [zone], {}, BY);
  });

  test("of two people the second is told of the first", async () => {
    const desk = await (await setUpBox()).begin();
    const [first, second] = await Promise.allSettled([
      desk.change(0, [sensor()], {}, BY),
      desk.change(0, [sensor({ address: 8 })], {}, { ...BY, name: "li" }),
    ]);
    expect(first.status).toBe("fulfilled");
    expect(second).toMatchObject({ status: "rejected", reason: { code: "set_up.changed" } });
  });
});

describe("what does not fit the file any more", () => {
  test("is left out alone and said, and comes back with the file", async () => {
    const box = await setUpBox();
    await (await box.begin()).change(0, [sensor({ bus: "rs485-1" }), warned, zone], {}, BY);
    const without = changed("id: rs485-1", "id: rs485-2", VILLAGE).replaceAll("bus: rs485-1", "bus: rs485-2");
    box.write(without);
    const desk = await box.begin();
    expect(desk.view().leftOut).toMatchObject([
      { id: "gate-level", why: "misfit", problem: expect.stringContaining("bus") },
    ]);
    const added = desk.view().entries.filter(({ origin }) => origin === "added");
    expect(added.map(({ id }) => id)).toEqual(["steps-watch", "steps"]);
    expect(desk.health()).toMatchObject({ status: "degraded", reason: "set_up.left_out" });
    // It stands in the way of nothing else.
    await desk.change(1, [sensor({ bus: "rs485-2" }, "other-level")], {}, BY);
    box.write(VILLAGE.replace("buses:", "buses:\n  - {id: rs485-2, port: /dev/ttyS9}"));
    expect((await box.begin()).view().leftOut).toEqual([]);
  });

  test("keeps together what fits together", async () => {
    const box = await setUpBox();
    const speaker = (await box.begin()).view().entries.find(({ id }) => id === "pond")?.entry;
    const other: SetUpChange = { list: "speakers", id: "bank", entry: { ...speaker, name: "塘埂喇叭" } };
    const gone: SetUpChange = { list: "speakers", id: "pond", entry: null };
    box.write(VILLAGE.replace(/rules:[\s\S]*upstreams:/, "upstreams:"));
    await (await box.begin()).change(0, [other, gone, sensor()], {}, BY);
    box.write(VILLAGE.replace(/rules:[\s\S]*upstreams:/, "upstreams:").replaceAll("rs485-1", "rs485-2"));
    const desk = await box.begin();
    expect(desk.view().leftOut.map(({ id }) => id)).toEqual(["gate-level"]);
    expect(desk.names("speakers")).toEqual(["塘埂喇叭"]);
  });
});

describe("a change with which the gateway does not come up", () => {
  test("is taken back after two starts, once, and said", async () => {
    const box = await setUpBox();
    await (await box.begin()).change(0, [zone], {}, BY);
    await (await box.begin()).prove();
    const proven = await box.begin();
    await proven.change(1, [sensor()], {}, BY);
    // Both end before they have proven anything.
    for (const _start of ["first", "second"]) {
      expect((await box.begin()).names("sensors")).toContain("闸口水位");
    }
    const next = await box.begin();
    expect(next.names("sensors")).not.toContain("闸口水位");
    expect(next.view()).toMatchObject({ version: 3, running: 3, leftOut: [{ why: "not-started" }] });
    expect(next.view().entries.find(({ id }) => id === "steps")).toMatchObject({ origin: "added" });
    expect(box.told.at(-1)).toMatchObject({
      type: "org.cunshao.set_up.taken_back",
      data: { places: [{ list: "sensors", id: "gate-level" }], why: "not-started" },
    });
    const told = box.told.length;
    expect((await box.begin()).health()).toMatchObject({ reason: "set_up.left_out" });
    expect(box.told.length).toBe(told);
  });

  test("stays where the gateway has run with it for a while", async () => {
    const box = await setUpBox();
    await (await box.begin()).change(0, [sensor()], {}, BY);
    await (await box.begin()).prove();
    for (const _start of ["first", "second"]) await box.begin();
    expect((await box.begin()).names("sensors")).toContain("闸口水位");
  });

  test("is not proven by a run that was told of the next one", async () => {
    const box = await setUpBox();
    await (await box.begin()).change(0, [sensor()], {}, BY);
    const desk = await box.begin();
    await desk.change(1, [zone], {}, BY);
    await desk.prove();
    expect(await box.kept()).toMatchObject({ version: 2, trial: "new", before: { changes: [] } });
  });
});

describe("a file of changes that cannot be read", () => {
  test.each([
    ["is no JSON", "{"],
    ["is another's", '{"version": "one"}'],
  ])(
    "because it %s leaves the configuration as it is, is said, and is not written over",
    async (_what, text) => {
      const box = await setUpBox();
      writeFileSync(join(box.dataFolder, "set-up.json"), text);
      const desk = await box.begin();
      expect(desk.health()).toMatchObject({ status: "degraded", reason: "set_up.unreadable" });
      await expect(desk.change(0, [sensor()], {}, BY)).rejects.toEqual(refusal("set_up.unreadable"));
      expect(readFileSync(join(box.dataFolder, "set-up.json"), "utf8")).toBe(text);
    },
  );
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}
