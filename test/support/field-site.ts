import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { createLcusRelayBoard } from "../../hw/virtual/serial/lcus-relay-board.ts";
import { serveTcp } from "../../hw/virtual/serial/serve-tcp.ts";

export const FIELD_PASSWORD = "a-long-field-password";
export const SPEAKER = "pond";

/** The smallest box in the field: one horn, its amplifier on the first of two relays behind a serial server, no camera. */
export interface FieldSite {
  readonly relayOn: (channel?: number) => boolean;
  readonly files: { readonly config: string; readonly secrets: string };
  stop(): Promise<void>;
}

/** Writes `cunshao.yaml` and `secrets.yaml` into `folder` and puts up the relay board they name. */
export async function createFieldSite(folder: string): Promise<FieldSite> {
  const board = createLcusRelayBoard(2);
  const served = await serveTcp(board, { host: "127.0.0.1", port: 0 });
  const files = { config: join(folder, "cunshao.yaml"), secrets: join(folder, "secrets.yaml") };
  mkdirSync(folder, { recursive: true });
  writeFileSync(files.secrets, stringify({ township: "unused" }));
  chmodSync(files.secrets, 0o600);
  writeFileSync(
    files.config,
    stringify({
      site: { id: "field-test", name: "试验村" },
      board: "virtual",
      cameras: [],
      buses: [{ id: "relay-board", port: `tcp://127.0.0.1:${served.port}` }],
      speakers: [
        {
          id: SPEAKER,
          name: "东塘喇叭",
          power: { relay: { serial: { bus: "relay-board", profile: "lcus", channel: 1 } } },
          // Nobody has to listen: RTP is sent, whoever hears it. Port 9 is "discard".
          audio: "rtp://127.0.0.1:9",
          settleMs: 100,
        },
      ],
      rules: [],
    }),
  );
  return { relayOn: (channel = 1) => board.channels[channel - 1] === true, files, stop: () => served.stop() };
}

/** True once the panel at `url` answers. */
export async function isHealthy(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/health`, { signal: AbortSignal.timeout(2_000) });
  return answer.status === 200;
}

/** Has the horn speak as a person at the page would, long enough for a test to interfere. */
export async function speakAtLength(url: string): Promise<void> {
  const headers = { "content-type": "application/json", origin: url };
  const login = await fetch(`${url}/api/v1/session`, {
    method: "POST",
    headers,
    body: JSON.stringify({ username: "admin", password: FIELD_PASSWORD }),
  });
  const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
  const answer = await fetch(`${url}/api/v1/broadcasts`, {
    method: "POST",
    headers: { ...headers, cookie },
    body: JSON.stringify({ speakers: [SPEAKER], text: "水边危险，请速离开。".repeat(10), repeat: 5 }),
  });
  if (answer.status !== 202) throw new Error(`refused: ${answer.status} ${await answer.text()}`);
}
