import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { systemClock } from "../../src/core/time.ts";
import { createPanel } from "../../src/panel/panel.ts";
import { believing } from "../support/believing-browser.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, goTo, logInOn } from "../support/browser.ts";
import { fakeMicrophone } from "../support/fake-microphone.ts";
import { PASSWORD as RIG_PASSWORD, startRig, untilArmed } from "../support/gateway-rig.ts";
import { BUILT_PAGE } from "../support/project.ts";
import { raiseAlarm, sampleState } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { ADMIN, makeDependencies, PASSWORD } from "../unit/panel/panel-fixture.ts";

/** An address of this namespace that is not loopback: to browser and box it is another machine's. */
export const ADDRESS = "192.168.77.1";

export interface TalkHeard {
  readonly isSecure: boolean;
  /** When each beat of the microphone began at the horn, from one to the next, in ms. */
  readonly beatsMs: readonly number[];
  /** How long each was loud. */
  readonly loudMs: readonly number[];
  readonly clipped: boolean;
  readonly relay: readonly boolean[];
  readonly lostPackets: number;
  readonly insecure: string;
  readonly app: AppElsewhere;
}

/** The page as an app of another machine, on which somebody has installed the village's authority. */
export interface AppElsewhere {
  /** Why the browser would not install it. */
  readonly notInstalledFor: readonly string[];
  /** Titles of notifications that it has shown. */
  readonly notified: readonly string[];
}

/** In a network namespace of its own: what a browser's microphone plays, as the horn behind a whole gateway hears it. */
export async function talkFromElsewhere(folder: string): Promise<TalkHeard> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...CHROMIUM_ARGUMENTS, ...fakeMicrophone(join(folder, "microphone.wav"))],
  });
  const rig = await startRig({ cameras: [], settleMs: 300, host: "0.0.0.0" });
  try {
    rig.startGateway();
    await untilArmed(rig);
    const page = await openPage(browser, `https://${ADDRESS}:${new URL(rig.url).port}`, RIG_PASSWORD);
    const isSecure = await page.evaluate<boolean>("isSecureContext");
    const button = page.locator("button.talk__button");
    await button.hover();
    await page.mouse.down();
    await page.locator(".talk__state", { hasText: "现在可以讲" }).waitFor();
    await until(() => rig.horn.utterances().length >= 5, { timeoutMs: 30_000, what: "five beats" });
    await page.mouse.up();
    await page.locator(".talk__state", { hasText: "讲完了" }).waitFor();
    await until(() => rig.relayStates.at(-1) === false);
    // The first may have begun before the horn was open, the last may have been cut off.
    const whole = rig.horn.utterances().slice(1, -1);
    return {
      isSecure,
      beatsMs: whole.slice(1).map((one, index) => one.startedWallMs - (whole[index]?.startedWallMs ?? 0)),
      loudMs: whole.map((one) => loudMsOf(one.wav())),
      clipped: rig.horn.utterances().some(({ clipped }) => clipped),
      relay: [...rig.relayStates],
      lostPackets: rig.horn.state().lostPackets,
      insecure: await overPlainHttp(browser),
      app: await asAnApp(folder),
    };
  } finally {
    await browser.close();
    await rig.stop();
  }
}

/** What the page says where it came over plain HTTP from another machine, as behind `tls: off`. */
async function overPlainHttp(browser: Browser): Promise<string> {
  const dependencies = makeDependencies(systemClock, { host: ADDRESS, webFolder: BUILT_PAGE });
  await dependencies.accounts.save(ADMIN);
  const panel = createPanel(dependencies);
  await panel.start();
  try {
    const page = await openPage(browser, panel.url() ?? "", PASSWORD);
    return (await page.locator(".talk__problem").textContent()) ?? "";
  } finally {
    await panel.stop();
  }
}

const NOTES_WHAT_IS_SHOWN = `
  window.shown = [];
  const { showNotification } = ServiceWorkerRegistration.prototype;
  ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await showNotification.call(this, title, options);
    window.shown.push(title);
  };
  document.hasFocus = () => false;`;

async function asAnApp(folder: string): Promise<AppElsewhere> {
  const tlsFolder = join(folder, "tls");
  const dependencies = makeDependencies(systemClock, {
    ...{ host: ADDRESS, webFolder: BUILT_PAGE, tls: { kind: "auto" }, tlsFolder },
  });
  await dependencies.accounts.save(ADMIN);
  dependencies.village.update(sampleState(dependencies));
  const panel = createPanel(dependencies);
  await panel.start();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: CHROMIUM_ARGUMENTS,
    ...believing(folder, join(tlsFolder, "authority.pem")),
  });
  try {
    const context = await browser.newContext({ locale: "zh-CN", permissions: ["notifications"] });
    await context.addInitScript(NOTES_WHAT_IS_SHOWN);
    const page = await context.newPage();
    await page.goto((panel.url() ?? "").replace("http:", "https:"));
    await logInOn(page, PASSWORD);
    await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
    const session = await context.newCDPSession(page);
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    await goTo(page, "setup");
    await page.getByRole("switch", { name: "报警时弹出通知" }).click();
    await page.getByText("页面开着就会弹").waitFor();
    await raiseAlarm(dependencies, undefined);
    const shown = () => page.evaluate<string[]>("shown");
    await until(async () => (await shown()).length > 0, { timeoutMs: 20_000, what: "a notification" });
    return {
      notInstalledFor: installabilityErrors.map(({ errorId }) => errorId),
      notified: await shown(),
    };
  } finally {
    await browser.close();
    await panel.stop();
  }
}

async function openPage(browser: Browser, url: string, password: string): Promise<Page> {
  const context = await browser.newContext({
    locale: "zh-CN",
    // The box's own authority, which nobody has installed here.
    ignoreHTTPSErrors: true,
    permissions: ["microphone"],
  });
  const page = await context.newPage();
  await page.goto(url);
  await logInOn(page, password);
  await goTo(page, "speak");
  return page;
}

/** From the first loud sample to the last. */
function loudMsOf(wav: Buffer): number {
  const rate = wav.readUInt32LE(24);
  const isLoud = (at: number): boolean => Math.abs(wav.readInt16LE(at)) > 500;
  let first = 44;
  let last = wav.length - 2;
  while (first < last && !isLoud(first)) first += 2;
  while (last > first && !isLoud(last)) last -= 2;
  return ((last - first) / 2 / rate) * 1000;
}
