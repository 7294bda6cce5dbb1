import type { Locator, Page, ViewportSize } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Polyline } from "../../src/core/geometry.ts";
import { joinPassages, type Passage, type Way, wayOf } from "../../src/panel/web/words/passages.ts";
import { wallTime } from "../../src/panel/web/words/village-time.ts";
import { goTo, keepPicture, untilPlayed } from "../support/browser.ts";
import { type KitRig, missingForKit, startKit } from "../support/kit-rig.ts";
import { until } from "../support/until.ts";

// What people come to the recordings for, done as they do it, on the village of the kit: which lorry came through, and when the child
// left the square and which way. On the road of the kit a lorry goes by to the right between others who walk or ride; from its square
// a child runs off towards the camera.

const missing = missingForKit();
const ZONE = "Asia/Shanghai";
const HOUR_MS = 3_600_000;
const PHONE = { width: 360, height: 740 };
const SIZES = [
  ["phone", PHONE],
  ["desk", { width: 1366, height: 900 }],
] as const;
/** So long at most the lorry is before the camera; who walks is longer. */
const LORRY_MS = 6_000;
/** Two rounds of what passes, and the start of the kit, on a machine that does something else meanwhile. */
const ROUNDS = { timeoutMs: 300_000, pollMs: 1_000 };
const TEST_MS = 500_000;

interface Job {
  readonly camera: string;
  readonly name: string;
  /** Whom it is about has to cross it: in fractions of the picture. */
  readonly line: Polyline;
  readonly reason: string;
}
const LORRY: Job = {
  ...{ camera: "road", name: "村口路", reason: "查看交通事故" },
  line: [
    [0.5, 0.35],
    [0.5, 0.98],
  ],
};
/** The way out, at the lower edge of the picture. */
const CHILD: Job = {
  ...{ camera: "square", name: "文化广场", reason: "找走失的人" },
  line: [
    [0.15, 0.88],
    [0.65, 0.88],
  ],
};

interface Movement {
  readonly spans: readonly {
    readonly from: string;
    readonly to: string;
    readonly clock: string;
    readonly path?: Way;
  }[];
}

describe.skipIf(missing.length > 0)(`two jobs${missing.map((what) => ` (needs ${what})`)}`, () => {
  let kit: KitRig;
  let page: Page;

  beforeAll(async () => {
    kit = await startKit({ viewport: PHONE });
    ({ page } = kit);
    await keepQuiet();
  });
  afterAll(() => kit?.stop());

  /** An alarm has the page of who looks for something else, and covers what is open there: it is not the job here. */
  async function keepQuiet(): Promise<void> {
    const api = `${kit.url}/api/v1`;
    const headers = { origin: kit.url };
    const { rules } = (await (await page.request.get(`${api}/state`)).json()) as {
      rules: readonly { readonly id: string }[];
    };
    for (const { id: rule } of rules) {
      const data = { rule, seconds: 7_200, reason: "检修" };
      expect((await page.request.post(`${api}/pauses`, { headers, data })).status()).toBe(201);
    }
    const alarms = (await (await page.request.get(`${api}/alarms`)).json()) as {
      id: string;
      status: string;
    }[];
    for (const { id } of alarms.filter(({ status }) => status !== "cleared"))
      await page.request.post(`${api}/alarms/${id}/acknowledge`, { headers });
  }

  /** Who has crossed the line so far, in the order and the pieces of the page. */
  async function crossed({ camera, line }: Job): Promise<readonly Passage[]> {
    const query = new URLSearchParams({ reason: "test", limit: "1000", line: line.flat().join(",") });
    const answer = await page.request.get(`${kit.url}/api/v1/cameras/${camera}/movement?${query}`);
    const { spans } = (await answer.json()) as Movement;
    const found = spans.map(({ from, to, clock, path }) => {
      const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
      return { fromMs, toMs, jumpToMs: fromMs, isDated: clock === "synced", path };
    });
    return joinPassages([], found);
  }

  /** Searches the last hour for who crossed a line that is drawn, on a page where nothing is open and no reason was given. */
  async function search({ name, line, reason }: Job, size: ViewportSize): Promise<Locator> {
    await page.setViewportSize(size);
    await page.reload();
    await goTo(page, "playback");
    await page.getByRole("button", { name: "查找谁来过" }).click();
    const dialog = page.getByRole("dialog", { name: "查找谁来过" });
    await dialog.getByLabel("哪台摄像机").selectOption({ label: name });
    const nowMs = Date.now();
    await dialog.getByLabel("从", { exact: true }).fill(wallTime(nowMs - HOUR_MS, ZONE));
    await dialog.getByLabel("到（不填就是现在）").fill(wallTime(nowMs + HOUR_MS, ZONE));
    await dialog.getByRole("button", { name: "画线" }).click();
    const stage = dialog.locator(".place__stage");
    const { width, height } = (await stage.boundingBox()) ?? { width: 0, height: 0 };
    for (const [x, y] of line) await stage.click({ position: { x: width * x, y: height * y } });
    await dialog.getByText("只找走过这条线的").waitFor();
    await dialog.getByRole("button", { name: reason }).click();
    await dialog.getByRole("button", { name: "查找", exact: true }).click();
    await dialog.getByText(/次动静，点一下就看录像/).waitFor();
    return dialog;
  }

  /** A passage in the list, once its small picture is there, with the clock of the village. */
  async function passageOf(dialog: Locator, at: number, { fromMs }: Passage): Promise<Locator> {
    const passage = dialog.locator("li button").nth(at);
    await passage.scrollIntoViewIfNeeded();
    await passage.locator(".still--there").waitFor({ timeout: 60_000 });
    expect(await passage.locator("time").textContent()).toContain(wallTime(fromMs, ZONE).slice(-5));
    return passage;
  }

  /** Plays it, and is where it passes. */
  async function play(passage: Locator, { name }: Job, { fromMs }: Passage): Promise<Locator> {
    await passage.click();
    const large = page.getByRole("dialog", { name });
    await untilPlayed(page);
    const bar = large.getByRole("slider", { name: "录像的时间" });
    const playedMs = Number(await bar.getAttribute("aria-valuenow"));
    expect(Math.abs(playedMs - fromMs)).toBeLessThan(20_000);
    await large.locator(".bar__marked").first().waitFor({ state: "attached" });
    return large;
  }

  test.each(SIZES)(
    "the lorry that came through is in the list with its picture, its way and its time, and plays, on a %s",
    async (size, viewport) => {
      // Of all but the first, which may have begun before anybody looked, and the last, which may go on.
      const isLorry = ({ fromMs, toMs, path }: Passage): boolean =>
        path !== undefined && wayOf(path) === "right" && toMs - fromMs <= LORRY_MS;
      const { at, lorry } = await until(
        async () => {
          const [, ...others] = await crossed(LORRY);
          const index = others.slice(0, -1).findIndex(isLorry);
          const lorry = others[index];
          return lorry && { at: index + 1, lorry };
        },
        { ...ROUNDS, what: "a lorry, and somebody after it" },
      );
      const dialog = await search(LORRY, viewport);
      const passage = await passageOf(dialog, at, lorry);
      expect(await passage.textContent()).toMatch(/[1-6] 秒.*往右走/);
      await keepPicture(page, `job-lorry-found-${size}`, "screen");
      const large = await play(passage, LORRY, lorry);
      await large.getByRole("button", { name: "4倍", exact: true }).click();
      await large.getByRole("button", { name: "4倍", exact: true, pressed: true }).waitFor();
      await keepPicture(page, `job-lorry-playing-${size}`, "screen");
    },
    TEST_MS,
  );

  test.each(SIZES)(
    "the child left the square towards the camera, and when stands beside it, on a %s",
    async (size, viewport) => {
      const { at, child } = await until(
        async () => {
          const all = await crossed(CHILD);
          const at = all.findIndex(({ path }) => path && wayOf(path)?.startsWith("near"));
          const child = all[at];
          return child && { at, child };
        },
        { ...ROUNDS, what: "somebody who comes nearer and is gone" },
      );
      const dialog = await search(CHILD, viewport);
      const passage = await passageOf(dialog, at, child);
      expect(await passage.textContent()).toMatch(/近处来/);
      await keepPicture(page, `job-child-found-${size}`, "screen");
      const large = await play(passage, CHILD, child);
      await large.getByRole("button", { name: "暂停" }).click();
      await large.getByRole("button", { name: "播放", exact: true }).waitFor();
      const bar = large.getByRole("slider", { name: "录像的时间" });
      const stillMs = Number(await bar.getAttribute("aria-valuenow"));
      await large.getByRole("button", { name: "下一幅" }).click();
      await until(async () => Number(await bar.getAttribute("aria-valuenow")) > stillMs, {
        timeoutMs: 60_000,
        what: "the next picture",
      });
      await keepPicture(page, `job-child-playing-${size}`, "screen");
    },
    TEST_MS,
  );
});
