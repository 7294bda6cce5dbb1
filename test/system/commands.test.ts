import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import canonicalize from "canonicalize";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveBoard } from "../../hw/virtual/board/board-server.ts";
import { createVirtualBoard } from "../../hw/virtual/board/virtual-board.ts";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import { type BuiltGateway, startBuiltGateway } from "../support/built-gateway.ts";
import { PASSWORD } from "../support/gateway-rig.ts";
import { createMosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { type MqttKeeper, startMqttKeeper } from "../support/mqtt-keeper.ts";
import { until } from "../support/until.ts";
import { answerJson, startReceiver } from "../unit/forward/receiver.ts";

// What the township orders, on its whole road: from a receiver's answer or a broker to a running gateway, and to its horn.

const missing = mosquittoMissing();
const CHIP = "virtual-gpio";
const [RELAY_LINE, SOS_LINE] = [4, 6];
const SITE = "test-village";
const WAIT = { timeoutMs: 20_000 };
const HOUR_MS = 3_600_000;

const township = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
type Command = Readonly<Record<string, unknown>>;

function signed(id: string, kind: string, data: object, overrides: object = {}, by = township): Command {
  const nowMs = Date.now();
  const order = {
    ...{ id, site: SITE, kind, data, key: "township-2026" },
    issued: new Date(nowMs).toISOString(),
    expires: new Date(nowMs + HOUR_MS).toISOString(),
    ...overrides,
  };
  const signature = sign(null, Buffer.from(canonicalize(order) ?? ""), by.privateKey);
  return { ...order, signature: signature.toString("base64url") };
}
const saying = (id: string, text: string, overrides: object = {}, by = township): Command =>
  signed(id, "broadcast", { speakers: ["pond"], text }, overrides, by);

describe.skipIf(missing)(`commands to a running gateway${missing ? `: ${missing}` : ""}`, () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  const board = createVirtualBoard({ chips: [{ label: CHIP, lines: 16 }] });
  const horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 100 });
  /** What the receiver hands down with its next answer. */
  const handedDown: Command[] = [];
  let keeper: MqttKeeper;
  let gateway: BuiltGateway;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "cunshao-commands-"));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const socketPath = join(folder, "board.sock");
    const served = await serveBoard(board, { socketPath });
    cleanups.push(() => served.stop());
    const { port: hornPort } = await horn.start();
    cleanups.push(() => horn.stop());
    board.onOutput(({ line, level }) => line === RELAY_LINE && horn.setPowered(level === 0));
    const broker = await createMosquitto();
    cleanups.push(() => broker.remove());
    await broker.start();
    keeper = await startMqttKeeper({ url: broker.url, site: SITE });
    cleanups.push(() => keeper.close());
    const receiver = await startReceiver();
    cleanups.push(() => receiver.close());
    let stored = 0;
    receiver.misbehave(({ path, headers, body }, response) => {
      if (path !== "/base/events") return false;
      const seqs = (JSON.parse(body.toString()) as { seq: number }[]).map(({ seq }) => seq);
      for (const seq of seqs) if (seq === stored + 1) stored = seq;
      const ledger = headers["cunshao-ledger"];
      return answerJson(response, 200, { ledger, stored, commands: handedDown.splice(0) });
    });
    const publicKey = township.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
    const contact = (id: string, line: number) => ({
      ...{ id, name: id },
      gpio: { chip: CHIP, line, activeLow: true },
    });
    gateway = await startBuiltGateway({
      ...{ folder, socketPath, secrets: { township: "a-token-of-the-box" } },
      site: {
        site: { id: SITE, name: "试验村" },
        board: "virtual",
        detector: "movement",
        inputs: [contact("sos", SOS_LINE)],
        speakers: [
          {
            ...{ id: "pond", name: "东塘喇叭", settleMs: 100, audio: `rtp://127.0.0.1:${hornPort}` },
            power: { relay: { gpio: { chip: CHIP, line: RELAY_LINE, activeLow: true } } },
          },
        ],
        rules: [
          {
            ...{ id: "sos", name: "有人求助", when: { input: "sos" }, cooldownSeconds: 0 },
            // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
            then: [{ alarm: { severity: "danger" } }],
          },
        ],
        broadcasts: { quietHours: [], mostPerMinute: 600 },
        commands: { keys: [{ id: "township-2026", publicKey: publicKey.toString("base64") }] },
        upstreams: [
          { id: "town", kind: "http", url: receiver.url, token: { secret: "township" } },
          { id: "county", kind: "mqtt", url: broker.url },
        ],
      },
    });
    cleanups.push(() => gateway.stop());
    // Both roads are open, and the box knows the time: an order that comes earlier would be refused.
    await until(async () => keeper.events.size > 0 && stored > 0, WAIT);
  }, 90_000);
  afterAll(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  });

  const roads = {
    town(...commands: Command[]) {
      handedDown.push(...commands);
      // Something is told, so that there is an answer.
      void gateway.ask("POST", "/session", { username: "admin", password: PASSWORD });
    },
    county: (...commands: Command[]) =>
      void keeper.client.publish(`cunshao/${SITE}/commands`, JSON.stringify(commands), { qos: 1 }),
  } as const;

  /** What became of a command, in the words of the ledger. */
  async function fate(id: string) {
    const events = await gateway.eventsAfter(0);
    return events
      .filter(({ type, subject }) => type.startsWith("org.cunshao.command.") && subject === id)
      .map(({ type, data }) => {
        const { refusal, reason = refusal } = data;
        return `${type.replace("org.cunshao.command.", "")}${reason === undefined ? "" : ` ${String(reason)}`}`;
      });
  }
  const broadcasts = async (id: string) =>
    (await gateway.eventsAfter(0)).filter(
      ({ type, data }) => type === "org.cunshao.broadcast.ordered" && data["broadcast"] === `command:${id}`,
    );
  const isSaid = (id: string) =>
    until(
      async () =>
        (await gateway.eventsAfter(0)).some(
          ({ type, data }) =>
            type === "org.cunshao.broadcast.finished" && data["broadcast"] === `command:${id}`,
        ),
      { ...WAIT, what: `the end of ${id}` },
    );
  const hasFate = (id: string, last: string) =>
    until(async () => (await fate(id)).at(-1) === last, { ...WAIT, what: `${id}: ${last}` });

  describe.each(["town", "county"] as const)("by the road %s", (road) => {
    const send = roads[road];
    const named = (name: string): string => `${road}-${name}`;

    test("words are said once, however often they are ordered", async () => {
      const id = named("say");
      // What comes within half a second of other words is one utterance with them.
      await until(() => performance.now() - (horn.state().lastSoundAt ?? 0) > 1000, WAIT);
      const heard = horn.utterances().length;
      const order = saying(id, "请大家远离河边");
      send(order);
      await hasFate(id, "done");
      await isSaid(id);
      await until(() => horn.utterances().length > heard, WAIT);
      // What is handed down together is judged in its order: after the last one the second has been.
      send(order, signed(named("after"), "time", { now: new Date().toISOString() }));
      await hasFate(named("after"), "done");
      expect(await fate(id)).toEqual(["accepted", "done"]);
      expect(await broadcasts(id)).toHaveLength(1);
      expect(horn.utterances()).toHaveLength(heard + 1);
    });

    test("an alarm is acknowledged in the name of the key", async () => {
      const before = (await gateway.eventsAfter(0)).at(-1)?.seq ?? 0;
      board.press({ chip: CHIP, line: SOS_LINE });
      const raised = await until(
        async () =>
          (await gateway.eventsAfter(before)).find(({ type }) => type === "org.cunshao.alarm.raised"),
        WAIT,
      );
      board.release({ chip: CHIP, line: SOS_LINE });
      send(signed(named("seen"), "alarm.acknowledge", { alarm: raised.subject }));
      await hasFate(named("seen"), "done");
      const seen = (await gateway.eventsAfter(raised.seq)).find(
        ({ type, subject }) => type === "org.cunshao.alarm.acknowledged" && subject === raised.subject,
      );
      expect(seen?.data["by"]).toEqual({ kind: "township", name: "township-2026" });
      const cleared = await gateway.ask("POST", `/alarms/${raised.subject}/clear`);
      expect(cleared.status).toBeLessThan(300);
    });

    test("a configuration is laid beside the one in use", async () => {
      const yaml = `site: {id: ${SITE}, name: 试验村}\nboard: raspberry-pi-4b\n# ${road}\n`;
      send(signed(named("file"), "configuration", { yaml }));
      await hasFate(named("file"), "done");
      const done = (await gateway.eventsAfter(0)).find(
        ({ type, subject }) => type === "org.cunshao.command.done" && subject === named("file"),
      );
      const { file } = (done?.data["result"] ?? {}) as { file?: string };
      expect(await readFile(file ?? "", "utf8")).toBe(yaml);
    });

    test.each<[string, string, (id: string) => Command]>([
      [
        "that is too late",
        "command.expired",
        (id) =>
          saying(id, "太晚了", {
            issued: new Date(Date.now() - 2 * HOUR_MS).toISOString(),
            expires: new Date(Date.now() - HOUR_MS).toISOString(),
          }),
      ],
      ["signed by a stranger", "command.bad_signature", (id) => saying(id, "我不是乡镇", {}, stranger)],
      [
        "changed on its way",
        "command.bad_signature",
        (id) => ({ ...saying(id, "原话"), data: { speakers: ["pond"], text: "改过的话" } }),
      ],
    ])("one %s is refused, with the reason in the ledger, and nothing is said", async (how, reason, make) => {
      const id = named(how.replaceAll(" ", "-"));
      send(make(id));
      await hasFate(id, `refused ${reason}`);
      expect(await fate(id)).toEqual([`refused ${reason}`]);
      expect(await broadcasts(id)).toEqual([]);
    });

    test("one with the id of another is refused, and the first stands", async () => {
      const id = named("reused");
      send(saying(id, "第一句"));
      await isSaid(id);
      send(saying(id, "第二句"));
      await hasFate(id, "refused command.id_reused");
      expect(await fate(id)).toEqual(["accepted", "done", "refused command.id_reused"]);
      expect(await broadcasts(id)).toHaveLength(1);
    });
  });
});
