import type { Browser, Page } from "playwright-core";
import { goTo, logInOn } from "../support/browser.ts";
import { PASSWORD } from "../support/gateway-rig.ts";
import { until } from "../support/until.ts";

// The page of the bench's desk, as somebody has it before him.

const LONGEST_MS = 30_000;

/** Notes when each row came. */
export async function openScreen(browser: Browser, deskUrl: string): Promise<Page> {
  const context = await browser.newContext({
    ...{ locale: "zh-CN", viewport: { width: 1366, height: 768 } },
    permissions: ["microphone"],
  });
  await context.addInitScript(`
    window.rows = {};
    new MutationObserver(() => {
      for (const { id } of document.querySelectorAll(".row")) window.rows[id] ??= Date.now();
    }).observe(document, { childList: true, subtree: true });`);
  const page = await context.newPage();
  await page.goto(deskUrl);
  await logInOn(page, PASSWORD, "admin", ".desk__main");
  return page;
}

/** The wall time at which an alarm of a village came, whose id begins so, and not before another wall time. */
export function shownAt(page: Page, village: string, alarm = "", sinceMs = 0): Promise<number> {
  const row = JSON.stringify(`alarm-${village}-${alarm}`);
  const isMeant = `([id, atMs]) => id.startsWith(${row}) && atMs >= ${sinceMs}`;
  return until(() => page.evaluate<number | undefined>(`Object.entries(window.rows).find(${isMeant})?.[1]`), {
    timeoutMs: LONGEST_MS,
    what: `a row ${row}`,
  });
}

/** Taps on a village at the desk, whose whole page is loaded then. @returns when it was tapped on. */
export async function openVillage(page: Page, deskUrl: string, id: string): Promise<number> {
  await page.goto(deskUrl);
  const village = page.locator(`a.village[href^="?village=${id}#"]`);
  await village.waitFor();
  const tappedMs = performance.now();
  await village.click();
  await page.locator("nav.places").waitFor();
  return tappedMs;
}

/** From the tap on each village until one of its pictures moves. */
export async function measureTaps(
  page: Page,
  deskUrl: string,
  villages: readonly string[],
): Promise<readonly number[]> {
  const isPlaying = "[...document.querySelectorAll('video')].some((video) => video.currentTime > 0)";
  const taken: number[] = [];
  for (const id of villages) {
    const tappedMs = await openVillage(page, deskUrl, id);
    await goTo(page, "look");
    await until(() => page.evaluate<boolean>(isPlaying), {
      timeoutMs: LONGEST_MS,
      what: "a picture that moves",
    });
    taken.push(performance.now() - tappedMs);
  }
  await backToDesk(page, deskUrl);
  return taken;
}

export async function backToDesk(page: Page, deskUrl: string): Promise<void> {
  await page.goto(deskUrl);
  await page.locator(".desk__main").waitFor();
}
