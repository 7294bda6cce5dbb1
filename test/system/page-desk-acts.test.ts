import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { GatewayError } from "../../src/core/errors.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { keepPicture, logInOn } from "../support/browser.ts";
import { type DeskOfOne, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { setUpDeskPages } from "../support/desk-page.ts";
import { describePages, fits, WIDTHS } from "../support/page-rig.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

// What people at a desk do with alarms, as the page tells of it: what waits, what was not done, what failed.

describePages("what was done with an alarm at a township's desk", () => {
  const openDesk = setUpDeskPages();
  const rowOf = (page: Page) => page.locator("#alarm-test-a1");
  const button = (page: Page, name: string) => rowOf(page).getByRole("button", { name, exact: true });
  const says = (page: Page, words: string) => rowOf(page).getByText(words).waitFor();
  const over = { type: "org.cunshao.alarm.cleared", class: "alarm", subject: "a1", data: {} } as const;
  const refuse = (code: string) => async () => {
    throw new GatewayError("not done", { code, kind: "permanent" });
  };

  async function start(): Promise<DeskOfOne> {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    await desk.alarm();
    return desk;
  }
  async function goAway(desk: DeskOfOne): Promise<void> {
    await desk.cut();
    await desk.boxWith({ status: "away" });
  }

  test.each(WIDTHS)(
    "waits for a village that is away, is said to, and can be taken back, %i wide",
    async (width) => {
      const desk = await start();
      await goAway(desk);
      const { page, complaints } = await openDesk(desk, width);
      expect(await rowOf(page).getByRole("link", { name: "看现场" }).count()).toBe(0);
      await button(page, "我来处理").click();
      await says(page, "admin 已处理，等村里联系上再告诉它");
      await button(page, "写交接").click();
      await rowOf(page).locator("textarea").fill("已经派人去看");
      await button(page, "写上").click();
      await says(page, "admin：已经派人去看（等村里联系上再告诉它）");
      await button(page, "解除").click();
      await says(page, "admin 已解除，等村里联系上再告诉它");
      expect(await button(page, "解除").count()).toBe(0);
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-kept-clear-${width}`);
      await button(page, "撤回“解除”").click();
      await says(page, "admin 已处理，等村里联系上再告诉它");
      await button(page, "解除").waitFor();
      await button(page, "撤回这条交接").click();
      await rowOf(page).getByText("已经派人去看").waitFor({ state: "detached" });
      await button(page, "解除").click();
      await says(page, "admin 已解除，等村里联系上再告诉它");
      await desk.mend();
      await rowOf(page).waitFor({ state: "hidden", timeout: 30_000 });
      expect(desk.box.village.handled.map(({ what }) => what)).toEqual(["acknowledged", "cleared"]);
      expect(complaints).toEqual([]);
    },
  );

  test.each(WIDTHS)(
    "and that the village did not do later stands there, why, until somebody has read it, %i wide",
    async (width) => {
      const desk = await start();
      await goAway(desk);
      const { page, complaints } = await openDesk(desk, width);
      await button(page, "我来处理").click();
      await button(page, "写交接").click();
      await rowOf(page).locator("textarea").fill("派出所已出发");
      await button(page, "写上").click();
      await says(page, "admin：派出所已出发（等村里联系上再告诉它）");
      // Meanwhile it ends by itself.
      const { village, ledger } = desk.box;
      await ledger.append(over);
      Object.assign(village, { acknowledge: refuse("alarm.cleared"), note: refuse("alarm.too_many_notes") });
      await desk.mend();
      await says(page, "admin 的交接“派出所已出发”，村里没有写上：这个报警的交接已经写满了");
      await says(page, "admin 管过，已解除");
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-refused-${width}`);
      await page.reload();
      await button(page, "知道了").click();
      await page.getByText("已经结束的 1 个").click();
      await says(page, "admin 管过，已解除");
      expect(await rowOf(page).getByText("派出所已出发").count()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  test("leaves a keyboard at the alarm, whatever button goes away under it", async () => {
    const desk = await start();
    await goAway(desk);
    const { page } = await openDesk(desk, 1366);
    const press = async (name: string): Promise<void> => {
      await button(page, name).focus();
      await page.keyboard.press("Enter");
      await button(page, name).waitFor({ state: "detached" });
      await page.locator("#alarm-test-a1:focus").waitFor();
    };
    await press("我来处理");
    await button(page, "写交接").click();
    await rowOf(page).locator("textarea").fill("已经派人去看");
    await press("写上");
    await press("撤回这条交接");
    await press("解除");
  });

  test("says at the alarm itself, and at no other, why it could not be done", async () => {
    const desk = await start();
    await raise(desk.box, "a2");
    await desk.alarm("a2");
    desk.box.village.acknowledge = refuse("alarm.unknown");
    const { page } = await openDesk(desk, 360);
    await button(page, "我来处理").click();
    await rowOf(page).getByRole("alert").getByText("没有成功：没有这个报警").waitFor();
    expect(await page.getByRole("alert").count()).toBe(1);
    await keepPicture(page, "desk-failed");
  });

  const field = (page: Page) => rowOf(page).locator("textarea");
  async function logInAs(page: Page, username: string): Promise<void> {
    await page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    await page.getByText("登录已过期").filter({ visible: true }).first().waitFor();
    await logInOn(page, PASSWORD, username, ".desk__main");
  }

  test.each(WIDTHS)("stays as it is being written, while its alarm ends, %i wide", async (width) => {
    const desk = await start();
    await raise(desk.box, "a2");
    await desk.alarm("a2");
    // Below the other one while that waits, above it once that has ended.
    expect((await desk.ask("POST", "/boxes/test/alarms/a2/acknowledge", {})).status).toBe(200);
    const { page, complaints } = await openDesk(desk, width);
    await button(page, "写交接").click();
    await field(page).pressSequentially("已经派人");
    const before = await rowOf(page).boundingBox();
    await desk.box.ledger.append(over);
    await says(page, "已解除");
    await page.keyboard.type("去看");
    expect(await field(page).inputValue()).toBe("已经派人去看");
    expect((await rowOf(page).boundingBox())?.y).toBe(before?.y);
    await fits(page);
    await keepPicture(page, `desk-note-ended-${width}`);

    await logInAs(page, "admin");
    expect(await field(page).inputValue()).toBe("已经派人去看");
    await button(page, "写上").click();
    await rowOf(page).waitFor({ state: "hidden" });
    const { alarms } = desk.box.village.state();
    expect(alarms.find(({ id }) => id === "a1")?.notes).toMatchObject([{ text: "已经派人去看" }]);
    expect(complaints).toEqual([]);
  });

  test("that is written on while it is on its way to the village is not lost", async () => {
    const desk = await start();
    const { village } = desk.box;
    const noted = village.note.bind(village);
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    village.note = async (...note) => {
      await held;
      return noted(...note);
    };
    const { page, complaints } = await openDesk(desk, 360);
    await button(page, "写交接").click();
    await field(page).fill("已经派人去看");
    await button(page, "写上").click();
    await field(page).fill("已经派人去看，带了救生圈");
    answer();
    await button(page, "写上").click();
    await field(page).waitFor({ state: "detached" });
    const notes = village
      .state()
      .alarms.find(({ id }) => id === "a1")
      ?.notes?.map(({ text }) => text);
    expect(notes).toEqual(["已经派人去看", "已经派人去看，带了救生圈"]);
    expect(complaints).toEqual([]);
  });

  test("is not there for who logs in next, nor is why something failed", async () => {
    const desk = await start();
    await desk.ask("POST", "/accounts", { username: "王芳", password: PASSWORD, role: "operator" });
    desk.box.village.acknowledge = refuse("alarm.unknown");
    const { page } = await openDesk(desk, 360);
    await button(page, "写交接").click();
    await field(page).fill("已经派人去看");
    await button(page, "我来处理").click();
    await rowOf(page).getByRole("alert").waitFor();
    await logInAs(page, "王芳");
    await button(page, "写交接").click();
    expect(await field(page).inputValue()).toBe("");
    expect(await rowOf(page).getByRole("alert").count()).toBe(0);
  });

  test("is called a false alarm where the village has marked it as one", async () => {
    const desk = await start();
    const by = { kind: "person", name: "李四" };
    await desk.box.ledger.append({ ...over, data: { by } });
    await desk.box.ledger.append({ ...over, type: "org.cunshao.alarm.false", data: { by } });
    const { page } = await openDesk(desk, 360);
    await page.getByText("已经结束的 1 个").click();
    await says(page, "误报（李四）");
  });

  test("is read in the dark and in large letters", async () => {
    const desk = await start();
    await goAway(desk);
    const { page } = await openDesk(desk, {
      ...{ viewport: { width: 360, height: 800 }, colorScheme: "dark" },
      before: `localStorage.setItem("display", JSON.stringify({ size: "large", light: "night" }))`,
    });
    await button(page, "我来处理").click();
    await button(page, "解除").click();
    await says(page, "admin 已解除，等村里联系上再告诉它");
    await fits(page);
    expect(await axeFindings(page)).toEqual([]);
    await keepPicture(page, "desk-kept-clear-dark");
    await until(async () => (await desk.state()).boxes[0]?.keptActs === 2);
  });
});
