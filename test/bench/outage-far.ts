// The far ends of bench outage: a township by HTTP, whoever keeps the events behind a broker, and the fibre to each. In a process
// of its own, so that what they do with a backlog does not hold up the clock by which the horn is heard.
// `outage-far <folder> <broker's port> <site> <token>`; says its ports on the channel of its parent, and hears `cut` and `mend`.
import { createFibre } from "../../hw/virtual/township/fibre.ts";
import { createTownship } from "../../hw/virtual/township/township.ts";
import { startMqttKeeper } from "../support/mqtt-keeper.ts";

const [folder = "", brokerPort = "", site = "", token = ""] = process.argv.slice(2);
const host = "127.0.0.1";
const township = createTownship({ host, port: 0, folder, token });
await township.start();
await startMqttKeeper({ url: `mqtt://${host}:${brokerPort}`, site });
const fibres = [township.port, Number(brokerPort)].map((targetPort) =>
  createFibre({ listenPort: 0, targetHost: host, targetPort }),
);
for (const fibre of fibres) await fibre.start();
process.on("message", (word) => {
  for (const fibre of fibres) {
    if (word === "cut") fibre.cut("reset");
    else fibre.mend();
  }
});
process.on("disconnect", () => process.exit());
process.send?.(fibres.map(({ port }) => port));
