import { beforeAll, expect, test } from "vitest";
import type { VillageState } from "../../src/core/village.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";

describePages("the first page", () => {
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });
  const rig = setUpPages();
  const { shows } = rig;
  const places = () => rig.page.getByRole("navigation", { name: "去哪里" });

  test.each(WIDTHS)(
    "answers what is wrong, shows the water, and leads to the four jobs, %i wide",
    async (width) => {
      await rig.openPage(width);
      const { page } = rig;
      const answer = page.getByRole("status", { name: "村里有没有事" });
      await answer.getByText("一切正常").waitFor();
      await page.getByRole("button", { name: "放大看东塘" }).waitFor();
      await page.getByText("2.31 m").waitFor();
      for (const [name, place] of [
        ["看", "看画面"],
        ["喊话", "喊话"],
        ["报警", "报警"],
        ["回放", "回放"],
      ] as const) {
        await page.locator(".big__one", { hasText: name }).first().click();
        await page.getByRole("heading", { name: place, exact: true }).waitFor();
        await rig.fitsThePage();
        // Back goes back, as people are used to.
        await page.goBack();
        await answer.waitFor();
      }
      const { cameras } = rig.dependencies.village.state();
      const lost = { state: "lost", reason: "rtsp.unreachable" } as const;
      rig.dependencies.village.update({
        cameras: cameras.map((one) => (one.id === "gate" ? { ...one, ...lost } : one)),
      });
      await answer.getByText(/^村口摄像机看不见/).waitFor();
      await shows("4 个摄像机，1 个看不见");
      await rig.keep(`home-${width}`);
      expect(rig.complaints).toEqual([]);
    },
  );

  test.each(WIDTHS)(
    "says before anybody tries whether one would see and be heard, and nothing moves, %i wide",
    async (width) => {
      const { village } = rig.dependencies;
      const { cameras, speakers } = village.state();
      const quiet = [{ fromMinute: 0, toMinute: 1440, classes: ["local" as const] }];
      const horns = { queue: [], groups: [] };
      const wrong: readonly (readonly [Partial<VillageState>, place: string, words: string])[] = [
        [
          { cameras: cameras.map((one, at) => (at === 1 ? { ...one, state: "connecting" } : one)) },
          "look",
          "4 个摄像机，1 个正在接通",
        ],
        [
          {
            cameras,
            speakers: speakers.map((one, at) => (at === 1 ? { ...one, fault: "gpio.failed" } : one)),
          },
          "speak",
          "3 个喇叭，1 个有故障",
        ],
        [{ speakers, horns: { ...horns, quiet } }, "speak", "3 个喇叭，一直静音（应急可以）"],
        [
          { horns: { ...horns, killSwitch: { input: "kill", closed: true } } },
          "speak",
          "3 个喇叭，静音开关合上了，都不响",
        ],
      ];
      await rig.openPage(width);
      const button = (place: string) => rig.page.locator(`.big__one[href="#/${place}"]`);
      const heights = async () => [
        (await button("look").boundingBox())?.height,
        (await button("speak").boundingBox())?.height,
      ];
      await button("speak").getByText("3 个喇叭", { exact: true }).waitFor();
      const before = await heights();
      for (const [change, place, words] of wrong) {
        village.update(change);
        await button(place).getByText(words, { exact: true }).waitFor();
        await rig.keep(`home-${width}-${place}-${words.slice(0, 12)}`);
        expect(await heights()).toEqual(before);
      }
      await rig.fitsThePage();
      expect(rig.complaints).toEqual([]);
    },
  );

  test("says above the field, before anybody types, that only an emergency sounds now", async () => {
    const { village } = rig.dependencies;
    const quiet = [{ fromMinute: 0, toMinute: 1440, classes: ["local" as const], speakers: ["pond"] }];
    village.update({ horns: { queue: [], groups: [], quiet } });
    await rig.openPage(360);
    await rig.goTo("speak");
    const line = rig.page.locator(".ready");
    await line.getByText("有的一直静音（应急可以）").waitFor();
    await rig.keep("speak-quiet-360");
    await rig.button("东塘喇叭").click();
    await line.getByText("选了 2 个喇叭，现在能喊").waitFor();
    await rig.button("东塘喇叭").click();
    await rig.button("应急广播").click();
    await line.getByText("选了 3 个喇叭，应急广播现在也响").waitFor();
    await rig.fitsThePage();
  });

  test.each(WIDTHS)("is taken over by an alarm, wherever somebody is, %i wide", async (width) => {
    await rig.openPage(width);
    const { page } = rig;
    await rig.goTo("playback");
    await raiseAlarm(rig.dependencies, picture);
    const taken = page.getByRole("alertdialog", { name: "东塘有人靠近" });
    await taken.getByText("东塘喇叭已喊话").waitFor();
    await rig.keep(`takeover-${width}`);
    await rig.fitsThePage(taken);
    await taken.getByRole("button", { name: "稍后再看" }).click();
    await taken.waitFor({ state: "detached" });
    // What nobody has seen to stays in sight.
    await places().getByRole("link", { name: "报警 有 1 个没人管" }).waitFor();
    await page.getByRole("button", { name: /^东塘有人靠近.*去看$/ }).click();
    await taken.getByRole("button", { name: "知道了" }).click();
    await taken.getByText("admin 已知道").waitFor();
    await taken.getByRole("button", { name: "关上" }).click();
    await places().getByRole("link", { name: "报警", exact: true }).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("does not cut off a word that is being typed, and comes when it is done", async () => {
    await rig.openPage(1366);
    const { page } = rig;
    await rig.goTo("speak");
    await page.locator("#speak-text").fill("请大家");
    await raiseAlarm(rig.dependencies, picture);
    await page.getByRole("button", { name: /^东塘有人靠近.*去看$/ }).waitFor();
    expect(await page.locator(".takeover").count()).toBe(0);
    await page.locator("#speak-text").pressSequentially("快走");
    await page.locator("#speak-text").blur();
    await page.locator(".takeover").waitFor();
    expect(await page.locator("#speak-text").inputValue()).toBe("请大家快走");
    expect(rig.complaints).toEqual([]);
  });

  test("shows at once who took an alarm on another page, and lets what is read stay when it ends", async () => {
    await rig.openPage(360);
    const { page } = rig;
    const alarm = await raiseAlarm(rig.dependencies, picture);
    const taken = page.locator(".takeover");
    await taken.waitFor();
    await rig.dependencies.village.acknowledge(alarm.id, { kind: "person", name: "王干部" });
    await taken.getByText("王干部 已知道").waitFor();
    await rig.dependencies.village.clear(alarm.id, { kind: "person", name: "王干部" });
    await taken.getByText("王干部 管过，已解除").waitFor();
    expect(await taken.getByRole("button", { name: "知道了" }).count()).toBe(0);
    await taken.getByRole("button", { name: "关上" }).click();
    await until(async () => (await taken.count()) === 0);
    await rig.goTo("alarms");
    await page.getByText("王干部 管过").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("takes notes on an alarm for whoever comes next, and keeps a half written one", async () => {
    await rig.openPage(360);
    const { page, dependencies } = rig;
    await raiseAlarm(dependencies, picture);
    const taken = page.locator(".takeover");
    await taken.getByLabel("写给接班的人").fill("人已劝");
    await rig.putAlarmOff();
    await rig.openFirstAlarm();
    await taken.getByLabel("写给接班的人").press("End");
    await taken.getByLabel("写给接班的人").pressSequentially("离 <b>🙂</b>");
    await taken.getByRole("button", { name: "记下" }).click();
    await taken.getByText("人已劝离 <b>🙂</b>").waitFor();
    expect(dependencies.village.state().alarms[0]?.notes).toMatchObject([{ by: "admin" }]);
    expect(await taken.getByLabel("写给接班的人").inputValue()).toBe("");
    await rig.fitsThePage(taken);
    expect(rig.complaints).toEqual([]);
  });

  test("pauses the place from its alarm, with a reason", async () => {
    await rig.openPage(360);
    const { page, dependencies } = rig;
    await raiseAlarm(dependencies, picture);
    await page.locator(".takeover").getByRole("button", { name: "这里先撤防" }).click();
    const dialog = page.getByRole("dialog", { name: "撤防：东塘有人靠近" });
    await dialog.getByRole("button", { name: "有人洗衣" }).click();
    await dialog.getByRole("button", { name: "撤防", exact: true }).click();
    await until(() => dependencies.pauses.isPaused("pond-bank"));
    await page
      .locator(".takeover")
      .getByRole("button", { name: "这里先撤防" })
      .waitFor({ state: "detached" });
    expect(rig.complaints).toEqual([]);
  });
});
