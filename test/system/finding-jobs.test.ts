import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wallTime } from "../../src/panel/web/words/village-time.ts";
import { goTo } from "../support/browser.ts";
import { type KitRig, missingForKit, startKit } from "../support/kit-rig.ts";
import { until } from "../support/until.ts";

// What people come to the recordings for, done as they do it, on the village of the kit: which lorry came through, and when the child
// left the square and which way. On the road of the kit a lorry goes by 16 s after each bicycle; from its square a child runs off towards
// the camera, to the left.

const missing = missingForKit();
/** Where pictures of the page go, for whoever wants to look at it. */
const PICTURES = process.env["CUNSHAO_TEST_PICTURES"];
const ZONE = "Asia/Shanghai";
const MINUTE_MS = 60_000;
/** A round of the road, another of the square, and until the last of it can be searched. */
const ROUND_MS = 150_000;

interface Movement {
  readonly spans: readonly { readonly from: string }[];
}

describe.skipIf(missing.length > 0)(`two jobs${missing.map((what) => ` (needs ${what})`)}`, () => {
  let kit: KitRig;
  let page: Page;

  beforeAll(async () => {
    kit = await startKit({ viewport: { width: 360, height: 740 } });
    ({ page } = kit);
    // Whatever alarms meanwhile is put off, as a person would who looks for somebody.
    await page.addLocatorHandler(page.locator(".takeover__head"), (head) => head.getByRole("button").last().click());
  });
  afterAll(() => kit?.stop());

  const spansOf = (camera: string) =>
    page.evaluate<Movement>(
      `fetch("/api/v1/cameras/${camera}/movement?reason=test&limit=1000").then((answer) => answer.json())`,
    );

  async function picture(name: string): Promise<void> {
    if (!PICTURES) return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  /** Waits until the camera has seen all that passes before it, and opens the search on it, around the time since then. */
  async function searchOn(camera: string, name: string): Promise<Locator> {
    await until(
      async () => {
        const starts = (await spansOf(camera)).spans.map(({ from }) => Date.parse(from));
        return Math.max(...starts) - Math.min(...starts) > ROUND_MS;
      },
      { timeoutMs: 360_000, what: `a whole round before ${camera}` },
    );
    await goTo(page, "playback");
    await page.getByRole("button", { name: "查找谁来过" }).click();
    const search = page.getByRole("dialog", { name: "查找谁来过" });
    await search.getByLabel("哪台摄像机").selectOption({ label: name });
    const nowMs = Date.now();
    await search.getByLabel("从", { exact: true }).fill(wallTime(nowMs - 10 * MINUTE_MS, ZONE));
    await search.getByLabel("到（不填就是现在）").fill(wallTime(nowMs + MINUTE_MS, ZONE));
    return search;
  }

  /** In fractions of the picture, by two taps. */
  async function drawLine(search: Locator, ...ends: readonly (readonly [number, number])[]): Promise<void> {
    await search.getByRole("button", { name: "画线" }).click();
    const stage = search.locator(".place__stage");
    const { width, height } = (await stage.boundingBox()) ?? { width: 0, height: 0 };
    for (const [x, y] of ends) await stage.click({ position: { x: width * x, y: height * y } });
    await search.getByText("只找走过这条线的").waitFor();
  }

  async function submit(search: Locator): Promise<Locator> {
    const reason = search.getByRole("button", { name: "查看交通事故" });
    if (await reason.isVisible()) await reason.click();
    await search.getByRole("button", { name: "查找", exact: true }).click();
    await search.getByText(/次动静，点一下就看录像/).waitFor();
    return search.locator("li button");
  }

  const playsOn = (large: Locator): Promise<unknown> =>
    until(
      () =>
        large
          .locator("video")
          .evaluate((one) => (one as unknown as { currentTime: number }).currentTime > 0.5)
          .catch(() => false),
      { timeoutMs: 60_000, what: "the recording" },
    );

  test("the lorry that came through is in the list with its picture, its way and its time, and plays", async () => {
    const search = await searchOn("road", "村口路");
    await drawLine(search, [0.5, 0.35], [0.5, 0.98]);
    const passages = await submit(search);
    const toTheRight = passages.filter({ hasText: "往右" });
    await until(async () => (await toTheRight.count()) >= 2, { what: "two who went to the right" });
    await until(async () => (await search.locator(".still--there").count()) > 0, {
      timeoutMs: 60_000,
      what: "a small picture",
    });
    await picture("job-lorry-found");
    // The lorry is the quick one: a second or a few, where a villager takes longer.
    const seconds = (await toTheRight.locator("small").allTextContents()).map((text) =>
      Number(/^\s*(\d+) 秒/.exec(text)?.[1]),
    );
    const lorry = seconds.indexOf(Math.min(...seconds));
    expect(seconds[lorry]).toBeLessThan(9);
    await toTheRight.nth(lorry).click();
    const large = page.getByRole("dialog", { name: "村口路" });
    await playsOn(large);
    await large.locator(".bar__marked").waitFor({ state: "attached" });
    await large.getByRole("button", { name: "4倍" }).click();
    await picture("job-lorry-playing");
    await large.getByRole("button", { name: "关闭" }).click();
    await search.getByRole("button", { name: "关闭" }).click();
  }, 500_000);

  test("the child left the square towards the camera, and when stands beside it", async () => {
    const search = await searchOn("square", "文化广场");
    // The way out, at the lower edge of the picture.
    await drawLine(search, [0.15, 0.88], [0.65, 0.88]);
    const passages = await submit(search);
    const nearer = passages.filter({ hasText: /近处来/ });
    await until(async () => (await nearer.count()) >= 1, { what: "one who came nearer" });
    await picture("job-child-found");
    const when = await nearer.first().locator("time").textContent();
    expect(when).toMatch(/\d\d:\d\d/);
    await nearer.first().click();
    const large = page.getByRole("dialog", { name: "文化广场" });
    await playsOn(large);
    await large.getByRole("button", { name: "暂停" }).click();
    await large.getByRole("button", { name: "下一幅" }).click();
    await picture("job-child-playing");
  }, 500_000);
});
