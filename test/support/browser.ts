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

export async function logInOn(page: Page, password: string, username = "admin"): Promise<void> {
  await page.locator("input[name=username]").fill(username);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button.login__submit").click();
  await page.locator("#cameras").waitFor();
}
