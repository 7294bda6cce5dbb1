import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { until } from "./until.ts";

export const CHROMIUM = "/usr/bin/chromium";
/** Pictures of what the page shows go here, when somebody wants to look at them. */
const PICTURES = process.env["CUNSHAO_TEST_PICTURES"];

/** Keeps the browser to itself: nothing is sent beyond the page under test. */
export const CHROMIUM_ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Runs before the page's own scripts: `tones` says how many it has sounded. */
export const COUNTS_TONES = `
  window.tones = 0;
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...at) {
    window.tones += this.context.state === "running" ? 1 : 0;
    return start.apply(this, at);
  };`;

/** @param first what is there once somebody is in: of a village its places, unless told. */
export async function logInOn(
  page: Page,
  password: string,
  username = "admin",
  first = "nav.places",
): Promise<void> {
  await page.locator("input[name=username]").fill(username);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button.login__submit").click();
  await page.locator(first).waitFor();
}

export type Place = "home" | "look" | "speak" | "alarms" | "playback" | "setup";

/** Goes to one of the places of the page, as its links do; also where an alarm has the page. */
export async function goTo(page: Page, place: Place): Promise<void> {
  await page.evaluate(`location.hash = "#/${place === "home" ? "" : place}"`);
  await page.locator(`.places__one--${place}[aria-current=page]`).waitFor();
}

/** Gives the page back from the alarm that has it, if one has. */
export async function putAlarmOff(page: Page): Promise<void> {
  const head = page.locator(".takeover__head");
  if (await head.isVisible()) await head.getByRole("button").last().click();
  await head.waitFor({ state: "detached" });
}

/** Opens the alarm that comes first, from wherever the page is. */
export async function openFirstAlarm(page: Page): Promise<void> {
  await goTo(page, "alarms");
  await page.locator("button.queue__one").first().click();
}

/** Takes a picture, where somebody wants any: of the whole page, or of what is in sight. */
export async function keepPicture(page: Page, name: string, of: "page" | "screen" = "page"): Promise<void> {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: of === "page" });
}

/** Waits until a video has shown half a second of it: a recording may have to be made fit for the browser first. */
export async function untilPlayed(page: Page, where = "dialog video"): Promise<void> {
  const isPlayed = async (): Promise<boolean> => (await playedSeconds(page.locator(where))) > 0.5;
  await until(isPlayed, { timeoutMs: 60_000, what: "a recording that plays" });
}

/** Not where it stands: a video that is told where to begin stands there before it has a picture. */
function playedSeconds(video: Locator): Promise<number> {
  return video.evaluate((one) => {
    const { played } = one as unknown as {
      played: { length: number; end(index: number): number; start(index: number): number };
    };
    let seconds = 0;
    for (let index = 0; index < played.length; index++) seconds += played.end(index) - played.start(index);
    return seconds;
  });
}
