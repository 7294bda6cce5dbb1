import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createLiveView } from "../../src/video/live-view.ts";
import { createLiveDouble, type LiveDouble, TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { fillCrossings, fillPast, raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

const DESK = { viewport: { width: 1366, height: 768 } };
const PHONE = { viewport: { width: 360, height: 740 } };

describePages("the village page", () => {
  let live: LiveDouble;
  let picture: Buffer;
  let kit: Server;
  beforeAll(async () => {
    kit = createServer((_request, answer) => answer.end("<h1>kit</h1>"));
    await new Promise<void>((resolve) => kit.listen(0, "127.0.0.1", resolve));
    picture = takePicture(TEST_PICTURE);
    live = await createLiveDouble(TEST_PICTURE);
  });
  afterAll(() => {
    live?.stop();
    kit?.close();
  });

  const companion = () => {
    const { port } = kit.address() as AddressInfo;
    return { title: "虚拟套件", url: `http://127.0.0.1:${port}/`, banner: "演示" };
  };
  const rig = setUpPages({
    config: () => ({ companion: companion() }),
    async prepare(dependencies) {
      const { village, ledger } = dependencies;
      await fillPast(dependencies);
      village.update({ ledger: { id: ledger.id, head: ledger.head }, companion: companion() });
      village.snapshotOf = async () => picture;
      dependencies.live = createLiveView(
        { mpeg1: dependencies.mpeg1, clock: systemClock, log: silentLogger },
        village.state().cameras.map(({ id }) => ({ id, sub: live })),
      );
    },
  });
  const { shows } = rig;

  /** Waits for a condition in the page; not by `waitForFunction`, whose eval the security policy forbids. */
  const inPage = async (condition: string): Promise<void> => {
    await until(() => rig.page.evaluate<boolean>(condition));
  };

  test("says what is wrong with a log-in, and for how long to wait", async () => {
    await rig.visit(DESK);
    const { page } = rig;
    const tryPassword = async (password: string): Promise<void> => {
      await page.locator("input[name=password]").fill(password);
      await page.locator("button.login__submit").click();
    };
    await tryPassword("no");
    await shows("用户名或密码不对");
    for (let attempt = 0; attempt < 4; attempt++) {
      const answered = page.waitForResponse(/session$/);
      await tryPassword("no");
      await answered;
      await page.locator("button.login__submit:enabled").waitFor();
    }
    await tryPassword("no");
    await page.getByText(/请等 \d 秒再试/).waitFor();
    await page.locator("button.login__submit:enabled").waitFor();
    await tryPassword(PASSWORD);
    await shows("一切正常");
    expect(rig.complaints).toEqual([]);
  });

  test("plays every camera live within the content security policy", async () => {
    await rig.openPage(DESK);
    await rig.goTo("look");
    const { page } = rig;
    await inPage(`(() => {
      const videos = [...document.querySelectorAll("video")];
      return videos.length === 4 && videos.every((video) => video.videoWidth === 480 && video.currentTime > 0);
    })()`);
    await shows("直播");
    const position = (): Promise<number> => page.evaluate(`document.querySelector("video").currentTime`);
    const before = await position();
    await until(async () => (await position()) > before + 1);
    expect(rig.complaints).toEqual([]);
  });

  test("fills the screen with one camera, and keeps a photograph of it", async () => {
    await rig.openPage(DESK);
    await rig.goTo("look");
    const { page } = rig;
    await page.getByRole("button", { name: "放大看东塘" }).click();
    const large = page.getByRole("dialog", { name: "东塘" });
    await large.getByRole("button", { name: "全屏" }).click();
    await inPage("document.fullscreenElement !== null");
    await large.getByRole("button", { name: "退出全屏" }).click();
    await inPage("document.fullscreenElement === null");
    const taken = page.waitForEvent("download");
    await large.getByRole("button", { name: "拍照" }).click();
    expect((await taken).suggestedFilename()).toMatch(/^东塘-\d{4}-\d\d-\d\d-\d\d-\d\d\.jpg$/);
    await page.context().setOffline(true);
    await large.getByRole("button", { name: "拍照" }).click();
    await large.getByRole("alert").getByText("没有拍成：连不上村哨").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("shows who went into the village and out of it today, and enlarges a picture", async () => {
    await fillCrossings(rig.dependencies, picture);
    await rig.openPage(PHONE);
    const { page } = rig;
    await rig.goTo("look");
    await page.locator(".picture__zones polyline").waitFor({ state: "attached" });
    await rig.goTo("playback");
    const panelOfLines = page.locator("section", { has: page.locator("#lines-heading") });
    for (const text of ["今天进 13", "出 11", "→ 进村", "← 出村", "只计数：进 12，出 9", "没有照片"]) {
      await panelOfLines.getByText(text).first().waitFor();
    }
    await panelOfLines.locator("button.lines__picture").first().click();
    await panelOfLines.locator(".lines__picture--large img").waitFor();
    await inPage(`(document.querySelector(".lines__picture--large img")?.naturalWidth ?? 0) > 0`);
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(rig.complaints).toEqual([]);
  });

  test("puts an alarm on top until somebody has seen to it", async () => {
    await rig.openPage(DESK);
    const { page } = rig;
    await raiseAlarm(rig.dependencies, picture);
    const card = page.locator("article.alarm");
    for (const text of [
      "东塘有人靠近",
      "第 13 号",
      "画面变动发现的，可能是动物、风吹或水波",
      "东塘喇叭已喊话",
      "已送达乡镇",
      "危险",
    ]) {
      await card.getByText(text).first().waitFor();
    }
    await shows("有 1 个报警");
    await inPage(`(document.querySelector(".alarm img")?.naturalWidth ?? 0) > 0`);
    expect(await page.title()).toContain("有 1 个报警");

    await card.getByRole("button", { name: "知道了" }).click();
    await card.getByText("admin 已知道").waitFor();
    await card.getByRole("button", { name: "喊话" }).click();
    await card.waitFor({ state: "detached" });
    expect(await page.locator("#speak-text").inputValue()).toBe("塘边的人请马上离开，已通知村干部");
    await rig.openFirstAlarm();
    await card.getByRole("button", { name: "解除" }).click();
    await card.getByRole("button", { name: "真的解除？再点一次" }).click();
    await card.waitFor({ state: "detached" });
    expect(rig.dependencies.village.handled.map(({ what, by }) => [what, by.name])).toEqual([
      ["acknowledged", "admin"],
      ["cleared", "admin"],
    ]);
    expect(rig.complaints).toEqual([]);
  });

  test("shows whom an alarm is about: the marked picture, who found it and how surely, and the plain one", async () => {
    const marked = await rig.dependencies.evidence.put(
      Buffer.concat([picture, Buffer.alloc(1)]),
      "image/jpeg",
    );
    const found = { detector: "nanodet-g", score: 0.534, sureness: 3.6 };
    await raiseAlarm(rig.dependencies, picture, true, { ...found, drawing: marked });
    await rig.openPage(PHONE);
    const { page } = rig;
    const card = page.locator("article.alarm");
    await card.getByText("人形识别发现的，把握很大（53 分）").waitFor();
    const drawn = card.getByAltText("东塘报警时的照片，标出了位置和走过的路线");
    await drawn.waitFor();
    expect(await drawn.getAttribute("src")).toContain(marked);
    await card.getByRole("button", { name: "看原图" }).click();
    const plain = card.getByAltText("东塘报警时的照片", { exact: true });
    await plain.waitFor();
    expect(await plain.getAttribute("src")).not.toContain(marked);
    await inPage(`(document.querySelector(".alarm img")?.naturalWidth ?? 0) > 0`);
    await card.getByRole("button", { name: "看标记" }).click();
    await drawn.waitFor();
    await card.getByRole("button", { name: "放大" }).click();
    await card.locator(".alarm__picture--large").waitFor();
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(rig.complaints).toEqual([]);
  });

  test("asks about who vanished, and calls who is on duty with one tap", async () => {
    const duty = [{ name: "值班员", phone: "100 0001" }];
    rig.dependencies.village.update({ duty, switches: [{ id: "siren", name: "警报器", on: true }] });
    await raiseAlarm(rig.dependencies, picture, true, {
      detector: "nanodet-g",
      score: 0.7,
      question: "gone",
    });
    await rig.openPage(PHONE);
    const { page } = rig;
    const card = page.locator("article.alarm");
    await card.getByText("有人不见了吗？请看一眼。").waitFor();
    const call = card.getByRole("link", { name: "值班：值班员 100 0001" });
    expect(await call.getAttribute("href")).toBe("tel:1000001");
    expect((await call.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await shows("警报器正开着");
    await card.getByRole("button", { name: "知道了" }).click();
    await call.waitFor({ state: "detached" });
    rig.dependencies.village.update({ switches: [{ id: "siren", name: "警报器", on: false }] });
    await page.getByText("警报器正开着").waitFor({ state: "detached" });
    expect(rig.complaints).toEqual([]);
  });

  test("pauses a rule with a reason, counts what it kept back, and arms it again", async () => {
    const { pauses, ledger } = rig.dependencies;
    await rig.openPage(PHONE);
    const { page } = rig;
    await page
      .getByRole("navigation", { name: "去哪里" })
      .getByRole("link", { name: "看", exact: true })
      .click();
    await page.getByRole("button", { name: "撤防 东塘有人靠近" }).click();
    const dialog = page.getByRole("dialog");
    const submit = dialog.getByRole("button", { name: "撤防", exact: true });
    expect(await submit.isDisabled()).toBe(true);
    await dialog.getByRole("button", { name: "有人洗衣" }).click();
    await submit.click();
    const banner = /^东塘有人靠近 已撤防到 (?:\d+月\d+日 )?\d\d:\d\d，还有 1 小时 0 分钟$/;
    await page.getByText(banner).waitFor();
    await shows("admin · 有人洗衣");
    await shows("1 处已撤防");
    pauses.withhold("pond-bank");
    await shows("撤防后有 1 次没有报警");
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await page.getByRole("button", { name: "立即布防" }).click();
    await page.locator("article.pause").waitFor({ state: "detached" });
    expect(pauses.isPaused("pond-bank")).toBe(false);
    const types = (await ledger.read({ after: 0, limit: 1000, class: "state" })).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith("org.cunshao.pause"))).toEqual([
      "org.cunshao.pause.started",
      "org.cunshao.pause.withheld",
      "org.cunshao.pause.ended",
    ]);
    expect(rig.complaints).toEqual([]);
  });

  test("pauses a whole place that several rules watch, and leaves the call for help armed", async () => {
    const { village, pauses } = rig.dependencies;
    const [near] = village.state().rules;
    if (!near) throw new Error("the village has no rules");
    village.update({ rules: [...village.state().rules, { ...near, id: "pond-stay", name: "东塘有人逗留" }] });
    await rig.openPage(1280);
    await rig.goTo("look");
    const { page } = rig;
    await page.getByRole("button", { name: "撤防 东塘 塘埂" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "有人钓鱼" }).click();
    await dialog.getByRole("button", { name: "撤防", exact: true }).click();
    await page.getByText(/^东塘 塘埂 已撤防到 (?:\d+月\d+日 )?\d\d:\d\d，还有 1 小时 0 分钟$/).waitFor();
    // Of many the first is told whole, and how many more there are.
    await page.getByRole("button", { name: "撤防 东塘水位过高" }).click();
    await dialog.getByRole("button", { name: "施工" }).click();
    await dialog.getByRole("button", { name: "撤防", exact: true }).click();
    const more = page.getByRole("button", { name: "还有 1 处也撤防了" });
    await more.waitFor();
    expect(await page.locator("article.pause").count()).toBe(1);
    pauses.withhold("pond-high");
    await page
      .locator("article.pause", { hasText: "撤防后有 1 次没有报警" })
      .getByText("东塘水位过高")
      .waitFor();
    await more.click();
    await page.locator("article.pause").nth(1).waitFor();
    await page.locator(".pauses").getByRole("button", { name: "收起" }).click();
    await page.locator("article.pause").nth(1).waitFor({ state: "detached" });
    await page
      .locator(".rules__state--paused", { hasText: /^已撤防到 (?:\d+月\d+日 )?\d\d:\d\d，admin$/ })
      .first()
      .waitFor();
    await rig.keep("paused-place");
    expect(pauses.list()[0]).toMatchObject({ camera: "pond-east", zone: "bank", reason: "有人钓鱼" });
    expect(pauses.list()[0]?.rules).not.toContain("sos");
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(rig.complaints).toEqual([]);
  });

  test("speaks through the chosen horns, shows who speaks, and stops", async () => {
    await rig.openPage(DESK);
    const { page } = rig;
    await rig.goTo("speak");
    await page.locator("button.chip", { hasText: "村部喇叭" }).click();
    await page.locator("button.preset", { hasText: "请把孩子带离水边" }).click();
    await page.locator("button.speak__submit").click();
    await shows("已交给喇叭");
    const [order] = rig.dependencies.village.said;
    expect(order).toMatchObject({
      content: { kind: "text", text: "请把孩子带离水边。" },
      speakers: ["pond", "weir-horn"],
      repeat: 2,
      volume: 70,
      priority: "local",
    });
    await shows("东塘喇叭、水坝喇叭正在喊");
    await page.locator("#speak-text").fill("还没写完");
    await page.getByRole("button", { name: "停止" }).click();
    await page.locator(".sounding").waitFor({ state: "detached" });
    expect(rig.dependencies.village.silenced).toEqual([order?.id]);
    expect(rig.dependencies.village.said).toHaveLength(1);
    expect(rig.complaints).toEqual([]);
  });

  test("says so when the box is gone, greys what it knew, and recovers", async () => {
    await rig.openPage(DESK);
    const { page } = rig;
    await shows("一切正常");
    await rig.goAway();
    await shows("连不上村哨，正在重连");
    await page.locator("main.stale").waitFor();
    await rig.comeBack();
    await page.locator("main:not(.stale)").waitFor();
    await page.getByText("连不上村哨").waitFor({ state: "detached" });
  });

  test("asks to log in again when the log-in ended, and keeps what was typed", async () => {
    await rig.openPage(DESK);
    const { page } = rig;
    await rig.goTo("speak");
    await page.locator("#speak-text").fill("半句话");
    await page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    await shows("登录已过期");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.locator("button.login__submit").click();
    await shows("一切正常");
    expect(await page.locator("#speak-text").inputValue()).toBe("半句话");
    expect(rig.complaints).toEqual([]);
  });

  test("lists events in plain words with their delivery, and more on demand", async () => {
    for (let index = 0; index < 60; index++) {
      await rig.dependencies.ledger.append({ type: "org.cunshao.evidence.added", class: "state", data: {} });
    }
    const { ledger, village } = rig.dependencies;
    village.update({ ledger: { id: ledger.id, head: ledger.head } });
    await rig.openPage(DESK);
    const { page } = rig;
    await rig.goTo("alarms");
    await shows("存下了现场照片");
    expect(await page.locator("li.event").count()).toBeLessThan(60);
    await page.getByRole("button", { name: "看更早的" }).click();
    await shows("水坝摄像机看不见了（网络不通）");
    const oldest = page.locator("li.event").last();
    expect(await oldest.textContent()).toMatch(/村哨启动.*1 号.*已送达/);
    expect(rig.complaints).toEqual([]);
  });

  test("shows the companion beside it, under its banner", async () => {
    await rig.openPage(DESK);
    const { page } = rig;
    await shows("演示");
    await page.frameLocator("iframe").getByText("kit").waitFor();
    await page.getByRole("button", { name: "收起虚拟套件" }).first().click();
    await page.locator("iframe").waitFor({ state: "detached" });
    expect(rig.complaints).toEqual([]);
  });

  test("fits a phone of 360 pixels, with targets large enough for a thumb", async () => {
    await rig.openPage(PHONE);
    const { page } = rig;
    await raiseAlarm(rig.dependencies, picture);
    await page.locator("article.alarm").waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    const heights = await page
      .locator("main button:visible")
      .evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect().height));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(40);
    expect(rig.complaints).toEqual([]);
  });
});
