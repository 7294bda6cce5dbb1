import type { Page } from "playwright-core";

export const CHROMIUM = "/usr/bin/chromium";

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
