import { expect, test } from "vitest";
import { USUAL_LIMITS } from "../../src/core/horn-limits.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { goTo, keepPicture } from "../support/browser.ts";
import { type DeskOfOne, startDeskOfOne } from "../support/desk-of-one.ts";
import { setUpDeskPages } from "../support/desk-page.ts";
import { describePages, fits, WIDTHS } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

// What the page promises of a village's horns to who sits at a desk: the box holds an emergency back that nobody gave by hand.

const IN_THE_DARK_AND_LARGE = `localStorage.setItem("display", JSON.stringify({ size: "large", light: "night" }))`;

describePages("a village's horns at a township's desk", () => {
  const openDesk = setUpDeskPages();

  async function start(): Promise<DeskOfOne> {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    const { twoKeySeconds } = USUAL_LIMITS;
    const { village } = desk.box;
    // Held back, as by the box's own desk until a device agrees.
    village.say = async (order) => void village.said.push(order);
    village.update({ horns: { queue: [], groups: [], quiet: [], twoKeySeconds } });
    return desk;
  }

  async function openSpeak(desk: DeskOfOne, width: number, before = "") {
    const { page, complaints } = await openDesk(desk, { viewport: { width, height: 800 }, before });
    await page.locator("a.village").click();
    await page.locator(".back").waitFor();
    await goTo(page, "speak");
    return { page, complaints };
  }

  test.each(WIDTHS)(
    "an emergency waits for the village to agree, and the page says so, %i wide",
    async (width) => {
      const desk = await start();
      const { page, complaints } = await openSpeak(desk, width);
      const speak = page.locator("#speak");
      await speak.locator(".ready").getByText("现在能喊").waitFor();
      await speak.getByRole("button", { name: "应急广播", exact: true }).click();
      await speak.locator(".ready").getByText("村里也报警才响").waitFor();
      await speak.getByText("最多等 2 分钟，等不到就不响。").waitFor();
      expect(await speak.getByText("夜里也响").count()).toBe(0);
      await page.getByLabel("喊什么").fill("水库要垮坝，马上上山");
      await page.getByLabel("什么紧急情况").fill("水库要垮坝");
      await page.getByLabel("我确认情况紧急").check();
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-emergency-${width}`);
      await speak.getByRole("button", { name: "发出应急广播" }).click();
      await until(() => desk.box.village.said.length > 0, { what: "the emergency" });
      await speak.getByText("已送到村里，要村里的传感器、摄像机或按钮也报警才响").waitFor();
      expect(await speak.getByText("已交给喇叭").count()).toBe(0);
      expect(desk.box.village.said[0]).toMatchObject({ priority: "emergency" });
      expect(desk.box.village.said[0]?.isByHand).toBeUndefined();
      await keepPicture(page, `desk-emergency-sent-${width}`);
      expect(complaints).toEqual([]);
    },
  );

  test("are not called ready while the village does not know the hour", async () => {
    const desk = await start();
    const { quietHours } = USUAL_LIMITS;
    desk.box.village.update({ clock: "unsynced", horns: { queue: [], groups: [], quiet: quietHours } });
    const { page } = await openSpeak(desk, 360, IN_THE_DARK_AND_LARGE);
    await page.locator("#speak .ready").getByText("时间没校准，不知道是不是夜里，喊不了").waitFor();
    await keepPicture(page, "desk-no-hour-360");
    await page.getByRole("button", { name: "应急广播", exact: true }).click();
    await page.getByText("要马上响，请打电话让村里人在村里的网页上下。").waitFor();
    await fits(page);
    await keepPicture(page, "desk-emergency-dark-360");
  });
});
