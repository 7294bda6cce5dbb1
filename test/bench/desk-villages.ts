// A program of its own for the bench `desk`: villages, each with the real panel, a real ledger on the disk and the real channel to the
// desk; what else there is of them is in memory, and one moving picture is the picture of all their cameras.
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openBuffer } from "../../src/buffer/buffer.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { joinStream } from "../../src/panel/joined-streams.ts";
import { createBoxEnd } from "../../src/reverse/box-end.ts";
import { createLiveView } from "../../src/video/live-view.ts";
import { createLiveDouble, TEST_PICTURE } from "../support/live-double.ts";
import { listen, makeServer, type PanelServer } from "../unit/panel/panel-fixture.ts";
import { createMediaDouble } from "../unit/video/media-double.ts";
import type { VillageOrder, VillagesPlan, VillageWord } from "./desk-words.ts";

const plan = JSON.parse(process.argv[2] ?? "{}") as VillagesPlan;
const LISTEN_EVERY_MS = 5;

function say(word: VillageWord): void {
  process.send?.(word);
}

const picture = await createLiveDouble(TEST_PICTURE);

async function startVillage(id: string, token: string): Promise<{ server: PanelServer; url: string }> {
  const live = createLiveView(
    { mpeg1: createMediaDouble(), clock: systemClock, log: silentLogger },
    plan.cameras.map((camera) => ({ id: camera, sub: picture })),
  );
  const { ledger, cursors } = await openBuffer({
    ...{ dataFolder: join(plan.folder, id), siteId: id, bootId: randomUUID() },
    ...{ clock: systemClock, log: silentLogger, random: Math.random, clockQuality: () => "synced" },
  });
  const others = { live, ledger: Object.assign(ledger, { failing: false }), cursors };
  const server = await makeServer(systemClock, { tokens: [{ name: "desk", token }] }, others);
  const { village } = server;
  const { site, cameras } = village.state();
  const [like] = cameras;
  village.update({
    site: { ...site, id },
    cameras: like ? plan.cameras.map((camera) => ({ ...like, id: camera, name: camera })) : [],
  });
  const url = await listen(server);
  const end = createBoxEnd(
    {
      serve: (stream, from) => joinStream(server.app.server, stream, from),
      tls: async () => ({}),
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    },
    { siteId: id, instance: `instance-${id}`, desk: { id: "desk", url: plan.deskUrl, token } },
  );
  await end.start();
  return { server, url };
}

const villages: { server: PanelServer; url: string }[] = [];
for (const { id, token } of plan.villages) villages.push(await startVillage(id, token));

async function raise({ ledger, village }: PanelServer, alarm: string): Promise<void> {
  const atMs = Date.now();
  const { time, seq } = await ledger.append({
    type: "org.cunshao.alarm.raised",
    class: "alarm",
    subject: alarm,
    data: { rule: "pond-bank", severity: "warning", because: { kind: "presence", camera: "pond" } },
  });
  const { alarms } = village.state();
  village.update({
    alarms: [
      ...alarms.slice(-20),
      {
        ...{ id: alarm, rule: "pond-bank", name: "东塘有人靠近", place: "东塘", severity: "warning" },
        ...{ status: "raised", raisedAt: time, seq, delivered: [] },
      },
    ],
  });
  say({ kind: "raised", alarm, atMs });
}

async function clear({ ledger }: PanelServer, alarm: string): Promise<void> {
  await ledger.append({ type: "org.cunshao.alarm.cleared", class: "alarm", subject: alarm, data: {} });
}

function listenTo(village: number, { talkRig }: PanelServer): void {
  const before = talkRig.heard("pond").length;
  const timer = setInterval(() => {
    if (talkRig.heard("pond").length === before) return;
    clearInterval(timer);
    say({ kind: "sounded", village, atMs: Date.now() });
  }, LISTEN_EVERY_MS);
}

process.on("message", (order: VillageOrder) => {
  const { server } = villages[order.village] ?? {};
  if (!server) return;
  if (order.kind === "raise") void raise(server, order.alarm);
  else if (order.kind === "clear") void clear(server, order.alarm);
  else listenTo(order.village, server);
});
process.on("disconnect", () => {
  picture.stop();
  process.exit();
});
say({ kind: "ready", urls: villages.map(({ url }) => url) });
