import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Township, TownshipBox } from "../../src/config/township.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { Clock } from "../../src/core/time.ts";
import type { DeskAlarm, DeskBox, DeskState } from "../../src/core/township-desk.ts";
import { startTownship } from "../../src/township.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";
import { freePort } from "./rtsp-cameras.ts";
import { until } from "./until.ts";

/** The real desk over these boxes, and somebody who is logged in there. */
export async function startTestDesk(
  boxes: readonly TownshipBox[],
  {
    mostFileBytes = 1_000_000,
    mostEventBytes = 1e9,
    copyOf,
    tiles,
    clock,
  }: {
    readonly mostFileBytes?: number;
    readonly mostEventBytes?: number;
    /** The folder of a desk whose disk was copied. */
    readonly copyOf?: string;
    readonly tiles?: string | undefined;
    /** Of the desk; the machine's unless told. */
    readonly clock?: Clock | undefined;
  } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-desk-"));
  if (copyOf !== undefined) await cp(copyOf, folder, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const township: Township & { mostEventBytes: number } = {
    desk: { id: "zhuting", name: "朱亭镇", timezone: "Asia/Shanghai" },
    panel: { host: "127.0.0.1", port, tls: { kind: "off" } },
    dataFolder: folder,
    mostFileBytes,
    mostEventBytes,
    map: { tiles },
    boxes,
  };
  let desk = await startTownship(township, PASSWORD, silentLogger, clock);
  const ends: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    await desk.stop();
    for (const end of ends) await end();
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
    url,
    folder,
    township,
    headers,
    ask,
    logIn,
    state,
    /** The first village, once it is like this. */
    boxWith: (part: Partial<DeskBox>): Promise<DeskBox> =>
      until(
        async () => {
          const [box] = (await state()).boxes;
          const isSo =
            box && Object.entries(part).every(([key, value]) => box[key as keyof DeskBox] === value);
          return isSo ? box : undefined;
        },
        { timeoutMs: 30_000, what: `a village with ${JSON.stringify(part)}` },
      ),
    /** An alarm, once the desk has it, with the village's own words. */
    alarm: (id = "a1"): Promise<DeskAlarm> =>
      until(async () => (await state()).alarms.find((alarm) => alarm.id === id && alarm.place !== ""), {
        what: `the alarm ${id}`,
      }),
    /** More that has to end, after the desk. */
    onEnd: (end: () => Promise<void>) => void ends.push(end),
    /** @param meanwhile while it is switched off. */
    async restart(meanwhile?: () => Promise<void>) {
      await desk.stop();
      await meanwhile?.();
      desk = await startTownship(township, PASSWORD, silentLogger, clock);
      Object.assign(headers, await logIn());
    },
  };
}
