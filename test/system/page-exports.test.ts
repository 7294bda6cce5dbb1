import { expect, test } from "vitest";
import type { ExportState } from "../../src/core/footage.ts";
import { systemClock } from "../../src/core/time.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { keepPicture } from "../support/browser.ts";
import { createFootageRig } from "../support/footage-double.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { REASON, replaySteps } from "../support/replay-steps.ts";

describePages("recordings to take along", () => {
  let footage: Awaited<ReturnType<typeof createFootageRig>>;
  const rig = setUpPages({
    place: "look",
    async prepare(dependencies) {
      footage = await createFootageRig(systemClock);
      footage.segments.record({
        startMs: systemClock.now().wallMs - 1_800_000,
        seconds: 120,
        size: "640x360",
      });
      dependencies.footage = footage;
    },
  });
  const { button } = rig;
  const { large, openReplay, play } = replaySteps(rig);

  const exported = () => large().getByRole("region", { name: "导出录像" });
  const download = () => exported().getByRole("link", { name: "下载" });

  test.each(WIDTHS)("an export is there whatever the page did meanwhile, %i wide", async (width) => {
    await play({ viewport: { width, height: 800 }, colorScheme: "dark" });
    await button("导出", exported()).click();
    await button("关闭", large()).click();

    await openReplay();
    await download().waitFor();
    await button("昨天", large()).click();
    await download().waitFor();

    await rig.page.reload();
    await openReplay();
    await download().waitFor();
    // Nobody has said why, and nothing plays: nothing can be ordered.
    expect(await button("导出", exported()).count()).toBe(0);
    await keepPicture(rig.page, `export-waits-${width}`, "screen");
    const loading = rig.page.waitForEvent("download");
    await download().click();
    expect((await loading).suggestedFilename()).toMatch(/^pond-east-.*package\.zip$/);
    expect(await rig.page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(rig.complaints).toEqual([]);
  });

  test.each([
    { width: 360, size: "large" },
    { width: 360, size: "usual" },
    { width: 1366, size: "usual" },
  ])("exports say how far they are, whose, and why they failed, %o", async ({ width, size }) => {
    // With its date, which in large letters takes two lines.
    const startMs = systemClock.now().wallMs - 172_800_000;
    const order = { camera: "pond-east", fromMs: startMs, toMs: startMs + 60_000, reason: REASON };
    const more = {
      by: { name: "admin", role: "administrator" },
      progress: 0,
      orderedAtMs: startMs,
      videos: [],
    };
    const one = { ...order, ...more, id: "one", status: "waiting" } as const;
    let list: readonly ExportState[] = [
      { ...one, id: "two", by: { name: "liu@zhuting", role: "township" } },
      { ...one, progress: 0.419, status: "running" },
      {
        ...one,
        id: "three",
        by: { name: "wang", role: "operator" },
        status: "failed",
        failure: "export.disk_full",
      },
      { ...one, id: "four", status: "cancelled" },
      { ...one, id: "five", camera: "road", status: "done" },
    ];
    footage.exports.list = () => list;
    const display = JSON.stringify(JSON.stringify({ light: "day", size }));
    const viewport = { width, height: 800 };
    await rig.openPage({ viewport, before: `localStorage.setItem("display", ${display})` });
    await openReplay();
    const rows = exported().getByRole("listitem");
    await rows.nth(2).waitFor();
    await exported().scrollIntoViewIfNeeded();
    await keepPicture(rig.page, `exports-${width}-${size}`, "screen");
    expect(await axeFindings(rig.page)).toEqual([]);
    const told = await rows.allInnerTexts();
    expect(told.map((text) => text.replace(/^.*到 .*?\d\d:\d\d\s*/, "").replace(/\s+/g, " "))).toEqual([
      "乡镇 liu 要的 排队等导出 取消",
      "正在导出 41% 取消",
      "wang 要的 没有导出：存储空间不够，请选短一些",
    ]);
    await rig.fitsThePage(exported());
    const { height } = (await rows.nth(1).boundingBox()) ?? {};
    list = [{ ...one, status: "done" }];
    await download().waitFor();
    expect(await rows.count()).toBe(1);
    // Nothing jumps away under a finger when it is ready.
    expect((await rows.first().boundingBox())?.height).toBe(height);
  });

  async function ordered(): Promise<number> {
    const audit = await rig.dependencies.ledger.read({ after: 0, limit: 100, class: "audit" });
    return audit.filter(({ type }) => type === "org.cunshao.export.ordered").length;
  }

  test("an order whose answer was lost on the way is there, and is no failure", async () => {
    await play(360);
    await rig.page.route("**/api/v1/exports", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await route.fetch();
      await route.abort();
    });
    await button("导出", exported()).click();
    await download().waitFor();
    expect(await exported().getByRole("alert").count()).toBe(0);
    expect([await ordered(), footage.exports.list().length]).toEqual([1, 1]);
  });

  test("an order that is answered after whoever gave it has gone is looked for by nobody", async () => {
    await play(360);
    const { page } = rig;
    let cut = (): void => undefined;
    const isCut = new Promise<void>((resolve) => {
      cut = resolve;
    });
    let looks = 0;
    await page.route("**/api/v1/exports*", async (route) => {
      if (route.request().method() === "POST") await isCut;
      else looks++;
      await route.abort();
    });
    await page.clock.install();
    await button("导出", exported()).click();
    await button("关闭", large()).click();
    const before = looks;
    const isOver = page.waitForEvent("requestfailed", (request) => request.method() === "POST");
    cut();
    await isOver;
    await page.clock.runFor(60_000);
    expect(looks).toBe(before);
  });

  test.each(WIDTHS)(
    "an order that may have been taken is said to, and is none twice, %i wide",
    async (width) => {
      await play(width);
      await button("暂停", large()).click();
      const { page } = rig;
      let isCut = true;
      await page.route("**/api/v1/exports", async (route) => {
        if (!isCut) return route.continue();
        if (route.request().method() === "POST") await route.fetch();
        await route.abort();
      });
      await button("导出", exported()).click();
      const unsure = exported().getByRole("alert").filter({ hasText: "不知道主机收到没有" });
      await unsure.waitFor();
      await unsure.scrollIntoViewIfNeeded();
      await keepPicture(page, `export-unsure-${width}`, "screen");
      expect(await axeFindings(page)).toEqual([]);
      isCut = false;
      await button("导出", exported()).click();
      await download().waitFor();
      expect(await exported().getByRole("alert").count()).toBe(0);
      expect([await ordered(), footage.exports.list().length]).toEqual([1, 1]);
      expect(rig.complaints).toEqual([]);
    },
  );
});
