import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Polygon } from "../../src/core/geometry.ts";
import type { CameraView } from "../../src/core/village.ts";
import { CHROMIUM, keepPicture } from "../support/browser.ts";
import { type GatewayRig, untilArmed } from "../support/gateway-rig.ts";
import { type RealHall, startRealHall } from "../support/real-hall.ts";
import { thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

// A line and a mask that a technician draws on the page, on the whole gateway before a real camera: counted and painted at
// once, and after a restart, until they are taken out.

const obstacle = thirdPartyCameras() ?? (existsSync(CHROMIUM) ? undefined : `needs ${CHROMIUM}`);
/** Nobody is ever here: no alarm takes the page from who draws. */
const CORNER: Polygon = [
  [0.01, 0.01],
  [0.05, 0.01],
  [0.05, 0.05],
  [0.01, 0.05],
];
/** The upper left quarter, a little over its middle. */
const HIDDEN = [
  [0.02, 0.02],
  [0.45, 0.02],
  [0.45, 0.45],
  [0.02, 0.45],
] as const;

interface Lines {
  readonly lines: readonly {
    readonly id: string;
    readonly name: string;
    readonly in: number;
    readonly out: number;
  }[];
}

describe.skipIf(obstacle)(`what is drawn on the page${obstacle ? ` (skipped: ${obstacle})` : ""}`, () => {
  let hall: RealHall;
  let rig: GatewayRig;

  beforeAll(async () => {
    hall = await startRealHall(CORNER);
    ({ rig } = hall);
  });
  afterAll(() => hall?.stop());

  const get = <T>(path: string): Promise<T> => hall.get(path);
  const lineOf = async (name: string) =>
    (await get<Lines>("/lines")).lines.find((line) => line.name === name) ?? { in: 0, out: 0 };
  const camera = async (): Promise<CameraView | undefined> =>
    (await get<{ cameras: CameraView[] }>("/state")).cameras[0];

  async function restart(): Promise<void> {
    await rig.endGateway("SIGTERM");
    rig.startGateway();
    await untilArmed(rig);
  }

  /** Opens the drawing of a kind of shapes over the live picture. */
  async function draw(kind: "进出线" | "遮挡") {
    const page = await hall.openLook({ width: 1366, height: 900 });
    await page.getByRole("button", { name: "放大看hall" }).click();
    await page.getByRole("button", { name: "画区域、线、遮挡" }).click();
    await page.locator(".stage video").waitFor();
    const button = (name: string) => page.getByRole("button", { name, exact: true });
    await button(kind).click();
    return {
      page,
      button,
      async tap(points: readonly (readonly [number, number])[]) {
        const frame = await page.locator(".stage__layer").boundingBox();
        if (!frame) throw new Error("no picture");
        for (const [x, y] of points)
          await page.mouse.click(frame.x + x * frame.width, frame.y + y * frame.height);
      },
      keep: (name: string) => keepPicture(page, name, "screen"),
    };
  }

  /** Mean brightness of a part of the picture that the page shows, 0 to 255; undefined while there is none. */
  async function brightness(part: "hidden" | "open"): Promise<number | undefined> {
    const answer = await rig.get("/api/v1/cameras/hall/snapshot.jpg");
    if (!answer.ok) return undefined;
    // Well within the mask, and of the lower right quarter.
    const crop = part === "hidden" ? "iw*0.3:ih*0.3:iw*0.08:ih*0.08" : "iw*0.4:ih*0.4:iw*0.55:ih*0.55";
    const filter = `crop=${crop},scale=32:18,format=gray`;
    const pixels = execFileSync(
      "ffmpeg",
      ["-v", "error", "-f", "mjpeg", "-i", "pipe:0", "-vf", filter, "-f", "rawvideo", "pipe:1"],
      { input: Buffer.from(await answer.arrayBuffer()) },
    );
    return pixels.reduce((sum, one) => sum + one, 0) / pixels.length;
  }

  test("a line counts who goes over it at once and after a restart, and no more once it is taken out", async () => {
    expect((await get<Lines>("/lines")).lines).toEqual([]);
    const drawing = await draw("进出线");
    await drawing.button("新画一条").click();
    await drawing.tap([
      [0.8, 0.2],
      [0.8, 0.97],
    ]);
    await drawing.page.getByLabel("名字").fill("右边的门");
    await drawing.button("保存").click();
    await drawing.page.getByText("已保存，现在就按这条线数。").waitFor();
    await drawing.keep("whole-line");
    await until(async () => (await lineOf("右边的门")).in + (await lineOf("右边的门")).out > 0, {
      timeoutMs: 90_000,
      what: "somebody who goes over the drawn line",
    });

    await restart();
    const counted = await lineOf("右边的门");
    expect(counted.in + counted.out).toBeGreaterThan(0);
    await until(
      async () => {
        const now = await lineOf("右边的门");
        return now.in + now.out > counted.in + counted.out;
      },
      { timeoutMs: 90_000, what: "somebody who goes over it after the restart" },
    );

    const again = await draw("进出线");
    await again.button("去掉").click();
    await again.button("真的去掉？再点一次").click();
    await again.page.getByText("已去掉。").waitFor();
    expect((await get<Lines>("/lines")).lines).toEqual([]);
  });

  test("a mask hides what lies under it in every picture from then on and after a restart, until it is taken out with a reason", async () => {
    const [hiddenBefore, openBefore] = await Promise.all([
      until(() => brightness("hidden")),
      until(() => brightness("open")),
    ]);
    expect(hiddenBefore).toBeGreaterThan(40);
    const drawing = await draw("遮挡");
    await drawing.button("新画一块").click();
    await drawing.tap(HIDDEN);
    await drawing.button("保存").click();
    const isPainted = async (): Promise<boolean> => {
      const { masking, state } = (await camera()) ?? {};
      return masking?.state === "painted" && state === "running";
    };
    await until(isPainted, { timeoutMs: 60_000, what: "a mask that is painted" });
    await drawing.page.getByText("遮挡已经生效：主机先涂黑").waitFor();
    await drawing.keep("whole-mask");
    let leaked = 0;
    const isHidden = async (): Promise<boolean> => {
      const [hidden, open] = [await brightness("hidden"), await brightness("open")];
      if (hidden === undefined || open === undefined) return false;
      if (hidden > 24) leaked++;
      return Math.abs(open - openBefore) < 60;
    };
    await until(isHidden, { timeoutMs: 30_000, what: "a picture with the mask" });

    await restart();
    await until(isHidden, { timeoutMs: 60_000, what: "a picture after the restart" });
    expect(leaked).toBe(0);

    const again = await draw("遮挡");
    await again.button("去掉").click();
    await again.page.getByLabel("为什么要露出来？会记下您的名字和原因。").fill("院墙砌高了");
    await again.button("确认去掉").click();
    await again.page.getByText("已去掉。").waitFor();
    await until(async () => ((await brightness("hidden")) ?? 0) > 40, {
      timeoutMs: 60_000,
      what: "a picture without the mask",
    });
    const audit = await get<{ type: string; data: { reason?: string } }[]>("/events?after=0&limit=1000");
    expect(
      audit.filter(({ type }) => type.includes(".mask.")).map(({ type, data }) => [type, data.reason]),
    ).toEqual([
      ["org.cunshao.mask.drawn", undefined],
      ["org.cunshao.mask.removed", "院墙砌高了"],
    ]);
  });
});
