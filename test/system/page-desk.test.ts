import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { COUNTS_TONES, keepPicture, logInOn } from "../support/browser.ts";
import { addClip, addPicture, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { openBeside, setUpDeskPages } from "../support/desk-page.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { clockOffBy } from "../support/off-clock.ts";
import { describePages, fits, WIDTHS } from "../support/page-rig.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

/** What would run, or be loaded, if any of it were taken for more than words. */
const SCRIPT = `"><img src=x onerror="window.hit=1"><script>window.hit=1</script>{{window.hit=1}}`;

const FILM_SECONDS = 60;
const FAR_INTO_SECONDS = 50;

/** More than a browser fetches at once, so that it asks for parts. */
function makeFilm(): Buffer {
  const source = `testsrc=d=${FILM_SECONDS}:s=640x360:r=10,noise=alls=40:allf=t`;
  const picture = ["-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-g", "20"];
  const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-b:v", "4M", "-movflags", "+faststart"];
  const path = join(mkdtempSync(join(tmpdir(), "cunshao-film-")), "film.mp4");
  try {
    execFileSync("ffmpeg", [...picture, ...codec, path]);
    return readFileSync(path);
  } finally {
    rmSync(dirname(path), { recursive: true });
  }
}

describePages("the page of a township's desk", () => {
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });
  const openDesk = setUpDeskPages();

  /** A village with an alarm that nobody has seen to, one that somebody sees to, and one that is over. */
  async function startVillage(
    words: { readonly name?: string; readonly place?: string } = {},
    setting: { readonly mostFileBytes?: number } = {},
  ) {
    const desk = await startDeskOfOne("reverse", setting);
    await desk.here();
    for (const id of ["over", "seen", "a1"]) await raise(desk.box, id, words);
    const { ledger } = desk.box;
    const by = { kind: "person", name: words.name ?? "李四" };
    const tell = (type: string, subject: string, data = {}) =>
      ledger.append({ type: `org.cunshao.alarm.${type}`, class: "alarm", subject, data: { by, ...data } });
    await tell("cleared", "over");
    await tell("acknowledged", "seen");
    await tell("noted", "seen", { text: words.name ?? "已经派人去看" });
    await addPicture(desk.box, picture);
    await desk.alarm();
    await until(async () => (await desk.state()).boxes[0]?.files.bytes === picture.length, {
      what: "a picture at the desk",
    });
    return desk;
  }

  const rowOf = (page: Page, id: string) => page.locator(`#alarm-test-${id}`);
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const topOf = async (page: Page, place: string): Promise<number> =>
    (await page.locator(place).boundingBox())?.y ?? Number.NaN;

  test.each(WIDTHS)(
    "shows what somebody has to see to first, the villages, and what is over folded away, %i wide",
    async (width) => {
      const { page, complaints } = await openDesk(await startVillage(), width);
      await rowOf(page, "a1").locator("img").waitFor();
      expect(
        await page.locator(".desk__alarms .row").evaluateAll((rows) => rows.map(({ id }) => id)),
      ).toEqual(["alarm-test-a1", "alarm-test-seen"]);
      expect(await rowOf(page, "over").isVisible()).toBe(false);
      if (width === 360) {
        expect(await topOf(page, ".desk__alarms")).toBeLessThan(await topOf(page, ".desk__places"));
        expect(await topOf(page, ".desk__places")).toBeLessThan(await topOf(page, ".desk__ended"));
      }
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-${width}`);
      await page.getByText("已经结束的 1 个").click();
      await rowOf(page, "over").waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-ended-${width}`);
      for (const [name, dialog] of [
        ["账号", "账号和登录"],
        ["提醒", "提醒"],
      ] as const) {
        await button(page, name).click();
        await page.getByRole("dialog").getByRole("heading", { name: dialog }).first().waitFor();
        if (name === "账号") await page.getByRole("heading", { name: "我的账号" }).waitFor();
        expect(await axeFindings(page)).toEqual([]);
        await keepPicture(page, `desk-${dialog}-${width}`);
        await page.keyboard.press("Escape");
      }
      expect(complaints).toEqual([]);
    },
  );

  test.each(WIDTHS)(
    "leads from an alarm that nobody has taken to its live picture, and from there to its own horn, %i wide",
    async (width) => {
      const desk = await startVillage();
      const other = { speaker: "square", name: "广场喇叭", phase: "idle", waiting: 0 } as const;
      const { speakers } = desk.box.village.state();
      desk.box.village.update({ speakers: [...speakers, { ...other, since: systemClock.now() }] });
      const { page, complaints } = await openDesk(desk, width);
      const isLooked = () => desk.box.pond.leases() > 0;
      await rowOf(page, "a1").getByRole("link", { name: "看现场" }).click();
      const camera = page.getByRole("dialog", { name: "东塘" });
      await camera.waitFor();
      await until(isLooked, { what: "a camera that is watched" });
      // The alarm is what somebody looks there for: it does not take the page.
      expect(await page.locator(".takeover").count()).toBe(0);
      await keepPicture(page, `desk-place-${width}`, "screen");
      await camera.getByRole("button", { name: "喊话" }).click();
      const chosen = page.locator("button.chip[aria-pressed=true]");
      await chosen.first().waitFor();
      expect((await chosen.allTextContents()).map((name) => name.trim())).toEqual(["东塘喇叭"]);
      expect(complaints).toEqual([]);
    },
  );

  test("leads back from a live picture to the desk by the browser's own way back", async () => {
    const { page } = await openDesk(await startVillage(), 360);
    await rowOf(page, "a1").getByRole("link", { name: "看现场" }).click();
    await page.getByRole("dialog", { name: "东塘" }).getByRole("button", { name: "关" }).click();
    await page.goBack();
    await rowOf(page, "a1").waitFor();
  });

  test("shows a village that is away as it was, with its pictures", async () => {
    const desk = await startVillage();
    await desk.cut();
    await desk.boxWith({ status: "away" });
    const { page, complaints } = await openDesk(desk, 1366);
    await page.getByText("联系不上", { exact: false }).first().waitFor();
    const isShown = () =>
      rowOf(page, "a1")
        .locator("img")
        .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 0);
    await until(isShown, { what: "a picture out of the desk's own copy" });
    await rowOf(page, "a1").getByRole("button", { name: "我来处理" }).click();
    await rowOf(page, "a1").getByText("admin 已处理，等村里联系上再告诉它").waitFor();
    await keepPicture(page, "desk-away");
    expect(complaints).toEqual([]);
  });

  test.each(WIDTHS)(
    "plays the clip of an alarm from any place in it while its village is away, %i wide",
    async (width) => {
      const film = makeFilm();
      const desk = await startVillage({}, { mostFileBytes: 10 * film.length });
      await addClip(desk.box, film);
      await until(
        async () => ((await desk.state()).boxes[0]?.files.bytes ?? 0) === picture.length + film.length,
        { timeoutMs: 30_000, what: "a clip at the desk" },
      );
      await desk.cut();
      await desk.boxWith({ status: "away" });
      const { page, complaints } = await openDesk(desk, width);
      const parts: string[] = [];
      page.on("request", (request) => {
        if (request.url().includes("reason=")) parts.push(request.headers()["range"] ?? "");
      });
      await rowOf(page, "a1").getByRole("button", { name: "看录像" }).click();
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-clip-why-${width}`);
      await rowOf(page, "a1").locator("form.reason").getByRole("button", { name: "看录像" }).click();
      const video = rowOf(page, "a1").locator("video");
      const isPlaying = () =>
        video.evaluate((shown) => (shown as unknown as { readonly currentTime: number }).currentTime > 0.2);
      await until(isPlaying, { what: "a film that plays" });
      await video.evaluate((shown, at) => void Object.assign(shown, { currentTime: at }), FAR_INTO_SECONDS);
      await until(
        () =>
          video.evaluate((shown, least) => {
            const { currentTime, seeking } = shown as unknown as { currentTime: number; seeking: boolean };
            return !seeking && currentTime > least;
          }, FAR_INTO_SECONDS),
        { what: "a film that goes on from there" },
      );
      expect(parts.some((range) => Number(/^bytes=(\d+)-/.exec(range)?.[1]) > film.length / 2)).toBe(true);
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `desk-clip-${width}`);
      expect(complaints).toEqual([]);
    },
  );

  test("says in words what is wrong with a box", async () => {
    const desk = await startDeskOfOne("reverse", { clock: clockOffBy(-365 * 86_400_000) });
    await desk.here();
    const stranger = desk.openEnd("instance-2", "other-village");
    desk.onEnd(() => stranger.stop());
    await stranger.start();
    const { page } = await openDesk(desk, 360);
    await page.getByText("它的时钟慢了 365 天，这里已按值班台的钟改算").waitFor();
    await page.getByText("说自己是 other-village", { exact: false }).waitFor();
    await fits(page);
    await keepPicture(page, "desk-wrong");
  });

  test.each([
    ["direct", "勾上“看录像”，写进值班台的 secrets.yaml"],
    ["reverse", "scopes 加上 replay"],
  ] as const)(
    "says which permission its token lacks, and where to give it, by the road %s",
    async (reach, words) => {
      const desk = await startDeskOfOne(reach, { scopes: ["look", "events", "handle", "speak"] });
      await desk.here();
      await raise(desk.box);
      await addPicture(desk.box, picture);
      await addClip(desk.box, Buffer.alloc(1000, 1));
      await until(async () => (await desk.state()).boxes[0]?.files.denied === 1, {
        what: "a clip not given",
      });
      for (const width of WIDTHS) {
        const { page, complaints } = await openDesk(desk, width);
        await page.locator(".village", { hasText: "1 段录像没给" }).filter({ hasText: words }).waitFor();
        await rowOf(page, "a1").locator("img").waitFor();
        await fits(page);
        expect(await axeFindings(page)).toEqual([]);
        await keepPicture(page, `desk-denied-${reach}-${width}`);
        expect(complaints).toEqual([]);
      }
    },
  );

  test.each(WIDTHS)("runs and loads nothing of what a village calls its things, %i wide", async (width) => {
    const desk = await startVillage({ name: SCRIPT, place: SCRIPT });
    desk.box.village.update({ site: { ...desk.box.village.state().site, name: SCRIPT } });
    const { page, complaints } = await openDesk(desk, width);
    const isHit = () =>
      page.evaluate("window.hit !== undefined || document.querySelector('img[src=x]') !== null");
    await rowOf(page, "a1").getByText("onerror", { exact: false }).first().waitFor();
    await page.getByText("已经结束的 1 个").click();
    expect(await isHit()).toBe(false);
    await fits(page);
    await keepPicture(page, `desk-hostile-${width}`);
    await page.locator("a.village").click();
    await page.locator(".back").waitFor();
    await page.getByText("onerror", { exact: false }).first().waitFor();
    expect(await isHit()).toBe(false);
    expect(complaints).toEqual([]);
  });

  const screen = (width: number) => ({ viewport: { width, height: 800 } });
  const tonesOf = (page: Page) => page.evaluate<number>("tones");

  /** Tapped on: it may ring. */
  async function secondPage(context: BrowserContext, url: string, ready: string): Promise<Page> {
    const page = await openBeside(context, url, ready);
    await page.mouse.click(5, 300);
    return page;
  }

  test("rings in one page of a browser, the next when that is closed, until somebody has seen to it", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    const { page, context, complaints } = await openDesk(desk, { ...screen(1366), before: COUNTS_TONES });
    const other = await secondPage(context, desk.url, ".desk__main");
    await raise(desk.box);
    await until(async () => (await tonesOf(page)) >= 4, { what: "the bell to ring twice" });
    expect(await tonesOf(other)).toBe(0);
    await page.close();
    await until(async () => (await tonesOf(other)) >= 2, { what: "the bell of the other page" });
    await rowOf(other, "a1").getByRole("button", { name: "我来处理" }).click();
    await rowOf(other, "a1").getByText("处理", { exact: false }).first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("rings for all villages, and names how many wait, while somebody looks at another one", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    const { page, context, complaints } = await openDesk(desk, { ...screen(360), before: COUNTS_TONES });
    // As of a village that is none of the desk's: all alarms are elsewhere.
    const other = await secondPage(context, `${desk.url}/?village=elsewhere#/`, ".back");
    await page.close();
    await raise(desk.box);
    await other.getByText("别的村有 1 个报警还没人管").waitFor();
    await until(async () => (await tonesOf(other)) >= 2, { what: "the bell" });
    await keepPicture(other, "desk-elsewhere");
    await other.locator(".back").click();
    await rowOf(other, "a1").waitFor();
    expect(complaints).toEqual([]);
  });

  test("names how many wait elsewhere on the page that hears of it, and on no other once that has changed", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    const { page, context, complaints } = await openDesk(desk, screen(360));
    const elsewhere = `${desk.url}/?village=elsewhere#/`;
    const first = await secondPage(context, elsewhere, ".back");
    await page.close();
    await raise(desk.box);
    await first.getByText("别的村有 1 个报警还没人管").waitFor();
    const second = await secondPage(context, elsewhere, ".back");
    await first.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    for (const one of [first, second]) await one.getByRole("dialog", { name: "登录" }).waitFor();
    // The one on which somebody logs in comes first now.
    await second.locator("input[name=password]").fill(PASSWORD);
    await second.locator("button.login__submit").click();
    await second.getByText("别的村有 1 个报警还没人管").waitFor();
    await first.locator(".login").waitFor({ state: "detached" });
    expect(await first.getByText("还没人管").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("lets people have accounts of the desk, and change their own password", async () => {
    const desk = await startDeskOfOne("direct");
    await desk.here();
    const { page, complaints } = await openDesk(desk, 1366);
    await button(page, "账号").click();
    await page.locator("input[name=new-username]").fill("王芳");
    await page.locator("input[name=initial-password]").fill(PASSWORD);
    await page.locator("select[name=new-role]").selectOption("viewer");
    await page.locator("form:has(input[name=new-username]) button").click();
    await page.locator("summary", { hasText: "王芳" }).waitFor();
    await page.locator("input[name=old-password]").fill(PASSWORD);
    await page.locator("input[name=new-password]").fill(`${PASSWORD} 2`);
    await button(page, "改密码").click();
    await page.getByText("密码改好了", { exact: false }).waitFor();
    await page.keyboard.press("Escape");
    await button(page, "退出登录").click();
    await logInOn(page, PASSWORD, "王芳", ".desk__main");
    await button(page, "账号").click();
    await page.getByRole("heading", { name: "我的账号" }).waitFor();
    expect(await page.locator("input[name=new-username]").count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
