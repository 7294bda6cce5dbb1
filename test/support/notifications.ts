import type { Page } from "playwright-core";

export interface ShownNotification {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
}

/**
 * A browser in which the page may show notifications; `shown` has what it has shown and not taken back: one without a desktop forgets a
 * notification as soon as it finds that nothing displays it.
 */
export const WITH_NOTIFICATIONS = {
  permissions: ["notifications"],
  before: `
    window.shown = [];
    const { showNotification } = ServiceWorkerRegistration.prototype;
    ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
      await showNotification.call(this, title, options);
      window.shown.push({ title, body: options.body, tag: options.tag });
    };
    ServiceWorkerRegistration.prototype.getNotifications = async ({ tag }) =>
      window.shown
        .filter((one) => one.tag === tag)
        .map((one) => ({ close: () => window.shown.splice(window.shown.indexOf(one), 1) }));`,
};

/** Where the page has the switch; from then on nobody looks at it, as behind another program. */
export async function turnNotificationsOn(page: Page): Promise<void> {
  await page.getByRole("switch", { name: "报警时弹出通知" }).click();
  await page.getByText("页面开着就会弹").waitFor();
  await page.evaluate("document.hasFocus = () => false");
}

/** What the service worker says to a page after a tap; a browser without a screen has nothing to tap on. */
export async function tapNotification(page: Page, alarm: string): Promise<void> {
  const data = JSON.stringify({ alarm });
  await page.evaluate(
    `navigator.serviceWorker.dispatchEvent(new MessageEvent("message", { data: ${data} }))`,
  );
}
