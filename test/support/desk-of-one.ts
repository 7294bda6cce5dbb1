import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Township } from "../../src/config/township.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import type { DeskState } from "../../src/core/township-desk.ts";
import { joinStream } from "../../src/panel/joined-streams.ts";
import { createBoxEnd } from "../../src/reverse/box-end.ts";
import { startTownship } from "../../src/township.ts";
import { listen, makeServer, PASSWORD, type PanelServer } from "../unit/panel/panel-fixture.ts";
import { freePort } from "./rtsp-cameras.ts";
import { until } from "./until.ts";

export const BOX_TOKEN = "token-of-the-village-and-its-desk";

export type Reach = "direct" | "reverse";

/** A desk of one village, whose panel is the real one over a village in memory, and somebody who is logged in at the desk. */
export async function startDeskOfOne(reach: Reach, { site = "test" }: { site?: string } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-desk-"));
  const box = await makeServer(systemClock, { tokens: [{ name: "desk", token: BOX_TOKEN }] });
  const boxUrl = await listen(box);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const township: Township = {
    desk: { id: "zhuting", name: "朱亭镇", timezone: "Asia/Shanghai" },
    panel: { host: "127.0.0.1", port, tls: { kind: "off" } },
    dataFolder: folder,
    mostFileBytes: 1_000_000,
    boxes: [
      {
        ...{ id: site, name: "龙湾村", token: BOX_TOKEN },
        reach: reach === "reverse" ? "reverse" : { url: boxUrl },
      },
    ],
  };
  let desk = await startTownship(township, PASSWORD, silentLogger);
  const end = createBoxEnd(
    {
      serve: (stream, from) => joinStream(box.app.server, stream, from),
      tls: async () => ({}),
      clock: systemClock,
      random: () => 0.99,
      log: silentLogger,
    },
    { siteId: "test", instance: "instance-1", desk: { id: "desk", url, token: BOX_TOKEN } },
  );
  if (reach === "reverse") await end.start();
  onTestFinished(async () => {
    await end.stop();
    await desk.stop();
    await box.app.close();
    await rm(folder, { recursive: true, force: true });
  });

  const headers: Record<string, string> = { origin: url };
  async function logIn(username = "admin"): Promise<Record<string, string>> {
    const answer = await fetch(`${url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ username, password: PASSWORD }),
    });
    return { origin: url, cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "" };
  }
  Object.assign(headers, await logIn());

  async function ask(method: string, path: string, body?: object, as = headers) {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { ...as, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get("content-type") ?? "");
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  }
  const state = async (): Promise<DeskState> => (await ask("GET", "/desk")).body as DeskState;

  return {
    box: box as PanelServer,
    url,
    folder,
    township,
    headers,
    ask,
    logIn,
    state,
    /** The village, once the desk has heard it. */
    async here() {
      return until(async () => (await state()).boxes.find(({ status }) => status === "here"), {
        what: "a village that is heard",
      });
    },
    /** The line to the village is cut, or mended. */
    cut: () => end.stop(),
    mend: () => end.start(),
    async restart() {
      await desk.stop();
      desk = await startTownship(township, PASSWORD, silentLogger);
      Object.assign(headers, await logIn());
    },
  };
}
