import { expect, test } from "vitest";
import type { Rule } from "../../src/core/site.ts";
import type { ReadingStore } from "../../src/core/stores.ts";
import type { Clock } from "../../src/core/time.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { ago } from "../support/sample-village.ts";

/** A day's rain: 36 mm within an hour ten hours ago, a drizzle, and a gauge that was out of reach and began again at 0. */
function rainOfTheDay(clock: Clock, readings: ReadingStore): void {
  const hourMs = 3_600_000;
  const cloudburstMs = Math.floor(clock.now().wallMs / hourMs) * hourMs - 10 * hourMs;
  let tenths = 6_000;
  for (let minutes = 1_400; minutes >= 0; minutes -= 5) {
    const at = ago(clock, minutes);
    const sinceMs = Date.parse(at) - cloudburstMs;
    if (minutes === 180) tenths = 0;
    const isLost = minutes > 180 && minutes <= 240;
    if (sinceMs >= 0 && sinceMs < hourMs) tenths += 30;
    else if (minutes % 15 === 0 && minutes < 170) tenths += 4;
    const value = isLost ? null : tenths / 10;
    readings.add({ sensor: "rain", at, value, quality: isLost ? "lost" : "good" });
  }
}

const RAINED = { 1: 1.6, 3: 4.8, 6: 4.8, 12: 40.8, 24: 40.8 };

describePages("the water on the page", () => {
  const rig = setUpPages({
    place: "look",
    prepare({ clock, readings, village }) {
      for (let minutes = 1_400; minutes >= 0; minutes -= 5) {
        // From four to three hours ago it did not answer.
        const isLost = minutes > 180 && minutes <= 240;
        const value = isLost ? null : 2.4 + Math.sin(minutes / 200);
        const quality = isLost ? "lost" : "good";
        readings.add({ sensor: "pond-level", at: ago(clock, minutes), value, quality });
      }
      rainOfTheDay(clock, readings);
      const [pond] = village.state().rules;
      if (!pond) throw new Error("The sample village has rules");
      const when: Rule["when"] = {
        ...{ kind: "level", sensor: "rain", above: 30, clearBelow: 20, holdSeconds: 0 },
        overHours: 1,
      };
      const heavyRain = { ...pond, id: "heavy-rain", name: "一小时雨太大", when };
      const reservoir = {
        id: "reservoir",
        name: "水库水位",
        unit: "m",
        value: null,
        quality: "lost",
      } as const;
      const { rules, sensors } = village.state();
      const rained = sensors.map((one) => (one.id === "rain" ? { ...one, sums: RAINED } : one));
      village.update({ rules: [...rules, heavyRain], sensors: [...rained, reservoir] });
    },
  });
  const { button, shows } = rig;

  test.each(WIDTHS)(
    "a sensor shows its curve, the levels that alarm and when it did not answer, %i wide",
    async (width) => {
      await rig.openPage(width);
      const { page } = rig;
      const loaded: string[] = [];
      page.on("request", (request) => loaded.push(request.url()));
      await button("看曲线：东塘水位").click();
      const sheet = page.getByRole("dialog", { name: "东塘水位的曲线" });
      await sheet.locator("canvas").waitFor();
      expect(loaded.some((url) => /assets\/CurveSheet/.test(url))).toBe(true);
      await sheet.getByText("东塘水位过高").waitFor();
      await sheet.getByText("超过 3.20 m 报警").waitFor();
      await sheet.getByText("传感器没有回答").waitFor();
      await sheet.getByText(/^3\.\d\d m · /).waitFor();
      await rig.keep(`curve-${width}`);
      await rig.fitsThePage(sheet);
      for (const span of ["7天", "汛期"]) {
        await button(span, sheet).click();
        await sheet.locator(`button[aria-pressed=true]`, { hasText: span }).waitFor();
      }
      await rig.keep(`curve-season-${width}`);
      await sheet.getByRole("button", { name: "关闭" }).click();
      await sheet.waitFor({ state: "detached" });
      expect(rig.complaints).toEqual([]);
    },
  );

  test.each(WIDTHS)("a gauge shows how much it rained, %i wide", async (width) => {
    await rig.openPage(width);
    const { page } = rig;
    const card = page.locator("article", { hasText: "雨量" });
    await card.getByText("近 24 小时 40.8 毫米，大雨").waitFor();
    await card.getByText("近 1 小时", { exact: true }).waitFor();
    await card.getByText("最大一小时 36.0 毫米").waitFor();
    await card.scrollIntoViewIfNeeded();
    await rig.keep(`rain-card-${width}`);
    await button("看下了多少：雨量").click();
    const sheet = page.getByRole("dialog", { name: "雨量：下了多少雨" });
    await sheet.locator("canvas").waitFor();
    const fact = (name: string) =>
      sheet
        .locator("dl > div")
        .filter({ has: page.getByText(name, { exact: true }) })
        .locator("dd")
        .textContent();
    expect(await fact("近 1 小时")).toBe("1.6 毫米");
    expect(await fact("近 24 小时")).toBe("40.8 毫米 · 大雨");
    expect(await fact("一小时雨太大")).toBe("近 1 小时超过 30 毫米报警");
    expect(await fact("下得最大的一小时")).toMatch(/^36\.0 毫米 · /);
    await sheet.getByText("传感器没有回答").waitFor();
    await rig.keep(`rain-${width}`);
    await rig.fitsThePage(sheet);
    for (const span of ["7天", "汛期"]) {
      await button(span, sheet).click();
      await sheet.locator(`button[aria-pressed=true]`, { hasText: span }).waitFor();
      await rig.keep(`rain-${span === "7天" ? "week" : "season"}-${width}`);
    }
    expect(rig.complaints).toEqual([]);
  });

  test("a gauge says of what it could not ask that it could not, asks again, and goes on by itself", async () => {
    await rig.openPage({
      viewport: { width: 360, height: 800 },
      before: `localStorage.setItem("display", JSON.stringify({ size: "large", light: "night" }))`,
    });
    const { page } = rig;
    const isSum = (url: URL) => url.pathname.endsWith("/rain/curve") && url.searchParams.get("parts") === "2";
    let isCut = true;
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route(isSum, async (route) => {
      if (!isCut) return route.continue();
      await held;
      return route.abort();
    });
    await page.clock.install();
    await button("看下了多少：雨量").click();
    const sheet = page.getByRole("dialog", { name: "雨量：下了多少雨" });
    const fact = (name: string) =>
      sheet
        .locator("dl > div")
        .filter({ has: page.getByText(name, { exact: true }) })
        .locator("dd");
    await fact("今天").getByText("正在查…").waitFor();
    expect(await sheet.getByText("没有记录", { exact: true }).count()).toBe(0);
    answer();
    await fact("今天").getByText("查不到").waitFor();
    await fact("汛期（4月到9月）").getByText("查不到").waitFor();
    await rig.keep("rain-failed-360");
    await rig.fitsThePage(sheet);
    isCut = false;
    await button("再查一次：今天", sheet).press("Enter");
    await fact("今天")
      .getByText(/^\d+\.\d 毫米$/)
      .waitFor();
    // A keyboard goes on where the button was.
    await sheet.locator(":focus").waitFor();
    const first = await fact("今天").textContent();
    const { clock, readings } = rig.dependencies;
    readings.add({ sensor: "rain", at: ago(clock, 0), value: 50, quality: "good" });
    await page.clock.fastForward(180_000);
    await fact("今天")
      .getByText(first ?? "", { exact: true })
      .waitFor({ state: "detached" });
    await fact("今天")
      .getByText(/^\d+\.\d 毫米$/)
      .waitFor();
    await fact("汛期（4月到9月）").getByText("查不到").waitFor({ state: "detached" });
  });

  test("a gauge above its limit is an alarm in words, at home and on the map's list too", async () => {
    await rig.openPage(360);
    const { village } = rig.dependencies;
    const sums = { 1: 41.4, 3: 60, 6: 60, 12: 60, 24: 60 };
    const sensors = village.state().sensors.map((one) => (one.id === "rain" ? { ...one, sums } : one));
    village.update({ sensors });
    await shows("近 1 小时超过 30 毫米");
    await rig.goTo("home");
    await shows("近 1 小时 41.4 毫米");
    await rig.keep("rain-home-360");
    expect(rig.complaints).toEqual([]);
  });

  test.each(WIDTHS)(
    "a gauge says why nothing is drawn while the time is not known, %i wide",
    async (width) => {
      await rig.openPage(width);
      const { page } = rig;
      const { village } = rig.dependencies;
      village.update({ clock: "unsynced" });
      const card = page.locator("article", { hasText: "雨量" });
      await card.getByText("时间没校准，开机前下的雨没算").waitFor();
      await card.getByText("雨量照样数、照样报警").waitFor();
      await card.scrollIntoViewIfNeeded();
      await rig.keep(`rain-undated-card-${width}`);
      await button("看下了多少：雨量").click();
      const sheet = page.getByRole("dialog", { name: "雨量：下了多少雨" });
      await sheet.getByText("图要等校准以后才画").waitFor();
      await rig.keep(`rain-undated-${width}`);
      await rig.fitsThePage(sheet);
      expect(rig.complaints).toEqual([]);
    },
  );

  test("a gauge that does not answer says so in words, and no sum of before", async () => {
    await rig.openPage(360);
    const { village } = rig.dependencies;
    const sensors = village
      .state()
      .sensors.map((one) =>
        one.id === "rain" ? { ...one, value: null, quality: "lost" as const, sums: undefined } : one,
      );
    village.update({ sensors });
    const card = rig.page.locator("article", { hasText: "雨量" });
    await card.getByText("读不到", { exact: true }).waitFor();
    await card.getByText("—").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("a sensor that never said anything is told to be so", async () => {
    await rig.openPage(360);
    await button("看曲线：水库水位").click();
    await shows("这段时间没有读数。");
    await shows("没有去读（停电、重启或还没有装）");
  });
});
