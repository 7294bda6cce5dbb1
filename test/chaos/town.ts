// The township's side of the chaos, in a process of its own in the township's network: a receiver by HTTPS and a keeper behind
// the broker. `node town.js <folder> <https port> <broker url>`; messages from its parent are modes of its door.
import { join } from "node:path";
import { createTownship } from "../../hw/virtual/township/township.ts";
import { CHAOS_SITE, CHAOS_TOKEN } from "./chaos-words.ts";
import { type FrontMode, startFront } from "./front.ts";
import { runKeeper } from "./keeper.ts";
import { TOWN_HOST } from "./namespaces.ts";

const [folder = "", port = "", brokerUrl = ""] = process.argv.slice(2);
const certificate = (name: string) => ({
  cert: join(folder, `${name}.pem`),
  key: join(folder, `${name}.key`),
});

const township = createTownship({
  host: "127.0.0.1",
  port: 0,
  folder: join(folder, "http"),
  token: CHAOS_TOKEN,
});
await township.start();
const setMode = await startFront({
  host: TOWN_HOST,
  port: Number(port),
  targetPort: township.port,
  right: certificate("town"),
  wrong: certificate("stranger"),
});
await runKeeper(brokerUrl, join(folder, "mqtt"), CHAOS_SITE);
process.on("message", (mode) => setMode(mode as FrontMode));
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
