import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { logInOn } from "../support/browser.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

/** To the second, as the page has it of a village. */
const timeThere = (ms: number): string =>
  new Date(ms).toLocaleTimeString("en-GB", { timeZone: "Asia/Shanghai", hourCycle: "h23" });

/** The box beats every 5 s. */
const HEARS_EVERY_SECONDS = 6;

describePages("after the computer has slept, the page", () => {
  const rig = setUpPages();

  /** Of a page that hears of the village, from when to when it did so last. */
  async function sleep(page: Page, before: () => unknown): Promise<readonly string[]> {
    const first = Date.now();
    await before();
    const heard = Math.ceil((Date.now() - first) / 1000) + HEARS_EVERY_SECONDS;
    // What was due meanwhile is done at once, in its order: the clock of the page first, then what waited for a sign of the box.
    await page.clock.fastForward("10:00:00");
    return Array.from({ length: heard + 2 }, (_each, back) => timeThere(Date.now() - back * 1000));
  }
  async function open(): Promise<Page> {
    await rig.visit(1366);
    const { page } = rig;
    await page.clock.install();
    await page.reload();
    await logInOn(page, PASSWORD);
    return page;
  }

  test("says from when on no alarm came, where the log-in has ended meanwhile", async () => {
    const page = await open();
    const heard = await sleep(page, () => rig.dependencies.accounts.open.clear());
    const note = page.getByText(/登录已过期，从 .*起这里收不到报警了/);
    await note.waitFor();
    const [minutes] = /\d\d:\d\d/.exec((await note.textContent()) ?? "") ?? [];
    expect(heard.map((time) => time.slice(0, 5))).toContain(minutes);
    expect(rig.complaints).toEqual([]);
  });

  test("says of when it shows the village, where that is not there", async () => {
    const page = await open();
    const heard = await sleep(page, () => page.route("**/state/stream", (route) => route.abort()));
    const note = page.getByText(/以下是 .* 的情况/);
    await note.waitFor();
    const [time] = /\d\d:\d\d:\d\d/.exec((await note.textContent()) ?? "") ?? [];
    expect(heard).toContain(time);
    expect(rig.complaints).toEqual([]);
  });
});
