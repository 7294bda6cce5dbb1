import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { goTo, keepPicture, putAlarmOff } from "../support/browser.ts";
import { startDeskOfOne, tokenOf } from "../support/desk-of-one.ts";
import { setUpDeskPages } from "../support/desk-page.ts";
import { fakeMicrophone } from "../support/fake-microphone.ts";
import { missingForKit, startVirtualKit, type VirtualKit } from "../support/kit-rig.ts";
import { until } from "../support/until.ts";

// The whole virtual village among others at a township's desk, as somebody has them before him in a browser.

/** As the kit calls its village. */
const KIT = { id: "demo-longwan", name: "石桥村" };
const SILENT = { id: "taohua", name: "桃花村" };
const MOVING =
  "[...document.querySelectorAll('video')].filter((v) => v.currentTime > 0 && v.videoWidth === 640).length";
const A_MINUTE = { timeout: 60_000 };

/** Once a minute somebody walks to the pond: that alarm would take the village's page in the middle of anything. */
async function pausePond({ url, password }: VirtualKit): Promise<void> {
  const post = (path: string, body: object, more: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/api/v1${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url, ...more },
      body: JSON.stringify(body),
    });
  const session = await post("/session", { username: "admin", password });
  const cookie = session.headers.get("set-cookie")?.split(";")[0] ?? "";
  const paused = await post("/pauses", { rule: "pond-bank", seconds: 3600, reason: "有人洗衣" }, { cookie });
  expect(paused.status).toBe(201);
}

const missing = missingForKit();
const needs = missing.map((what) => ` (needs ${what})`);

describe.skipIf(missing.length > 0)(`a whole village at a township's desk${needs}`, () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "desk-kit-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const openDesk = setUpDeskPages(() => fakeMicrophone(join(folder, "microphone.wav")));

  test("its alarm is on the screen, its pictures move after a tap, and who speaks there comes out of its horn and of no other", async () => {
    const desk = await startDeskOfOne("reverse", { silent: [KIT, SILENT] });
    await desk.here();
    const kit = await startVirtualKit({
      CUNSHAO_KIT_DESK: desk.url,
      CUNSHAO_KIT_DESK_TOKEN: tokenOf(KIT.id),
    });
    onTestFinished(() => kit.stop());
    await pausePond(kit);
    const viewport = { width: 1366, height: 900 };
    const { page, complaints } = await openDesk(desk, { viewport, permissions: ["microphone"] });
    const village = page.locator("a.village", { hasText: KIT.name });
    await village.waitFor(A_MINUTE);

    await kit.order("sos", { pressed: true });
    const row = page.locator(".desk__alarms .row", { hasText: "有人按了求助按钮" });
    await row.waitFor(A_MINUTE);
    expect(await row.textContent()).toContain(KIT.name);
    const isSeen = () =>
      row.locator("img").evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 0);
    await until(isSeen, { timeoutMs: 60_000, what: "the picture of the alarm" });
    await keepPicture(page, "desk-kit-alarm");
    await row.getByRole("button", { name: "我来处理" }).click();
    await row.getByRole("link", { name: "看现场" }).click();
    const large = page.getByRole("dialog", { name: "文化广场" });
    const moves = () =>
      large.locator("video").evaluate((video) => {
        const { currentTime, videoWidth } = video as unknown as { currentTime: number; videoWidth: number };
        return currentTime > 0 && videoWidth > 0;
      });
    await until(moves, { timeoutMs: 60_000, what: "a moving picture of the square" });
    await keepPicture(page, "desk-kit-place", "screen");
    await large.getByRole("button", { name: "喊话" }).click();
    const chosen = page.locator("button.chip[aria-pressed=true]");
    await chosen.first().waitFor();
    expect((await chosen.allTextContents()).map((name) => name.trim())).toEqual(["广场喇叭"]);
    await page.goto(desk.url);
    await row.getByRole("button", { name: "解除" }).click();
    await row.waitFor({ state: "detached" });
    await kit.order("sos", { pressed: false });

    await village.click();
    await page.locator("nav.places").waitFor();
    await goTo(page, "look");
    await until(async () => (await page.evaluate(MOVING)) === 3, {
      timeoutMs: 60_000,
      what: "three moving pictures",
    });
    await keepPicture(page, "desk-kit-look");

    const square = async () => {
      const view = await kit.amplifier("square");
      if (!view) throw new Error("the kit has no horn in the square");
      return view;
    };
    // What its own rule had to say there is over.
    await until(async () => !(await square()).relayOn, { timeoutMs: 60_000, what: "a horn that is off" });
    await goTo(page, "speak");
    await putAlarmOff(page);
    const horns = (name: string) => page.locator("button.chip", { hasText: name }).first();
    await horns("全部").click();
    await horns("广场喇叭").click();
    const pressedMs = Date.now();
    await page.locator("button.talk__button").hover();
    await page.mouse.down();
    await page.locator(".talk__state", { hasText: "现在可以讲" }).waitFor(A_MINUTE);
    await until(async () => (await square()).sounding, { timeoutMs: 30_000, what: "the voice at the horn" });
    await keepPicture(page, "desk-kit-speak");
    await page.mouse.up();
    await page.locator(".talk__state", { hasText: "讲完了" }).waitFor();
    await until(async () => !(await square()).relayOn, { timeoutMs: 30_000, what: "a horn that is off" });
    const { last } = await square();
    expect(last).toMatchObject({ clipped: false });
    expect(Date.parse(last?.at ?? "")).toBeGreaterThanOrEqual(pressedMs);
    expect(desk.box.talkRig.heard("pond")).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
