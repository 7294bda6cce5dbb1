// Serves the built page on a village in memory and takes its picture in a few states:
//   npx vite build && npx tsc && node dist/test/support/page-samples.js /tmp/pictures
// Without a folder it only serves, on port 8090, with the password "correct horse".

import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createPanel } from "../../src/panel/panel.ts";
import { createLiveView } from "../../src/video/live-view.ts";
import { ADMIN, makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, goTo, logInOn } from "./browser.ts";
import { createLiveDouble, type LiveDouble, TEST_PICTURE, takePicture } from "./live-double.ts";
import { ago, fillPast, raiseAlarm, sampleState } from "./sample-village.ts";

const FOOTAGE = "../shared/footage";
const CLIPS = ["one-by-one-person.mp4", "car-park.mp4", "worker-zone.mp4", "store-aisle.mp4"];

const folder = process.argv[2];

function inputOf(clip: string): string[] {
  const path = join(FOOTAGE, clip);
  return existsSync(path) ? ["-stream_loop", "-1", "-i", path] : TEST_PICTURE;
}

const kit = createServer((_request, answer) => {
  answer.setHeader("content-type", "text/html; charset=utf-8");
  answer.end("<body style='font:17px sans-serif;padding:20px'><h2>虚拟套件</h2><p>这里控制虚拟的村子。</p>");
});
await new Promise<void>((resolve) => kit.listen(0, "127.0.0.1", resolve));
const kitAddress = kit.address();
const kitPort = typeof kitAddress === "object" && kitAddress ? kitAddress.port : 0;
const companion = { title: "虚拟套件", url: `http://127.0.0.1:${kitPort}/`, banner: "演示" };

const dependencies = makeDependencies(systemClock, {
  port: folder ? 0 : 8090,
  webFolder: "dist/web",
  companion,
});
const { village, accounts, ledger } = dependencies;
await accounts.save(ADMIN);
const usual = sampleState(dependencies);
const cameras: { id: string; sub: LiveDouble }[] = [];
for (const [index, { id }] of (usual.cameras ?? []).entries()) {
  cameras.push({ id, sub: await createLiveDouble(inputOf(CLIPS[index] ?? "")) });
}
dependencies.live = createLiveView(
  { mpeg1: dependencies.mpeg1, clock: systemClock, log: silentLogger },
  cameras,
);
await fillPast(dependencies);
village.update({ ...usual, ledger: { id: ledger.id, head: ledger.head } });
const panel = createPanel(dependencies);
await panel.start();
const url = panel.url() ?? "";

/** What happens between two pictures. */
const states: readonly (readonly [name: string, change: () => Promise<void>])[] = [
  ["calm", async () => {}],
  ["alarm", async () => void (await raiseAlarm(dependencies, takePicture(inputOf(CLIPS[0] ?? ""), 62)))],
  [
    "blind",
    async () => {
      await village.acknowledge("alarm-1", { kind: "person", name: "admin" });
      const since = ago(systemClock, 12);
      const cameras = village
        .state()
        .cameras.map((one) =>
          one.id === "gate" ? { ...one, state: "lost" as const, reason: "rtsp.unreachable", since } : one,
        );
      const [upstream] = village.state().upstreams;
      if (!upstream) return;
      village.update({
        cameras,
        upstreams: [{ ...upstream, status: "unreachable", waitingEvents: 12, waitingAlarms: 1 }],
      });
      await village.say({
        id: "b9",
        source: { kind: "rule", name: "pond-bank" },
        priority: "rule",
        speakers: ["pond"],
        content: { kind: "text", text: "塘边的人请马上离开，已通知村干部" },
        repeat: 2,
        volume: 100,
        alarm: "alarm-1",
      });
    },
  ],
  ["companion", async () => village.update({ companion })],
  ["lost", async () => panel.stop()],
];

async function takeAll(into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  const sizes = { desktop: { width: 1366, height: 768 }, phone: { width: 360, height: 740 } };
  const pages: { name: string; page: Page }[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [device, viewport] of Object.entries(sizes)) {
      const context = await browser.newContext({ viewport, colorScheme, locale: "zh-CN" });
      const page = await context.newPage();
      page.on("console", (message) => {
        if (message.type() === "error") console.error(device, message.text());
      });
      page.on("pageerror", (error) => console.error(device, error.message));
      await page.goto(url);
      await page.locator("form").waitFor();
      await page.screenshot({ path: join(into, `login-${device}-${colorScheme}.png`) });
      await logInOn(page, PASSWORD);
      pages.push({ name: `${device}-${colorScheme}`, page });
    }
  }
  for (const [state, change] of states) {
    await change();
    await new Promise((resolve) => setTimeout(resolve, state === "lost" ? 15_000 : 4_000));
    for (const { name, page } of pages) {
      await page.screenshot({ path: join(into, `${state}-${name}.png`) });
      if (state !== "blind") continue;
      for (const place of ["look", "speak", "alarms", "playback", "setup", "home"] as const) {
        await page.keyboard.press("Escape");
        await goTo(page, place);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        await page.screenshot({ path: join(into, `${place}-${name}.png`), fullPage: true });
      }
    }
  }
  await browser.close();
}

if (folder) {
  await takeAll(folder);
  for (const { sub } of cameras) sub.stop();
  kit.close();
  await panel.stop();
  process.exit(0);
}
console.log(`${url}  password: ${PASSWORD}`);
