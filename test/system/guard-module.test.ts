import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveBoard } from "../../hw/virtual/board/board-server.ts";
import { createVirtualBoard } from "../../hw/virtual/board/virtual-board.ts";
import { createDfplayerModule } from "../../hw/virtual/serial/dfplayer-module.ts";
import { serveTcp } from "../../hw/virtual/serial/serve-tcp.ts";
import { SAFE_WITHIN_MS } from "../safety/trials.ts";
import { type BuiltGateway, startBuiltGateway } from "../support/built-gateway.ts";
import { until } from "../support/until.ts";

// A horn that is always powered, with a voice module that plays its recording to the end whatever becomes of the box.

const HOST = "127.0.0.1";
const WORDS = "水边危险";
const cleanups: (() => Promise<unknown>)[] = [];
let gateway: BuiltGateway;
const module = createDfplayerModule({ tracks: new Map([[1, 120_000]]) });

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-module-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const socketPath = join(folder, "board.sock");
  const board = await serveBoard(createVirtualBoard({ chips: [{ label: "virtual-gpio", lines: 16 }] }), {
    socketPath,
  });
  cleanups.push(() => board.stop());
  const served = await serveTcp(module, { host: HOST, port: 0 });
  cleanups.push(
    () => served.stop(),
    async () => module.powerOff(),
  );
  const site = {
    site: { id: "test-village", name: "试验村" },
    board: "virtual",
    detector: "movement",
    cameras: [],
    buses: [{ id: "voice", port: `tcp://${HOST}:${served.port}` }],
    speakers: [
      {
        id: "gate",
        name: "村口喇叭",
        audio: { module: { bus: "voice", profile: "dfplayer", tracks: { [WORDS]: 1 } } },
        maxOnSeconds: 60,
      },
    ],
    rules: [],
    broadcasts: { quietHours: [] },
  };
  gateway = await startBuiltGateway({ folder, socketPath, site, secrets: { unused: "unused" } });
  cleanups.push(() => gateway.stop());
});

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

test.each(["SIGKILL", "SIGSTOP"] as const)(
  "is silent within 5 s after its gateway met %s in the middle of a recording",
  async (signal) => {
    await until(
      async () =>
        ((await gateway.ask("GET", "/health")).body["parts"] as { name: string; status: string }[]).some(
          ({ name, status }) => name === "guard" && status === "ok",
        ),
      { timeoutMs: 60_000, what: "the guard" },
    );
    const told = await gateway.ask("POST", "/broadcasts", { speakers: ["gate"], text: WORDS });
    expect(told.status).toBe(202);
    await until(() => module.playing === 1, { timeoutMs: 20_000, what: "the recording" });
    const sinceMs = performance.now();
    gateway.signal(signal);
    await until(() => module.playing === undefined, { timeoutMs: 4 * SAFE_WITHIN_MS, what: "silence" });
    expect(performance.now() - sinceMs).toBeLessThan(SAFE_WITHIN_MS);
  },
);
