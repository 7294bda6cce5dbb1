import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Point } from "../../src/core/geometry.ts";
import { cellsOf } from "../../src/core/movement-cells.ts";
import { systemClock } from "../../src/core/time.ts";
import { createPanel } from "../../src/panel/panel.ts";
import { lastEvening, wallDay, wallTime } from "../../src/panel/web/words/village-time.ts";
import {
  CHROMIUM,
  CHROMIUM_ARGUMENTS,
  goTo,
  keepPicture,
  logInOn,
  putAlarmOff,
  untilPlayed,
} from "../support/browser.ts";
import { createFootageRig } from "../support/footage-double.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { BUILT_PAGE } from "../support/project.ts";
import { filmFile } from "../support/recordings-double.ts";
import { raiseAlarm, sampleState, tellMarks } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { ADMIN, makeDependencies, PASSWORD, PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const missing = [
  ...(existsSync(CHROMIUM) ? [] : [CHROMIUM]),
  ...(spawnSync("ffmpeg", ["-version"]).status === 0 ? [] : ["ffmpeg"]),
];
const ZONE = "Asia/Shanghai";

describe.skipIf(missing.length > 0)(
  `playback on the page${missing.map((what) => ` (needs ${what})`)}`,
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
    });
    afterAll(() => browser?.close());

    /** The page with half an hour of recordings and a night of movement before the camera `pond-east`. */
    async function openPage(viewport: { width: number; height: number }, username = "admin") {
      const footage = await createFootageRig(systemClock);
      const dependencies = { ...makeDependencies(systemClock, { webFolder: BUILT_PAGE }), footage };
      const { accounts, village, ledger, movement } = dependencies;
      await accounts.save(ADMIN);
      await accounts.save({ username: "viewer", passwordHash: PASSWORD_HASH, role: "viewer" });
      village.update({ ...sampleState(dependencies), ledger: { id: ledger.id, head: ledger.head } });
      const picture = takePicture(TEST_PICTURE);
      village.snapshotOf = async () => picture;
      const panel = createPanel(dependencies);
      await panel.start();
      onTestFinished(() => panel.stop());
      const nowMs = systemClock.now().wallMs;
      const startMs = nowMs - 1_800_000;
      for (const after of [0, 60_000, 600_000]) {
        footage.segments.record({ startMs: startMs + after, seconds: 60, size: "640x360" });
      }
      const yesterday = { startMs: lastEvening(nowMs, ZONE) + 3_600_000, seconds: 60, size: "640x360" };
      footage.segments.record(yesterday);
      const move = (fromMs: number, seconds: number, zones: readonly string[], corner: Point): void => {
        const cells = cellsOf([corner, [corner[0] + 0.05, corner[1]], [corner[0], corner[1] + 0.05]]);
        const span = { fromMs, toMs: fromMs + seconds * 1000, clock: "synced" as const };
        movement.add({ camera: "pond-east", ...span, zones, cells });
      };
      move(yesterday.startMs + 10_000, 12, ["bank"], [0.5, 0.7]);
      move(yesterday.startMs + 23_000, 7, ["bank"], [0.6, 0.7]);
      move(yesterday.startMs + 1_200_000, 3, [], [0.1, 0.1]);
      move(startMs + 605_000, 4, ["bank"], [0.5, 0.7]);
      const context = await browser.newContext({ viewport, locale: "zh-CN", hasTouch: viewport.width < 700 });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(panel.url() ?? "");
      await logInOn(page, PASSWORD, username);
      await goTo(page, "look");
      await page.getByRole("button", { name: "放大看东塘" }).waitFor();
      const audit = async () =>
        (await ledger.read({ after: 0, limit: 100, class: "audit" })).map(({ type, subject, data }) => ({
          type: type.replace("org.cunshao.", ""),
          subject,
          reason: data["reason"],
        }));
      return { page, dependencies, audit, complaints };
    }

    async function openLarge(viewport: { width: number; height: number }) {
      const { page, dependencies } = await openPage(viewport);
      await page.getByRole("button", { name: "放大看东塘" }).click();
      return { page, ledger: dependencies.ledger };
    }

    const picture = (page: Page, name: string) => keepPicture(page, name, "screen");

    test.each([
      ["desk", { width: 1366, height: 768 }],
      ["phone", { width: 390, height: 844 }],
    ])("asks for the reason once, plays, jumps and exports at the size of a %s", async (name, viewport) => {
      const { page, ledger } = await openLarge(viewport);
      await page.getByRole("button", { name: "回放" }).click();
      await page.getByLabel("为什么要看").fill("找走失的孩子");
      await picture(page, `${name}-reason`);
      await page.getByRole("button", { name: "看录像" }).click();
      await untilPlayed(page);
      await page.getByText("有动静", { exact: true }).waitFor();
      await picture(page, `${name}-playing`);

      const bar = page.getByRole("slider", { name: "录像的时间" });
      const before = Number(await bar.getAttribute("aria-valuenow"));
      const box = await bar.boundingBox();
      await bar.click({ position: { x: (box?.width ?? 0) * 0.67, y: 10 } });
      await until(async () => Number(await bar.getAttribute("aria-valuenow")) > before + 300_000);

      await page.getByRole("button", { name: "导出", exact: true }).click();
      const link = page.getByRole("link", { name: "下载" });
      await link.waitFor({ timeout: 60_000 });
      await picture(page, `${name}-exported`);
      const download = page.waitForEvent("download");
      await link.click();
      expect((await download).suggestedFilename()).toMatch(/^pond-east-.*package\.zip$/);

      const audit = await ledger.read({ after: 0, limit: 100, class: "audit" });
      const types = audit.map(({ type }) => type.replace("org.cunshao.", ""));
      expect(types.filter((type) => type === "recording.viewed")).toHaveLength(1);
      expect(types).toContain("export.ordered");
      expect(types).toContain("export.fetched");
    });

    test.each([
      ["desk", { width: 1280, height: 800 }],
      ["phone", { width: 360, height: 740 }],
    ])("finds who crossed a place last night, and plays it, at the size of a %s", async (name, viewport) => {
      const { page, audit, complaints } = await openPage(viewport);
      await page.getByRole("button", { name: "查找谁来过" }).click();
      const search = page.getByRole("dialog", { name: "查找谁来过" });
      const submit = search.getByRole("button", { name: "查找", exact: true });
      await picture(page, `${name}-search`);
      expect(await submit.isDisabled()).toBe(true);
      await search.getByRole("button", { name: "找走失的人" }).click();
      await submit.click();
      const passages = search.locator("li button");
      await search.getByText("有 3 次动静").waitFor();
      expect(await passages.count()).toBe(3);
      await until(async () => (await search.locator(".still--there").count()) >= 1, {
        timeoutMs: 30_000,
        what: "a small picture",
      });
      await picture(page, `${name}-found`);

      // A zone, a frame of two taps, a frame that is drawn: where nothing was, the page says so.
      await search.getByRole("button", { name: "塘埂" }).click();
      await submit.click();
      await search.getByText("有 2 次动静").waitFor();
      const stage = search.locator(".place__stage");
      const { width, height } = (await stage.boundingBox()) ?? { width: 0, height: 0 };
      const spot = (x: number, y: number) => ({ position: { x: width * x, y: height * y } });
      await stage.click(spot(0.02, 0.02));
      await search.getByText("再点对面的角").waitFor();
      await stage.click(spot(0.3, 0.3));
      await submit.click();
      await search.getByText("有 1 次动静").waitFor();
      await picture(page, `${name}-area`);
      // Not at the upper edge, where the dialog's head lies over it.
      await stage.evaluate((one) => {
        (one as unknown as { scrollIntoView(how: { block: string }): void }).scrollIntoView({
          block: "center",
        });
      });
      const frame = (await stage.boundingBox()) ?? { x: 0, y: 0 };
      await page.mouse.move(frame.x + width * 0.8, frame.y + height * 0.1);
      await page.mouse.down();
      await page.mouse.move(frame.x + width * 0.95, frame.y + height * 0.3, { steps: 4 });
      await page.mouse.up();
      await submit.click();
      await search.getByText("没有动静").waitFor();
      await picture(page, `${name}-nothing`);

      for (const [from, to, words] of [
        ["2099-01-01T06:00", "2099-01-01T08:00", "还没有到"],
        ["2020-01-01T06:00", "", "最多查 31 天"],
        ["2020-01-01T06:00", "2020-01-01T05:00", "要晚于"],
      ] as const) {
        await search.getByLabel("从", { exact: true }).fill(from);
        await search.getByLabel("到（不填就是现在）").fill(to);
        await submit.click();
        await search.getByRole("alert").filter({ hasText: words }).waitFor();
      }
      await picture(page, `${name}-refused`);

      const evening = lastEvening(systemClock.now().wallMs, ZONE);
      await search.getByLabel("从", { exact: true }).fill(wallTime(evening, ZONE));
      await search.getByLabel("到（不填就是现在）").fill(wallTime(evening + 7_200_000, ZONE));
      await search.getByRole("button", { name: "塘埂" }).click();
      await submit.click();
      await passages.first().click();
      const large = page.getByRole("dialog", { name: "东塘" });
      await untilPlayed(page);
      const bar = large.getByRole("slider", { name: "录像的时间" });
      const playedMs = Number(await bar.getAttribute("aria-valuenow"));
      expect(Math.abs(playedMs - (evening + 3_600_000 + 7_000))).toBeLessThan(20_000);
      await large.locator(".bar__marked").first().waitFor({ state: "attached" });
      await picture(page, `${name}-passage`);
      await large.getByRole("button", { name: "关闭" }).click();
      await search.getByText("有 1 次动静").waitFor();

      const told = await audit();
      expect(told.filter(({ type }) => type === "movement.searched").length).toBeGreaterThanOrEqual(4);
      const uses = told.filter(({ type }) => /^(movement|recording)\./.test(type));
      expect(new Set(uses.map(({ reason }) => reason))).toEqual(new Set(["找走失的人"]));
      expect(complaints).toEqual([]);
    });

    test.each([
      ["desk", { width: 1366, height: 768 }],
      ["phone", { width: 360, height: 740 }],
    ])(
      "moves, zooms and jumps along the time by hand and by keys, at the size of a %s",
      async (name, viewport) => {
        const { page, dependencies, complaints } = await openPage(viewport);
        const alarmMs = systemClock.now().wallMs - 1_170_000;
        const raisedAt = new Date(alarmMs).toISOString();
        await raiseAlarm(dependencies, undefined, true, { status: "cleared", raisedAt });
        await page.getByRole("button", { name: "放大看东塘" }).click();
        await page.getByRole("button", { name: "回放" }).click();
        const large = page.getByRole("dialog", { name: "东塘" });
        const button = (text: string | RegExp) => large.getByRole("button", { name: text });
        const bar = large.getByRole("slider", { name: "录像的时间" });
        const value = async (what = "now") => Number(await bar.getAttribute(`aria-value${what}`));
        const windowMs = async () => (await value("max")) - (await value("min"));

        // Where somebody points before saying why is where it begins.
        await button(/报警：东塘有人靠近/).click();
        await button("核实报警").click();
        await button("看录像").last().click();
        await untilPlayed(page);
        expect(Math.abs((await value()) - alarmMs)).toBeLessThan(25_000);
        expect(await bar.getAttribute("aria-valuetext")).toContain("有录像");
        await picture(page, `${name}-timeline`);

        await button("暂停").click();
        await button("播放").waitFor();
        const pausedMs = await value();
        await button("下一幅").click();
        await until(async () => (await large.locator("video").getAttribute("src"))?.startsWith("blob:"), {
          timeoutMs: 30_000,
          what: "a piece that is here whole",
        });
        const stillMs = await value();
        // Where the player stopped is told by the browser, to some ten milliseconds.
        expect(Math.abs(stillMs - pausedMs - 40)).toBeLessThan(100);
        await button("下一幅").click();
        await until(async () => Math.abs((await value()) - stillMs - 40) <= 1, { what: "the next picture" });
        await button("上一幅").click();
        await until(async () => Math.abs((await value()) - stillMs) <= 1, { what: "the one before" });
        await button("16倍").click();
        const rate = large
          .locator("video")
          .evaluate((one) => (one as unknown as { playbackRate: number }).playbackRate);
        expect(await rate).toBe(16);
        await button("1倍").first().click();
        await until(async () => !(await large.locator("video").getAttribute("src"))?.startsWith("blob:"));

        const wholeMs = await windowMs();
        await button("时间放大").click();
        await until(async () => Math.abs((await windowMs()) / wholeMs - 0.5) < 0.01);
        const fromMs = await value("min");
        await bar.scrollIntoViewIfNeeded();
        const box = (await bar.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
        const spot = (share: number) => [box.x + box.width * share, box.y + box.height / 2] as const;
        await page.mouse.move(...spot(0.3));
        await page.mouse.down();
        await page.mouse.move(...spot(0.4), { steps: 5 });
        await page.mouse.up();
        await until(async () => Math.abs((fromMs - (await value("min"))) / (wholeMs / 20) - 1) < 0.2);

        const touch = await page.context().newCDPSession(page);
        const fingers = (type: "touchStart" | "touchMove" | "touchEnd", ...shares: readonly number[]) =>
          touch.send("Input.dispatchTouchEvent", {
            type,
            touchPoints: shares.map((share, id) => ({ x: spot(share)[0], y: spot(share)[1], id })),
          });
        if (name === "phone") {
          await fingers("touchStart", 0.7, 0.85);
          await fingers("touchMove", 0.6, 0.95);
          await fingers("touchEnd");
          await until(async () => (await windowMs()) < wholeMs / 4, { what: "two fingers that zoom" });
        }

        await bar.focus();
        const zoomedMs = await windowMs();
        await page.keyboard.press("-");
        await until(async () => (await windowMs()) > 1.9 * zoomedMs);
        const beforeMs = await value();
        await page.keyboard.press("ArrowRight");
        await until(async () => (await value()) >= beforeMs + 9_000);
        await button("30天").click();
        await until(async () => (await windowMs()) > 20 * 86_400_000, { what: "a month" });
        await picture(page, `${name}-month`);
        expect(complaints).toEqual([]);
      },
    );

    test("reaches another day within what is kept, and marks alarms on it", async () => {
      const { page, dependencies } = await openPage({ width: 1280, height: 800 });
      const { village } = dependencies;
      const evening = lastEvening(systemClock.now().wallMs, ZONE);
      const alarm = await raiseAlarm(dependencies, undefined);
      village.update({ alarms: [{ ...alarm, raisedAt: new Date(evening + 3_620_000).toISOString() }] });
      await page.locator(".takeover").waitFor();
      await putAlarmOff(page);
      await page.getByRole("button", { name: "放大看东塘" }).click();
      await page.getByRole("button", { name: "回放" }).click();
      const day = page.getByLabel("选日子");
      await page.getByRole("button", { name: "核实报警" }).click();
      await page.getByRole("button", { name: "看录像" }).last().click();
      const wanted = wallDay(evening, ZONE);
      await day.fill(wanted);
      const bar = page.getByRole("slider", { name: "录像的时间" });
      await until(async () => Number(await bar.getAttribute("aria-valuenow")) >= evening + 3_600_000);
      await page.getByText("报警", { exact: true }).last().waitFor();
      await page.locator(".bar__alarm").waitFor({ state: "attached" });
      await picture(page, "desk-day");
      const max = Number(await bar.getAttribute("aria-valuemax"));
      await bar.focus();
      await page.keyboard.press("End");
      await until(async () => Number(await bar.getAttribute("aria-valuenow")) > evening + 3_650_000);
      expect(Number(await bar.getAttribute("aria-valuenow"))).toBeLessThanOrEqual(max);
      // Longer ago than anything is kept: the first day there may be something.
      await day.fill("2001-01-01");
      await day.blur();
      await until(async () => (await day.inputValue()) === (await day.getAttribute("min")));
      await page.getByText("这段时间没有录像").waitFor();
    });

    test.each([
      ["desk", { width: 1280, height: 800 }],
      ["phone", { width: 360, height: 740 }],
    ])(
      "plays the clip of an alarm from its card, with the reason, at the size of a %s",
      async (name, viewport) => {
        const { page, dependencies, audit } = await openPage(viewport);
        const { village, evidence } = dependencies;
        const alarm = await raiseAlarm(dependencies, takePicture(TEST_PICTURE));
        const card = page.getByRole("article", { name: "东塘有人靠近" });
        await card.getByText("录完就能看").waitFor();
        expect(await card.getByRole("button", { name: "看录像" }).count()).toBe(0);
        await picture(page, `${name}-clip-due`);
        const clip = await evidence.put(readFileSync(filmFile(20, "640x360")), "video/mp4");
        await tellMarks(dependencies, alarm);
        village.update({ alarms: [{ ...alarm, clip }] });
        await card.getByRole("button", { name: "看录像" }).click();
        await picture(page, `${name}-clip-why`);
        expect((await audit()).filter(({ type }) => type === "evidence.viewed")).toEqual([]);
        await card.locator("form").getByRole("button", { name: "看录像" }).click();
        await untilPlayed(page, "article video");
        await card.locator(".clip__over polyline").waitFor();
        await card.locator(".clip__over rect").waitFor();
        await picture(page, `${name}-clip`);
        // Only around the moment of the alarm is known who stood where.
        await card.locator("video").evaluate((film: { currentTime: number }) => {
          film.currentTime = 5;
        });
        await card.locator(".clip__over rect").waitFor({ state: "detached" });
        await card.getByRole("button", { name: "不画标记" }).click();
        await card.locator(".clip__over").waitFor({ state: "detached" });
        const viewed = (await audit()).filter(({ type }) => type === "evidence.viewed");
        expect(viewed[0]).toMatchObject({ subject: clip, reason: "核实报警" });
        // The same sitting has said why.
        await card.getByRole("button", { name: "收起录像" }).click();
        await card.getByRole("button", { name: "看录像" }).click();
        await card.locator("video").waitFor();
      },
    );

    test("tells a viewer who may play the clip of an alarm, and offers no search", async () => {
      const { page, dependencies } = await openPage({ width: 360, height: 740 }, "viewer");
      const alarm = await raiseAlarm(dependencies, takePicture(TEST_PICTURE));
      const clip = await dependencies.evidence.put(Buffer.from("clip"), "video/mp4");
      dependencies.village.update({ alarms: [{ ...alarm, clip }] });
      const card = page.getByRole("article", { name: "东塘有人靠近" });
      await card.getByText("请值班员或管理员来看").waitFor();
      await card.getByRole("img").first().waitFor();
      await picture(page, "phone-viewer");
      expect(await page.getByRole("button", { name: "看录像" }).count()).toBe(0);
      expect(await page.getByRole("button", { name: "查找谁来过" }).count()).toBe(0);
    });
  },
);
