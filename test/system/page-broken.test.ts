import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { logInOn } from "../support/browser.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { type Dependencies, raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD, PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const PHONE = 360;
const ALWAYS = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };

/** Something that somebody does: up to the last tap, the tap, what he typed, and whether it came to the box. */
interface Action {
  readonly what: string;
  readonly place: "home" | "speak" | "alarms" | "setup";
  readonly needsAlarm?: boolean;
  prepare(page: Page): Promise<void>;
  tap(page: Page): Promise<void>;
  typed?(page: Page): Promise<string>;
  /** What the page says then, beside that the box cannot be reached. */
  readonly says?: string;
  isDone(dependencies: Dependencies): boolean;
}

const named = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const inSheet = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true });

const ACTIONS: readonly Action[] = [
  {
    what: "speaking",
    place: "speak",
    prepare: (page) => page.locator("#speak-text").fill("水涨了，快上岸"),
    tap: (page) => page.locator(".speak__submit").click(),
    typed: (page) => page.locator("#speak-text").inputValue(),
    isDone: ({ village }) => village.said.length === 1,
  },
  {
    what: "stopping what sounds",
    place: "speak",
    async prepare(page) {
      await page.locator("#speak-text").fill("开会了");
      await page.locator(".speak__submit").click();
      await page.locator(".sounding").waitFor();
    },
    tap: (page) => page.locator(".sounding button").click(),
    isDone: ({ village }) => village.silenced.length === 1,
  },
  {
    what: "writing a programme",
    place: "speak",
    async prepare(page) {
      await named(page, "改节目：早铃").click();
      await page.getByRole("dialog").getByLabel("要念的话").fill("起床了");
    },
    tap: (page) => inSheet(page, "存好").click(),
    typed: (page) => page.getByRole("dialog").getByLabel("要念的话").inputValue(),
    isDone: ({ programmes }) => programmes.list()[0]?.text === "起床了",
  },
  {
    what: "pausing a programme",
    place: "speak",
    async prepare(page) {
      await named(page, "停播").click();
      await page.getByLabel("为什么停播").fill("放假");
    },
    tap: (page) => page.locator(".programme__why .button--main").click(),
    typed: (page) => page.getByLabel("为什么停播").inputValue(),
    isDone: ({ programmes }) => programmes.list()[0]?.paused !== undefined,
  },
  {
    what: "writing the duty roster",
    place: "alarms",
    async prepare(page) {
      await named(page, "改值班表").click();
      await page.getByRole("dialog").getByLabel("名字").fill("李支书");
    },
    tap: (page) => inSheet(page, "存好").click(),
    typed: (page) => page.getByRole("dialog").getByLabel("名字").inputValue(),
    isDone: ({ duty }) => duty.roster().turns[0]?.name === "李支书",
  },
  {
    what: "acknowledging an alarm",
    place: "home",
    needsAlarm: true,
    prepare: (page) => page.locator(".takeover").waitFor(),
    tap: (page) => page.locator(".takeover").getByRole("button", { name: "知道了" }).first().click(),
    isDone: ({ village }) => village.handled.length === 1,
  },
  {
    what: "a note on an alarm",
    place: "home",
    needsAlarm: true,
    prepare: (page) => page.locator(".takeover").getByLabel("写给接班的人").fill("孩子已回家"),
    tap: (page) => page.locator(".takeover").getByRole("button", { name: "记下" }).click(),
    typed: (page) => page.locator(".takeover").getByLabel("写给接班的人").inputValue(),
    isDone: ({ village }) => village.state().alarms[0]?.notes?.[0]?.text === "孩子已回家",
  },
  {
    what: "pausing a place",
    place: "home",
    needsAlarm: true,
    async prepare(page) {
      await page.locator(".takeover").getByRole("button", { name: "这里先撤防" }).click();
      await inSheet(page, "其他").click();
      await page.getByRole("dialog").getByLabel("为什么").fill("渔政检查");
    },
    tap: (page) => inSheet(page, "撤防").click(),
    typed: (page) => page.getByRole("dialog").getByLabel("为什么").inputValue(),
    isDone: ({ pauses }) => pauses.list().length === 1,
  },
  {
    what: "logging out",
    place: "setup",
    prepare: (page) => page.locator("main").getByRole("button", { name: "退出登录" }).waitFor(),
    tap: (page) => page.locator("main").getByRole("button", { name: "退出登录" }).click(),
    says: "还没有退出：连不上村哨",
    isDone: ({ accounts }) => accounts.open.size === 0,
  },
];

describePages("a line that breaks in the middle of", () => {
  const rig = setUpPages({
    site: { duty: [{ name: "李主任", phone: "13800000001", when: ALWAYS }] },
  });

  test.each(ACTIONS)("$what is told, loses nothing typed, and is done once it is back", async (action) => {
    const { dependencies } = rig;
    await rig.openPage(PHONE);
    const { page } = rig;
    await rig.goTo(action.place);
    if (action.needsAlarm) await raiseAlarm(dependencies, undefined);
    await action.prepare(page);
    const before = await action.typed?.(page);

    await page.context().setOffline(true);
    await action.tap(page);
    await page.getByText("连不上村哨", { exact: false }).first().waitFor();
    if (action.says) await page.getByText(action.says).waitFor();
    await rig.keep(`broken-${action.what.replaceAll(" ", "-")}`);
    expect(await action.typed?.(page)).toBe(before);
    expect(action.isDone(dependencies)).toBe(false);

    await page.context().setOffline(false);
    await page.locator("main:not(.stale)").waitFor();
    await action.tap(page);
    await until(() => action.isDone(dependencies), { timeoutMs: 15_000, what: action.what });
    expect(rig.complaints).toEqual([]);
  });

  test("who taps stop learns that it still sounds, and what else stops it", async () => {
    const { village } = rig.dependencies;
    await rig.openPage(PHONE);
    await rig.goTo("speak");
    const { page } = rig;
    await page.locator("#speak-text").fill("开会了");
    await page.locator(".speak__submit").click();
    await page.locator(".sounding").waitFor();
    const stop = page.locator(".sounding button");

    await page.context().setOffline(true);
    await stop.click();
    await page.getByText("没有停下来：连不上村哨，请再点一次。").waitFor();
    village.update({ horns: { queue: [], groups: [], killSwitch: { input: "kill", closed: false } } });
    await page.context().setOffline(false);
    await page.locator("main:not(.stale)").waitFor();
    await page.route("**/api/v1/broadcasts/*", (route) => route.abort());
    await stop.click();
    await page.getByText("请再点一次，或者合上静音开关。").waitFor();
    await rig.keep("broken-stop-with-a-switch");
    await rig.fitsThePage();
  });

  test("what was said though its answer was lost is not said twice by the next tap", async () => {
    const { village } = rig.dependencies;
    await rig.openPage(PHONE);
    await rig.goTo("speak");
    const { page } = rig;
    await loseAnswers(page, "**/api/v1/broadcasts", 1);
    await page.locator("#speak-text").fill("水涨了，快上岸");
    await page.locator(".speak__submit").click();
    await page.getByText("没有喊成").waitFor();
    expect(village.said).toHaveLength(1);

    await page.locator(".speak__submit").click();
    await page.waitForFunction(`document.querySelector("#speak-text").value === ""`);
    expect(village.said).toHaveLength(1);

    await page.locator("#speak-text").fill("水涨了，快上岸");
    await page.locator(".speak__submit").click();
    await until(() => village.said.length === 2, { what: "the same words, wanted once more" });
  });

  test("a recording whose answer was lost is played once more for the next person who wants it", async () => {
    const { village, clips, accounts } = rig.dependencies;
    await accounts.add({ username: "guest-speaker", passwordHash: PASSWORD_HASH, role: "operator" });
    const content = (async function* () {
      yield Buffer.from("song");
    })();
    await clips.add(content, "村歌", { kind: "person", name: "admin" });
    const play = async (): Promise<void> => {
      await rig.goTo("speak");
      await rig.button("用喇叭播放《村歌》").click();
      await rig.button("开始播放").click();
    };
    await rig.openPage(PHONE);
    const { page } = rig;
    await loseAnswers(page, "**/api/v1/broadcasts", 1);
    await play();
    await page.getByText("没有成功").waitFor();
    expect(village.said).toHaveLength(1);

    await page.getByTitle("退出登录").click();
    await logInOn(page, PASSWORD, "guest-speaker");
    await play();
    await until(() => village.said.length === 2, { what: "what the next person wants" });
  });
});

/** The box gets what is asked of it and does it, and the page never hears of it. */
async function loseAnswers(page: Page, url: string, times: number): Promise<void> {
  await page.route(
    url,
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times },
  );
}
