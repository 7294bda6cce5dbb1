import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { until } from "../../support/until.ts";
import { broker, command, makeRig, signed, stranger, token } from "./command-rig.ts";

describe("a signed command", () => {
  test("is carried out by whatever road it came, on the road of a local one, and is on record before and after", async () => {
    const rig = await makeRig();
    expect(await rig.desk.take(signed(), broker)).toMatchObject({
      id: "c-1",
      status: "done",
      result: { broadcast: "command:c-1" },
    });
    expect(rig.village.said).toMatchObject([
      {
        id: "command:c-1",
        source: { kind: "township", name: "township-2026" },
        priority: "township",
        speakers: ["pond"],
        content: { kind: "text", text: "请大家远离河边" },
        expiresMs: Date.parse("2026-07-01T07:00:00Z"),
      },
    ]);
    expect(await rig.told()).toEqual(["accepted", "done"]);
  });

  test("is done once, however often it comes, also at the same moment and after a restart", async () => {
    const rig = await makeRig();
    const states = await Promise.all([1, 2, 3].map(() => rig.desk.take(signed(), broker)));
    expect(states.map(({ status }) => status)).toEqual(["done", "done", "done"]);
    await rig.restart();
    expect(await rig.desk.take(signed(), broker)).toMatchObject({ status: "done" });
    expect(await rig.desk.find("c-1")).toMatchObject({ status: "done" });
    expect(rig.village.said).toHaveLength(1);
    expect(await rig.told()).toEqual(["accepted", "done"]);
  });

  test("keeps its answer when the time it was good for is over", async () => {
    const rig = await makeRig();
    await rig.desk.take(signed(), broker);
    rig.clock.step(2 * 3_600_000);
    expect(await rig.desk.take(signed(), broker)).toMatchObject({ status: "done" });
  });

  test("that a stop of the gateway cut off is ended by the next start", async () => {
    const rig = await makeRig();
    rig.village.say = () => new Promise(() => {});
    void rig.desk.take(signed(), broker);
    await until(async () => (await rig.told()).length === 1);
    await rig.restart();
    rig.village.say = async (order) => void rig.village.said.push(order);
    await rig.desk.recover();
    expect(rig.village.said).toMatchObject([{ id: "command:c-1" }]);
    expect(await rig.told()).toEqual(["accepted", "done"]);
  });

  test("that a stop of the gateway cut off for too long is not done any more", async () => {
    const rig = await makeRig();
    rig.village.say = () => new Promise(() => {});
    void rig.desk.take(signed(), broker);
    await until(async () => (await rig.told()).length === 1);
    await rig.restart();
    rig.clock.step(2 * 3_600_000);
    await rig.desk.recover();
    expect(rig.village.said).toEqual([]);
    expect(await rig.told()).toEqual(["accepted", "failed command.expired"]);
  });
});

describe("is refused, with an event, and nothing is done", () => {
  test.each([
    ["no signature", command(), "command.unsigned"],
    ["the signature of a stranger", signed({}, stranger), "command.bad_signature"],
    [
      "another content than was signed",
      { ...signed(), data: { speakers: ["all"], text: "x" } },
      "command.bad_signature",
    ],
    ["more than was signed", { ...signed(), emergency: true }, "command.bad_signature"],
    ["a signature that is none", { ...signed(), signature: "AAAA" }, "command.bad_signature"],
    ["a key that is not known", { ...signed(), key: "county" }, "command.unknown_key"],
    ["another village", signed({ site: "shuikou" }), "command.other_site"],
    [
      "a time that is over",
      signed({ issued: "2026-07-01T04:00:00Z", expires: "2026-07-01T05:00:00Z" }),
      "command.expired",
    ],
    ["a time to come", signed({ issued: "2026-07-01T06:10:00Z" }), "command.from_future"],
    ["an end before its beginning", signed({ expires: "2026-07-01T05:59:00Z" }), "command.bad_expiry"],
    ["a month to go", signed({ expires: "2026-08-01T06:00:00Z" }), "command.bad_expiry"],
    ["a kind that there is not", signed({ kind: "reboot" }), "command.invalid"],
    ["no id", signed({ id: undefined }), "command.invalid"],
    ["nothing", undefined, "command.invalid"],
    ["a text", "speak!", "command.invalid"],
  ])("a command with %s", async (_what, sent, code) => {
    const rig = await makeRig();
    await expect(rig.desk.take(sent, broker)).rejects.toMatchObject({ code, kind: "permanent" });
    expect(rig.village.said).toEqual([]);
    expect(await rig.told()).toEqual([`refused ${code}`]);
  });

  test("a command under the id of another one, also after a restart", async () => {
    const rig = await makeRig();
    await rig.desk.take(signed(), broker);
    await rig.restart();
    const other = signed({ data: { speakers: ["pond"], text: "另一句" } });
    await expect(rig.desk.take(other, broker)).rejects.toMatchObject({ code: "command.id_reused" });
    expect(rig.village.said).toHaveLength(1);
    expect(await rig.told()).toEqual(["accepted", "done", "refused command.id_reused"]);
  });

  test("while the clock is not known to be right, all but the time itself", async () => {
    const rig = await makeRig();
    rig.time.isKnown = false;
    await expect(rig.desk.take(signed(), broker)).rejects.toMatchObject({
      code: "command.clock_unknown",
      kind: "transient",
    });
    const time = signed({ id: "c-2", kind: "time", data: { now: "2026-07-01T09:00:00Z" } });
    expect(await rig.desk.take(time, broker)).toMatchObject({ status: "done" });
    expect(rig.time.told).toEqual([Date.parse("2026-07-01T09:00:00Z")]);
    // Nothing was begun: with the right time the same command is good.
    rig.time.isKnown = true;
    expect(await rig.desk.take(signed(), broker)).toMatchObject({ status: "done" });
  });

  test("whatever is sent", async () => {
    const rig = await makeRig();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (sent) => {
        await expect(rig.desk.take(sent, broker)).rejects.toBeInstanceOf(GatewayError);
      }),
      { numRuns: 60 },
    );
    // Who knocks without end fills no disk.
    expect((await rig.told()).length).toBeLessThanOrEqual(20);
  });
});

describe("a token", () => {
  test("orders what it may without a signature", async () => {
    const rig = await makeRig();
    expect(await rig.desk.take(command(), token)).toMatchObject({ status: "done" });
    expect(rig.village.said[0]?.source).toEqual({ kind: "township", name: "centre" });
  });

  test("does not order what it may not", async () => {
    const rig = await makeRig();
    const speaker = { via: "centre", mayOrder: new Set(["broadcast"] as const) };
    const clear = command({ kind: "alarm.clear", data: { alarm: "a-1" } });
    await expect(rig.desk.take(clear, speaker)).rejects.toMatchObject({ code: "command.denied" });
  });

  test("is not enough where commands have to be signed", async () => {
    const rig = await makeRig({ signedOnly: true });
    await expect(rig.desk.take(command(), token)).rejects.toMatchObject({ code: "command.unsigned" });
    expect(await rig.desk.take(signed(), token)).toMatchObject({ status: "done" });
  });
});

describe("a command that cannot be done fails, with the reason, and is not tried again", () => {
  test.each([
    ["an alarm that is not known", { kind: "alarm.acknowledge", data: { alarm: "a-9" } }, "alarm.unknown"],
    [
      "words that are markup",
      { data: { speakers: ["pond"], text: "<speak>x</speak>" } },
      "broadcast.text_markup",
    ],
    ["a recording that is not there", { data: { speakers: ["pond"], clip: "k" } }, "clips.unknown"],
    [
      "an emergency of nobody",
      { data: { speakers: ["pond"], text: "跑", emergency: true } },
      "command.invalid",
    ],
    ["data of another kind", { data: { alarm: "a-1" } }, "command.invalid"],
    [
      "a configuration where nobody takes one",
      { kind: "configuration", data: { yaml: "a: 1" } },
      "command.no_configuration",
    ],
  ])("%s", async (_what, overrides, reason) => {
    const rig = await makeRig();
    for (let turn = 0; turn < 2; turn++) {
      expect(await rig.desk.take(signed(overrides), broker)).toMatchObject({ status: "failed", reason });
    }
    expect(await rig.told()).toEqual(["accepted", `failed ${reason}`]);
    expect(rig.village.said).toEqual([]);
  });

  test("what the horns refuse", async () => {
    const rig = await makeRig();
    rig.village.refuseToSay = new GatewayError("quiet", { code: "guard.quiet_hours", kind: "permanent" });
    expect(await rig.desk.take(signed(), broker)).toMatchObject({
      status: "failed",
      reason: "guard.quiet_hours",
    });
  });
});

test("a configuration is laid ready and told of by its hash; the ledger does not hold it", async () => {
  const proposed: string[] = [];
  const rig = await makeRig(
    {},
    {
      async propose(yaml) {
        proposed.push(yaml);
        return { file: "/data/proposed/cunshao.yaml", problems: [] };
      },
    },
  );
  const yaml = "site: {id: longwan, name: 龙湾村}\n";
  const state = await rig.desk.take(signed({ kind: "configuration", data: { yaml } }), broker);
  expect(state).toMatchObject({
    status: "done",
    result: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(proposed).toEqual([yaml]);
  expect(JSON.stringify(await rig.ledger.read({ after: 0, limit: 10 }))).not.toContain("龙湾村");
});

describe("what comes with an upstream's answers", () => {
  test("needs a signature, and the bad stops not the good", async () => {
    const rig = await makeRig();
    await rig.desk.commands("county", ["rubbish", command(), signed({ id: "c-7" })]);
    await until(async () => (await rig.told()).length === 4);
    expect(rig.village.said).toHaveLength(1);
    expect(await rig.told()).toEqual([
      "refused command.invalid",
      "refused command.unsigned",
      "accepted",
      "done",
    ]);
  });

  test("is settled once it is on disk, however long it takes to be done", async () => {
    const rig = await makeRig();
    rig.village.say = () => new Promise(() => {});
    await rig.desk.commands("county", [signed()]);
    expect(await rig.told()).toEqual(["accepted"]);
    // Handed down again while it is still being done.
    await rig.desk.commands("county", [signed()]);
    expect(await rig.told()).toEqual(["accepted"]);
  });

  test("is done in its order: the time comes before what would be refused without it", async () => {
    const rig = await makeRig();
    rig.time.isKnown = false;
    const time = signed({ id: "c-1", kind: "time", data: { now: "2026-07-01T06:00:00Z" } });
    rig.time.told.push = () => {
      rig.time.isKnown = true;
      return 1;
    };
    await rig.desk.commands("county", [time, signed({ id: "c-2" })]);
    await until(() => rig.village.said.length === 1);
  });

  test("is tried one by one, also behind what the disk does not take", async () => {
    const rig = await makeRig();
    const { append } = rig.ledger;
    let appends = 0;
    rig.ledger.append = async (draft) => {
      appends += 1;
      if (appends > 1) return append(draft);
      throw new GatewayError("The disk is full", { code: "ledger.full", kind: "transient" });
    };
    const list = ["c-1", "c-2", "c-3"].map((id) => signed({ id }));
    await expect(rig.desk.commands("county", list)).rejects.toMatchObject({ code: "ledger.full" });
    await until(() => rig.village.said.length === 2);
    expect(rig.village.said).toMatchObject([{ id: "command:c-2" }, { id: "command:c-3" }]);
  });

  test("is refused as a whole above 100, and on record", async () => {
    const rig = await makeRig();
    const list = Array.from({ length: 101 }, (_, index) => signed({ id: `c-${index}` }));
    await rig.desk.commands("county", list);
    expect(await rig.told()).toEqual(["refused command.too_many"]);
    await rig.desk.commands("county", list.slice(0, 100));
    await until(async () => (await rig.told()).length === 201);
  });

  test("has to come again where the disk does not take it, and is then done once", async () => {
    let isFull = true;
    const rig = await makeRig();
    const { append } = rig.ledger;
    rig.ledger.append = async (draft) => {
      if (isFull) throw new GatewayError("The disk is full", { code: "ledger.full", kind: "transient" });
      return append(draft);
    };
    await expect(rig.desk.commands("county", [signed()])).rejects.toMatchObject({ code: "ledger.full" });
    expect(rig.village.said).toEqual([]);
    isFull = false;
    await rig.desk.commands("county", [signed()]);
    await until(async () => (await rig.told()).length === 2);
    expect(await rig.told()).toEqual(["accepted", "done"]);
    expect(rig.village.said).toHaveLength(1);
  });
});
