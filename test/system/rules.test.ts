import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveBoard } from "../../hw/virtual/board/board-server.ts";
import { createVirtualBoard } from "../../hw/virtual/board/virtual-board.ts";
import { createVirtualHorn } from "../../hw/virtual/horn/virtual-horn.ts";
import { type BuiltGateway, startBuiltGateway } from "../support/built-gateway.ts";
import { until } from "../support/until.ts";

// A rule that is changed while the gateway runs, from the API to its horn, and after a restart.

const CHIP = "virtual-gpio";
const [RELAY_LINE, SOS_LINE] = [4, 6];
const WAIT = { timeoutMs: 30_000 };
const CONFIGURED = { text: "有人求助", repeat: 1, volume: 80 };
const CHANGED = { text: "请马上到塘边来", repeat: 1, volume: 40 };

const missing = ["ffmpeg", "espeak-ng"].filter((command) => spawnSync("which", [command]).status !== 0);
const cleanups: (() => Promise<unknown>)[] = [];
const board = createVirtualBoard({ chips: [{ label: CHIP, lines: 16 }] });
const horn = createVirtualHorn({ host: "127.0.0.1", port: 0, settleMs: 100 });
let start: () => Promise<BuiltGateway>;

beforeAll(async () => {
  if (missing.length > 0) return;
  const folder = await mkdtemp(join(tmpdir(), "cunshao-rules-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const socketPath = join(folder, "board.sock");
  const served = await serveBoard(board, { socketPath });
  cleanups.push(() => served.stop());
  const { port: hornPort } = await horn.start();
  cleanups.push(() => horn.stop());
  board.onOutput(({ line, level }) => line === RELAY_LINE && horn.setPowered(level === 0));
  const gpio = (line: number) => ({ gpio: { chip: CHIP, line, activeLow: true } });
  const site = {
    site: { id: "test-village", name: "试验村" },
    board: "virtual",
    detector: "movement",
    inputs: [{ id: "sos", name: "求助按钮", ...gpio(SOS_LINE) }],
    speakers: [
      {
        ...{ id: "pond", name: "东塘喇叭", settleMs: 100, audio: `rtp://127.0.0.1:${hornPort}` },
        power: { relay: gpio(RELAY_LINE) },
      },
    ],
    rules: [
      {
        ...{ id: "sos", name: "有人求助", when: { input: "sos" }, cooldownSeconds: 0 },
        // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
        then: [{ say: CONFIGURED.text, on: ["pond"] }, { alarm: { severity: "danger" } }],
      },
    ],
    broadcasts: { quietHours: [] },
  };
  start = async () => {
    const gateway = await startBuiltGateway({ folder, socketPath, site, secrets: {} });
    cleanups.push(() => gateway.stop());
    return gateway;
  };
}, 90_000);
afterAll(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Rule {
  readonly version: number;
  readonly changed?: { readonly by: string; readonly state: string };
}
const ruleOf = async (gateway: BuiltGateway): Promise<Rule> =>
  ((await gateway.ask("GET", "/rules")).body as unknown as Rule[])[0] as Rule;

/** Presses the button, and gives what the horn was told to say for it. */
async function press(gateway: BuiltGateway): Promise<string> {
  const heard = async (): Promise<readonly string[]> =>
    (await gateway.eventsAfter(0))
      .filter(({ type }) => type === "org.cunshao.broadcast.finished")
      .map(({ data }) => `${String(data["text"])} ${String(data["result"])}`);
  const before = (await heard()).length;
  board.press({ chip: CHIP, line: SOS_LINE });
  await until(async () => (await heard()).length > before, WAIT);
  board.release({ chip: CHIP, line: SOS_LINE });
  // A press that follows within the bouncing of the contact is none.
  const isOpen = async () => {
    const { inputs } = (await gateway.ask("GET", "/state")).body as unknown as {
      readonly inputs: readonly { readonly closed: boolean | null }[];
    };
    return inputs[0]?.closed === false;
  };
  await until(isOpen, WAIT);
  // The horn is heard before the alarm is in the ledger and on the page.
  const openAlarm = async () => {
    const alarms = (await gateway.ask("GET", "/alarms")).body as unknown as { id: string; status: string }[];
    return alarms.find(({ status }) => status !== "cleared");
  };
  const { id } = await until(openAlarm, WAIT);
  await gateway.ask("POST", `/alarms/${id}/clear`);
  return (await heard()).at(-1) ?? "";
}

test.skipIf(missing.length > 0)(
  `words that are changed are said at the next press and after a restart, until they are put back${missing.map((what) => ` (needs ${what})`)}`,
  async () => {
    const first = await start();
    expect(await press(first)).toBe(`${CONFIGURED.text} played`);
    const answer = await first.ask("PATCH", "/rules/sos", { version: 0, say: [CHANGED] });
    expect(answer).toMatchObject({ status: 200, body: { say: [CHANGED] } });
    expect(await press(first)).toBe(`${CHANGED.text} played`);
    const unspeakable = await first.ask("PATCH", "/rules/sos", {
      version: (await ruleOf(first)).version,
      say: [{ ...CHANGED, text: "ช่วยด้วย" }],
    });
    expect(unspeakable).toMatchObject({ status: 422, body: { code: "speech.script" } });
    const saved = await ruleOf(first);
    await first.stop();

    const second = await start();
    expect(await ruleOf(second)).toEqual(saved);
    expect(await press(second)).toBe(`${CHANGED.text} played`);
    await second.ask("DELETE", "/rules/sos/edit");
    expect(await ruleOf(second)).toMatchObject({ changed: { by: "admin", state: "restored" } });
    expect(await press(second)).toBe(`${CONFIGURED.text} played`);
    await second.stop();
  },
);
