import type { Page } from "playwright-core";
import { createRtspServer } from "../../hw/virtual/rtsp/server.ts";
import { createSceneSource } from "../../hw/virtual/scene/scene-source.ts";
import { createSquareScene } from "../../hw/virtual/scene/square.ts";
import { goTo } from "../support/browser.ts";
import { type GatewayRig, startRig, untilArmed } from "../support/gateway-rig.ts";
import { footage, startCameras, thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";
import { alarmToSound, BUTTON, BUTTON_HORN } from "./button-village.ts";
import { backToDesk, measureTaps, openVillage, shownAt } from "./desk-screen.ts";
import { percentiles } from "./percentiles.ts";

// One of the desk's villages is whole: the built gateway with its guard, its ledger and its channel to the desk, a camera that it
// fetches by RTSP, a button for help, and a horn behind an amplifier that has to be switched on.

/** As the rig calls its village. */
export const KIT = { id: "test-village", token: "token-of-the-whole-village" };

const ALARMS = 10;
const TAPS = 5;
const TALKS = 5;
const LONGEST_MS = 30_000;
const HOST = "127.0.0.1";
const WHOLE_PICTURE = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;

interface Camera {
  readonly maker: string;
  readonly url: string;
  stop(): Promise<void>;
}

export interface DeskKit {
  readonly rig: GatewayRig;
  readonly camera: string;
  stop(): Promise<void>;
}

/** Resolves when it is armed. */
export async function startDeskKit(deskUrl: string): Promise<DeskKit> {
  const camera = await startCamera();
  let rig: GatewayRig | undefined;
  const stop = async (): Promise<void> => {
    await rig?.stop();
    await camera.stop();
  };
  try {
    rig = await startRig({
      cameras: [{ id: "hall", url: camera.url, polygon: WHOLE_PICTURE }],
      ...BUTTON_HORN,
      more: { ...BUTTON, desks: [{ id: "desk", url: deskUrl, token: { secret: "desk" } }] },
      secrets: { desk: KIT.token },
    });
    rig.startGateway();
    await untilArmed(rig);
    return { rig, camera: camera.maker, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One that the project did not make, where there is one. */
async function startCamera(): Promise<Camera> {
  if (thirdPartyCameras() === undefined) {
    const hall = `${footage("one-by-one-person.mp4")}@3-22`;
    const server = await startCameras({ cameras: { hall }, seconds: 300 });
    return { maker: "GStreamer", url: server.url("hall"), stop: server.kill };
  }
  const source = createSceneSource(createSquareScene({ caption: { name: "广场" } }));
  const server = createRtspServer({ host: HOST, port: 0 });
  await source.start();
  server.mount("/square", source);
  const { port } = await server.start();
  const stop = async (): Promise<void> => {
    await server.stop();
    await source.stop();
  };
  return { maker: "the kit's own", url: `rtsp://${HOST}:${port}/square`, stop };
}

/** @param page of the desk, in a browser whose microphone hears somebody all the time. */
export async function measureKit(page: Page, deskUrl: string, { rig, camera }: DeskKit): Promise<object> {
  const toScreenMs: number[] = [];
  const toSoundMs: number[] = [];
  let before: string | undefined;
  for (let index = 0; index < ALARMS; index++) {
    const { tookMs, alarm } = await alarmToSound(rig, before, async (pressedAtMs) => {
      toScreenMs.push((await shownAt(page, KIT.id, "", pressedAtMs)) - pressedAtMs);
    });
    toSoundMs.push(tookMs);
    before = alarm;
  }
  const taps = await measureTaps(page, deskUrl, Array<string>(TAPS).fill(KIT.id));
  const talks = await measureTalks(page, deskUrl, rig);
  return {
    camera,
    /** From the press of its button. */
    alarmToScreenMs: percentiles(toScreenMs),
    alarmToItsOwnHornMs: percentiles(toSoundMs),
    tapToPlayingMs: percentiles(taps),
    /** From holding the button of the desk's page; the amplifier has to be switched on in between. */
    holdToOpenLineMs: percentiles(talks.openMs),
    holdToSoundMs: percentiles(talks.soundMs),
    talksWithoutTheirBeginning: talks.clipped,
  };
}

/** Somebody at the desk holds to talk until the horn in the village is heard, again and again. */
async function measureTalks(page: Page, deskUrl: string, { horn }: GatewayRig) {
  await openVillage(page, deskUrl, KIT.id);
  await goTo(page, "speak");
  const button = page.locator("button.talk__button");
  const says = (text: string) => page.locator(".talk__state", { hasText: text }).waitFor();
  const openMs: number[] = [];
  const soundMs: number[] = [];
  for (let index = 0; index < TALKS; index++) {
    await until(() => !horn.state().powered, { timeoutMs: LONGEST_MS, what: "the amplifier to be off" });
    await button.hover();
    let heardMs = 0;
    const stop = horn.onAudible(({ atMs }) => {
      heardMs ||= atMs;
    });
    const beganMs = performance.now();
    await page.mouse.down();
    await says("现在可以讲");
    openMs.push(performance.now() - beganMs);
    await until(() => heardMs > 0, { timeoutMs: LONGEST_MS, what: "the voice at the horn" });
    stop();
    soundMs.push(heardMs - beganMs);
    await page.mouse.up();
    await says("讲完了");
  }
  await backToDesk(page, deskUrl);
  const clipped = horn.utterances().filter((one) => one.clipped).length;
  return { openMs, soundMs, clipped };
}
