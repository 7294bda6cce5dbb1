import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { noCells } from "../../src/core/movement-cells.ts";
import { systemClock } from "../../src/core/time.ts";
import { createLiveView } from "../../src/video/live-view.ts";
import { createPlaybackDesk } from "../../src/video/playback-desk.ts";
import { createLiveDouble, type LiveDouble, TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";
import type { PlayedProgram } from "../support/zone-trials-double.ts";
import { PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1280, height: 800 }, hasTouch: false };
const TRY = "用最近一小时的录像试一试";
const BOX = { x: 0.4, y: 0.5, width: 0.08, height: 0.3 };

describePages("a zone that is tried on the page", () => {
  let live: LiveDouble;
  let picture: Buffer;
  /** When the minute began that is recorded. */
  let recordedMs = 0;
  beforeAll(async () => {
    picture = takePicture(TEST_PICTURE);
    live = await createLiveDouble(TEST_PICTURE);
  });
  afterAll(() => live?.stop());

  const rig = setUpPages({
    place: "look",
    async prepare(dependencies) {
      const { accounts, village, trialRig } = dependencies;
      await accounts.add({ username: "installer", passwordHash: PASSWORD_HASH, role: "technician" });
      await dependencies.zones.start();
      village.snapshotOf = async () => picture;
      dependencies.live = createLiveView(
        { mpeg1: dependencies.mpeg1, clock: systemClock, log: silentLogger },
        village.state().cameras.map(({ id }) => ({ id, sub: live })),
      );
      const { segments } = trialRig;
      const replay = createPlaybackDesk({
        segments,
        cameras: ["pond-east"],
        clock: systemClock,
        log: silentLogger,
      });
      dependencies.footage = { ...dependencies.footage, replay };
      recordedMs = Math.round(systemClock.now().wallMs) - 1_800_000;
      const { startMs, endMs } = segments.record({ startMs: recordedMs, seconds: 60, size: "640x360" });
      const span = { fromMs: startMs, toMs: endMs, clock: "synced" as const, zones: [], cells: noCells() };
      trialRig.movement.add({ camera: "pond-east", ...span });
    },
  });
  const { keep } = rig;

  async function openDrawing(username: string, device: typeof DESK): Promise<void> {
    await rig.openPage(device, username);
    const { page } = rig;
    await page.getByRole("button", { name: "放大看东塘" }).click();
    await page.getByRole("button", { name: "画区域" }).click();
    await page.getByRole("button", { name: "第 1 个角" }).waitFor();
    await page.locator(".stage video").waitFor();
  }

  /** Answers the reason that was given last in this sitting, or gives one. */
  async function begin(): Promise<PlayedProgram> {
    const { page } = rig;
    const { programs } = rig.dependencies.trialRig;
    await page.getByRole("button", { name: TRY }).click();
    await page.getByRole("button", { name: "开始试" }).click();
    return until(() => programs.at(-1), { what: "the program" });
  }

  const auditedReasons = async () => {
    const audit = await rig.dependencies.ledger.read({ after: 0, limit: 100, class: "audit" });
    return audit.filter(({ type }) => type === "org.cunshao.recording.viewed").map(({ data }) => data);
  };

  test("says what would have alarmed, as it is found, with pictures that open the recording", async () => {
    await openDrawing("admin", PHONE);
    const { page } = rig;
    await page.getByRole("button", { name: "第 1 个角" }).press("ArrowUp");
    const program = await begin();
    await page.getByText("正在看录像，还没有要报警的").waitFor();
    program.answer({ kind: "began", detector: "nanodet-g" });
    const seen = { people: 3, inZone: 3, longestStaySeconds: 12 };
    program.answer({ kind: "progress", lookedAtSeconds: 30, seen });
    const alarmAt = (seconds: number): void =>
      program.answer({
        kind: "alarm",
        alarm: { atMs: recordedMs + seconds * 1000, boxes: [BOX] },
        picture: new Uint8Array(picture),
      });
    alarmAt(20);
    await page.getByText("正在看录像，已经会报警 1 次").waitFor();
    await page.getByRole("region", { name: "用录像试一试" }).scrollIntoViewIfNeeded();
    await keep("trial-running-360");
    alarmAt(30);
    alarmAt(40);
    program.answer({ kind: "done" });
    await page.getByText("这一小时会报警 3 次").waitFor();
    const looks = page.getByRole("button", { name: /^看 .* 的录像$/ });
    expect(await looks.count()).toBe(3);
    await until(async () => (await looks.first().locator("img").evaluate(widthOf)) > 0);
    await page.getByText("这一小时录了 1 分钟").waitFor();
    await page.getByText("还没有规则看这个区域").waitFor();
    await looks.first().scrollIntoViewIfNeeded();
    await keep("trial-alarms-360");
    await rig.fitsThePage(page.locator(".trial"));

    await looks.nth(1).click();
    await until(async () => (await page.locator("dialog video").evaluate(positionOf)) > 0.2, {
      timeoutMs: 60_000,
      what: "the recording to play",
    });
    expect(await auditedReasons()).toMatchObject([
      { purpose: "zone-trial", zone: "bank", reason: "画区域，看看会不会乱报" },
      { reason: "画区域，看看会不会乱报" },
    ]);
    await page.getByRole("button", { name: "看直播" }).click();
    await page.getByText("这一小时会报警 3 次").waitFor();
    await page.getByText("还没有保存").waitFor();
    await page.getByRole("button", { name: "第 1 个角" }).press("ArrowUp");
    await page.getByText("这是改动以前的结果。").waitFor();
    await page.getByRole("button", { name: "按现在画的再试一试" }).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("says what was seen where nothing would have alarmed, and shows an installer no pictures of people", async () => {
    await openDrawing("installer", DESK);
    const { page } = rig;
    const program = await begin();
    const seen = { people: 2, inZone: 0, longestStaySeconds: 0 };
    program.answer({ kind: "progress", lookedAtSeconds: 60, seen });
    program.answer({ kind: "done" });
    await page.getByText("这一小时一次也不会报警").waitFor();
    await page.getByText("看到人 2 次，都没有进这个区域。").waitFor();
    await keep("trial-none-1280");
    await page.getByRole("button", { name: TRY }).click();
    const second = await until(() => rig.dependencies.trialRig.programs[1]);
    second.answer({
      kind: "alarm",
      alarm: { atMs: recordedMs, boxes: [BOX] },
      picture: new Uint8Array(picture),
    });
    await page.getByText("正在看录像，已经会报警 1 次").waitFor();
    await page.getByRole("button", { name: "停下" }).click();
    await page.getByText("停下了，到这里会报警 1 次").waitFor();
    await page.getByText("照片和录像，请值班员或管理员来看。").waitFor();
    expect(await page.locator(".trial img").count()).toBe(0);
    expect(second.isRunning).toBe(false);
    await keep("trial-installer-1280");
    expect(rig.complaints).toEqual([]);
  });

  test("says what to do where there is no recording, and when the program fails", async () => {
    const { segments } = rig.dependencies.trialRig;
    const recorded = segments.segments.splice(0);
    await openDrawing("installer", PHONE);
    const { page } = rig;
    await page.getByRole("button", { name: TRY }).click();
    await page.getByRole("button", { name: "开始试" }).click();
    await page.getByText("这台摄像机没有录像，没法试。").waitFor();
    await keep("trial-no-recording-360");
    segments.segments.push(...recorded);
    await page.getByRole("button", { name: TRY }).click();
    const program = await until(() => rig.dependencies.trialRig.programs[0]);
    program.crash();
    await page.getByText("没有试成：看录像的程序中断了，请再试一次").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("is told to the second of two who draw it, who sees both and loses nothing", async () => {
    await openDrawing("installer", DESK);
    const { page } = rig;
    const { zones } = rig.dependencies;
    await page.getByRole("button", { name: "第 1 个角" }).press("ArrowUp");
    const [before] = zones.zonesOf("pond-east");
    const theirs = (before?.polygon ?? []).map(([x, y]) => [x, Math.min(1, y + 0.02)] as const);
    await zones.draw("pond-east", "bank", { polygon: theirs }, { kind: "person", name: "老王" });
    await page.getByText(/^老王在.*改过这个区域$/).waitFor();
    await page.locator(".stage__rival").waitFor({ state: "attached" });
    expect(await rig.button("保存").isDisabled()).toBe(true);
    await keep("zone-rival-1280");
    await page.getByRole("button", { name: "还是用我画的" }).click();
    await rig.button("保存").click();
    await page.getByText("已保存，现在就按这个看。").waitFor();
    expect(zones.zonesOf("pond-east")[0]?.drawn?.by).toBe("installer");

    await page.getByRole("button", { name: "第 1 个角" }).press("ArrowUp");
    await zones.draw("pond-east", "bank", { polygon: theirs }, { kind: "person", name: "老王" });
    await page.getByRole("button", { name: "不要我画的" }).click();
    await page.getByText(/^老王在.*画的$/).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("is drawn by the keyboard alone", async () => {
    await openDrawing("installer", DESK);
    const { page } = rig;
    await page.getByRole("button", { name: "重新画" }).press("Enter");
    for (let corner = 1; corner <= 3; corner++) {
      await page.getByRole("button", { name: "加一个角" }).press("Enter");
      await page.getByRole("button", { name: `第 ${corner} 个角` }).waitFor();
    }
    const second = page.getByRole("button", { name: "第 2 个角" });
    for (let steps = 0; steps < 20; steps++) await second.press("ArrowDown");
    for (let steps = 0; steps < 20; steps++)
      await page.getByRole("button", { name: "第 3 个角" }).press("ArrowLeft");
    await page.getByText("区域至少要三个角").waitFor({ state: "detached" });
    await rig.button("保存").press("Enter");
    await page.getByText("已保存，现在就按这个看。").waitFor();
    await page.getByRole("button", { name: "第 3 个角" }).press("Delete");
    await page.getByText("区域至少要三个角").waitFor();
    await page.getByRole("button", { name: "退一步" }).press("Enter");
    await page.getByRole("button", { name: "第 3 个角" }).waitFor();
    expect(rig.dependencies.zones.zonesOf("pond-east")[0]?.polygon).toHaveLength(3);
    expect(rig.complaints).toEqual([]);
  });
});

/** Both run in the page. */
function widthOf(image: unknown): number {
  return (image as { naturalWidth: number }).naturalWidth;
}

function positionOf(video: unknown): number {
  return (video as { currentTime: number }).currentTime;
}
