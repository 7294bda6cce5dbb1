import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import type { DeskAlarm, DeskState } from "../../src/core/township-desk.ts";
import type { VillageState } from "../../src/core/village.ts";
import { cunshao } from "../support/cunshao-command.ts";
import { startVirtualKit, type VirtualKit } from "../support/kit-rig.ts";
import { PROJECT } from "../support/project.ts";
import { freePort } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

// A township's desk over the whole virtual village: once by its address, once by the channel that the village opens.

const missing = ["ffmpeg", "espeak-ng", "socat"].filter(
  (command) => spawnSync("which", [command]).status !== 0,
);
const CLI = join(PROJECT, "dist/src/cli.js");
const TOKEN = "token-of-the-village-and-its-desk";
const PASSWORD = "correct horse battery";
const SITE = "demo-longwan";

describe.skipIf(missing.length > 0)(`a township's desk${missing.map((what) => ` (needs ${what})`)}`, () => {
  let folder: string;
  let kit: VirtualKit;
  let reversePort: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cunshao-township-"));
    reversePort = await freePort();
    kit = await startVirtualKit({
      CUNSHAO_KIT_DESK: `http://127.0.0.1:${reversePort}`,
      CUNSHAO_KIT_DESK_TOKEN: TOKEN,
    });
  });
  afterAll(async () => {
    await kit?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const amplifier = (id: string) => kit.amplifier(id);
  const village = async (): Promise<VillageState> => {
    const answer = await fetch(`${kit.url}/api/v1/state`, { headers: { authorization: `Bearer ${TOKEN}` } });
    return (await answer.json()) as VillageState;
  };

  async function startDesk(reach: "direct" | "reverse") {
    const own = join(folder, reach);
    await mkdir(own);
    const port = reach === "reverse" ? reversePort : await freePort();
    const file = join(own, "township.yaml");
    const road = reach === "reverse" ? "reverse" : `{url: "${kit.url}"}`;
    await writeFile(
      file,
      `desk: {id: zhuting-${reach}, name: 朱亭镇}
data: data
panel: {host: 127.0.0.1, port: ${port}, tls: off}
boxes:
  - {id: ${SITE}, name: 龙湾村, reach: ${road}, token: {secret: longwan}}
`,
    );
    await writeFile(join(own, "secrets.yaml"), `longwan: ${TOKEN}\n`);
    await chmod(join(own, "secrets.yaml"), 0o600);
    expect(await cunshao(["township", file, "--check"])).toMatchObject({ code: 0 });
    let log = "";
    const desk = spawn(process.execPath, [CLI, "township", file], {
      env: { ...process.env, CUNSHAO_ADMIN_PASSWORD: PASSWORD },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [desk.stdout, desk.stderr]) {
      stream.on("data", (text: Buffer) => {
        log += text.toString();
      });
    }
    const url = `http://127.0.0.1:${port}`;
    const headers: Record<string, string> = { origin: url, "content-type": "application/json" };
    await until(
      async () => {
        const login = await fetch(`${url}/api/v1/session`, {
          method: "POST",
          headers,
          body: JSON.stringify({ username: "admin", password: PASSWORD }),
        });
        headers["cookie"] = login.headers.get("set-cookie")?.split(";")[0] ?? "";
        return login.ok;
      },
      { timeoutMs: 120_000, what: `a desk that answers: ${log}` },
    );
    return {
      url,
      headers,
      state: async () => (await (await fetch(`${url}/api/v1/desk`, { headers })).json()) as DeskState,
      socket: (path: string) =>
        new WebSocket(`${url.replace("http", "ws")}/api/v1/boxes/${SITE}${path}`, { headers }),
      async stop() {
        desk.kill("SIGTERM");
        await until(() => desk.exitCode !== null, { timeoutMs: 30_000, what: "the desk to end" });
        return { code: desk.exitCode, log };
      },
    };
  }

  // The village that waits for its desk asks for it ever more rarely.
  test.each(["reverse", "direct"] as const)(
    "sees, hears of and speaks into the village by the road %s",
    async (reach) => {
      const desk = await startDesk(reach);
      const box = await until(
        async () => (await desk.state()).boxes.find(({ ledger, status }) => status === "here" && ledger),
        { timeoutMs: 90_000, what: "the village to be heard" },
      );
      expect(box).toMatchObject({ reach, ledger: { missing: 0, broken: 0 } });

      const before = new Set((await desk.state()).alarms.map(({ id }) => id));
      await kit.order("walker");
      const alarm = await until<DeskAlarm | undefined>(
        async () => (await desk.state()).alarms.find(({ id, place }) => !before.has(id) && place !== ""),
        { timeoutMs: 90_000, what: "the alarm of whoever walks at the pond" },
      );
      expect(alarm).toMatchObject({ box: SITE, name: "东塘有人靠近", place: "东塘" });

      const answer = await fetch(`${desk.url}/api/v1/boxes/${SITE}/alarms/${alarm.id}/acknowledge`, {
        method: "POST",
        headers: desk.headers,
        body: "{}",
      });
      // It may have ended by itself.
      expect([200, 409]).toContain(answer.status);
      if (answer.status === 200) {
        // The desk keeps what is done there and passes it on.
        const takenBy = await until(
          async () => (await village()).alarms.find(({ id }) => id === alarm.id)?.acknowledgedBy,
          { timeoutMs: 30_000, what: "a village that knows who took its alarm" },
        );
        expect(takenBy).toBe("admin@desk");
      }

      const live = desk.socket("/cameras/pond/live");
      const pictures = { bytes: 0 };
      live.on("message", (data: Buffer, isBinary) => {
        if (isBinary) pictures.bytes += data.length;
      });
      await until(() => pictures.bytes > 100_000, { timeoutMs: 60_000, what: "a live picture" });
      live.terminate();

      const heardBefore = (await amplifier("square"))?.last?.at;
      const talk = desk.socket("/broadcasts/live");
      const told: { state: string; reason?: string }[] = [];
      talk.on("message", (data: Buffer) => told.push(JSON.parse(data.toString())));
      talk.on("open", () =>
        talk.send(JSON.stringify({ speakers: ["square"], codec: "pcm16", sampleRate: 16_000, volume: 60 })),
      );
      const tone = Int16Array.from({ length: 320 }, (_, index) => 12_000 * Math.sin((index * Math.PI) / 16));
      const timer = setInterval(() => {
        if (talk.readyState === WebSocket.OPEN) talk.send(Buffer.from(tone.buffer));
      }, 20);
      await until(async () => (await amplifier("square"))?.relayOn, {
        timeoutMs: 30_000,
        what: "an amplifier",
      });
      await until(() => told.some((one) => JSON.stringify(one).includes("open")), {
        timeoutMs: 30_000,
        what: "an open line",
      });
      await until(async () => (await amplifier("square"))?.sounding, { timeoutMs: 30_000, what: "sound" });
      clearInterval(timer);
      talk.send(JSON.stringify({ end: true }));
      const sounded = await until(
        async () => {
          const last = (await amplifier("square"))?.last;
          return last?.at !== heardBefore ? last : undefined;
        },
        { timeoutMs: 30_000, what: "a voice at the amplifier" },
      );
      expect(sounded).toBeDefined();

      const ended = await desk.stop();
      expect(ended, ended.log).toMatchObject({ code: 0 });
    },
  );
});
