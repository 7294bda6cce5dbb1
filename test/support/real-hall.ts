import { chromium, type Page, type ViewportSize } from "playwright-core";
import { onTestFinished } from "vitest";
import type { Polygon, Polyline } from "../../src/core/geometry.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, goTo, logInOn } from "./browser.ts";
import { type GatewayRig, PASSWORD, startRig, untilArmed } from "./gateway-rig.ts";
import { footage, startCameras } from "./rtsp-cameras.ts";

/** A whole gateway before one real camera: an empty hall; somebody comes, stands, and leaves to the right, again and again. */
export interface RealHall {
  readonly rig: GatewayRig;
  /** What the API answers to who has logged in. */
  get<T>(path: string): Promise<T>;
  /** The cameras of the page, in a browser that is closed after the test. */
  openLook(viewport: ViewportSize): Promise<Page>;
  stop(): Promise<void>;
}

/** @param polygon of the zone `bank` of the camera `hall`. */
export async function startRealHall(
  polygon: Polygon,
  lines: Readonly<Record<string, Polyline>> = {},
): Promise<RealHall> {
  const cameras = await startCameras({
    cameras: { hall: `${footage("one-by-one-person.mp4")}@3-22` },
    seconds: 300,
  });
  let rig: GatewayRig | undefined;
  const stop = async (): Promise<void> => {
    await rig?.stop();
    await cameras.kill();
  };
  try {
    const started = await startRig({ cameras: [{ id: "hall", url: cameras.url("hall"), polygon, lines }] });
    rig = started;
    started.startGateway();
    await untilArmed(started);
    return {
      rig: started,
      get: async <T>(path: string) => (await (await started.get(`/api/v1${path}`)).json()) as T,
      async openLook(viewport) {
        const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
        onTestFinished(() => browser.close());
        const context = await browser.newContext({ viewport, locale: "zh-CN" });
        const page = await context.newPage();
        await page.goto(started.url);
        await logInOn(page, PASSWORD);
        await goTo(page, "look");
        return page;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
