import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { noCells } from "../../src/core/movement-cells.ts";
import type { Rule } from "../../src/core/site.ts";
import { systemClock } from "../../src/core/time.ts";
import { createLiveView } from "../../src/video/live-view.ts";
import { createPlaybackDesk } from "../../src/video/playback-desk.ts";
import { createLiveDouble, type LiveDouble, TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import type { Dependencies } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1366, height: 768 }, hasTouch: false };
const ROAD = {
  id: "road",
  name: "村口大路",
  points: [
    [0.2, 0.7],
    [0.8, 0.7],
  ],
  inside: "left",
} as const;
const RULE: Rule = {
  id: "night",
  name: "夜里有人进村",
  when: { kind: "line", camera: "pond-east", line: "road", direction: "in" },
  schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
  cooldownSeconds: 60,
  say: [],
  escalate: [],
};

describePages("lines and masks on the page", () => {
  let live: LiveDouble;
  let picture: Buffer;
  beforeAll(async () => {
    picture = takePicture(TEST_PICTURE);
    live = await createLiveDouble(TEST_PICTURE);
  });
  afterAll(() => live?.stop());

  const rig = setUpPages({
    place: "look",
    site: { lines: { "pond-east": [ROAD] }, shapeRules: [RULE] },
    async prepare(dependencies: Dependencies) {
      const { accounts, village, trialRig } = dependencies;
      await accounts.add({ username: "installer", passwordHash: PASSWORD_HASH, role: "technician" });
      await dependencies.zones.start();
      dependencies.showShapes("pond-east");
      const [first] = village.state().rules;
      if (first) village.update({ rules: [...village.state().rules, { ...first, ...RULE }] });
      village.snapshotOf = async () => picture;
      dependencies.live = createLiveView(
        { mpeg1: dependencies.mpeg1, clock: systemClock, log: silentLogger },
        village.state().cameras.map(({ id }) => ({ id, sub: live })),
      );
      const replay = createPlaybackDesk({
        segments: trialRig.segments,
        cameras: ["pond-east"],
        clock: systemClock,
        log: silentLogger,
      });
      dependencies.footage = { ...dependencies.footage, replay };
    },
  });
  const { keep } = rig;

  async function openDrawing(kind: "进出线" | "遮挡", device: typeof DESK): Promise<void> {
    await rig.openPage(device, "installer");
    const { page } = rig;
    await page.getByRole("button", { name: "放大看东塘" }).click();
    await page.getByRole("button", { name: "画区域、线、遮挡" }).click();
    await page.locator(".stage video").waitFor();
    await rig.button(kind).click();
  }

  async function inPixels(x: number, y: number): Promise<{ x: number; y: number }> {
    const frame = await rig.page.locator(".stage__layer").boundingBox();
    if (!frame) throw new Error("no picture");
    return { x: frame.x + x * frame.width, y: frame.y + y * frame.height };
  }

  async function tap(...points: readonly (readonly [number, number])[]): Promise<void> {
    const { page } = rig;
    for (const [x, y] of points) {
      const at = await inPixels(x, y);
      if (page.viewportSize()?.width === PHONE.viewport.width) await page.touchscreen.tap(at.x, at.y);
      else await page.mouse.click(at.x, at.y);
    }
  }

  const lines = () => rig.dependencies.lines.of("pond-east");
  const masks = () => rig.dependencies.masks.of("pond-east");
  const save = () => rig.button("保存");
  const CORNERS = [
    [0.3, 0.1],
    [0.7, 0.1],
    [0.7, 0.4],
    [0.3, 0.4],
  ] as const;
  const mask = (more: object) => {
    const { village } = rig.dependencies;
    const cameras = village
      .state()
      .cameras.map((one) => (one.id === "pond-east" ? { ...one, ...more } : one));
    village.update({ cameras });
  };

  describe("a line", () => {
    test("is drawn with a finger, named, turned about, saved, and taken out", async () => {
      await openDrawing("进出线", PHONE);
      const { page } = rig;
      await rig.button("新画一条").click();
      await page.getByText("线至少要两个点").waitFor();
      await tap([0.2, 0.4], [0.8, 0.5]);
      await page.getByText("线至少要两个点").waitFor({ state: "detached" });
      await page.getByText("还没有规则看这条线").waitFor();
      expect(await page.locator(".stage__side").allTextContents()).toEqual(["村里", "村外"]);
      await keep("line-drawn-360");
      const before = await page.locator(".stage__side").first().boundingBox();
      await rig.button("方向反了，对调").click();
      await until(async () => (await page.locator(".stage__side").first().boundingBox())?.y !== before?.y);
      await page.getByLabel("名字").fill("塘边小路");
      await save().scrollIntoViewIfNeeded();
      await keep("line-named-360");
      await rig.fitsThePage(page.locator(".zones"));
      await save().click();
      await page.getByText("已保存，现在就按这条线数。").waitFor();
      expect(lines()[1]).toMatchObject({ name: "塘边小路", inside: "right", drawn: { by: "installer" } });
      await rig.button("去掉").click();
      await rig.button("真的去掉？再点一次").click();
      await page.getByText("已去掉。").waitFor();
      expect(lines().map(({ id }) => id)).toEqual(["road"]);
      expect(rig.complaints).toEqual([]);
    });

    test("that a rule needs is not taken out: the page says which rule and what to do; it is put back as installed", async () => {
      await openDrawing("进出线", DESK);
      const { page } = rig;
      await page.getByText("规则“夜里有人进村”在看这条线。").waitFor();
      await rig.button("去掉").click();
      await page.getByText("规则“夜里有人进村”要用这条线，不能去掉。").waitFor();
      await keep("line-in-use-1366");
      expect(lines()).toHaveLength(1);
      await page.getByRole("button", { name: "线的第 1 点" }).press("ArrowUp");
      await save().press("Enter");
      await page.getByText("已保存，现在就按这条线数。").waitFor();
      expect(lines()[0]?.points[0]?.[1]).toBeCloseTo(0.69, 6);
      await rig.button("改回原来的").click();
      await rig.button("真的改回？再点一次").click();
      await page.getByText("已改回安装时的线。").waitFor();
      expect(lines()).toEqual([ROAD]);
      expect(rig.complaints).toEqual([]);
    });

    test("that two people draw is told to the second, who sees both and loses nothing", async () => {
      await openDrawing("进出线", DESK);
      const { page, dependencies } = rig;
      await page.getByRole("button", { name: "线的第 1 点" }).press("ArrowUp");
      const by = { kind: "person", name: "老王" } as const;
      const { id, ...theirs } = ROAD;
      await dependencies.lines.draw({ camera: "pond-east", id, by }, { ...theirs, name: "老王的线" });
      await page.getByText(/^老王在.*改过这条线$/).waitFor();
      expect(await save().isDisabled()).toBe(true);
      await keep("line-rival-1366");
      await rig.button("还是用我画的").click();
      await save().click();
      await page.getByText("已保存，现在就按这条线数。").waitFor();
      expect(lines()[0]).toMatchObject({ name: "村口大路", drawn: { by: "installer" } });
      expect(rig.complaints).toEqual([]);
    });

    test("keeps what is drawn where the network is cut in the middle of saving, whether the box has it or not", async () => {
      await openDrawing("进出线", DESK);
      const { page } = rig;
      await rig.button("新画一条").click();
      await tap([0.2, 0.3], [0.8, 0.3]);
      await page.route("**/lines/*", (route) => route.abort());
      await save().click();
      await page.getByText("没有保存：连不上村哨").waitFor();
      await page.getByText("还没有保存").waitFor();
      expect(lines()).toHaveLength(1);
      await page.unroute("**/lines/*");
      // Now the box takes it, and its answer is lost.
      await page.route("**/lines/*", async (route) => {
        await route.fetch();
        await route.abort();
      });
      await save().click();
      await page.getByText(/^installer在.*画的$/).waitFor();
      expect(lines()).toHaveLength(2);
      expect(rig.complaints).toEqual([]);
    });

    test("is tried on the last hour's recording as it is drawn", async () => {
      const { trialRig } = rig.dependencies;
      const startMs = Math.round(systemClock.now().wallMs) - 1_800_000;
      const recorded = trialRig.segments.record({ startMs, seconds: 60, size: "640x360" });
      const span = { fromMs: recorded.startMs, toMs: recorded.endMs, clock: "synced" as const, zones: [] };
      trialRig.movement.add({ camera: "pond-east", ...span, cells: noCells() });
      await openDrawing("进出线", PHONE);
      const { page } = rig;
      await rig.button("用最近一小时的录像试一试").click();
      await rig.button("开始试").click();
      const program = await until(() => trialRig.programs[0]);
      expect(program.questions).toMatchObject([
        { tried: { camera: "pond-east", line: "road" }, lines: [{ id: "road" }], zones: [{ id: "bank" }] },
      ]);
      const seen = { people: 3, inZone: 0, longestStaySeconds: 0, over: { in: 2, out: 1 } };
      program.answer({ kind: "progress", lookedAtSeconds: 60, seen });
      program.answer({ kind: "done" });
      await page.getByText("有人过线：进 2 次，出 1 次，规则都不报。").waitFor();
      await page.getByRole("region", { name: "用录像试一试" }).scrollIntoViewIfNeeded();
      await keep("line-tried-360");
      expect(rig.complaints).toEqual([]);
    });
  });

  describe("a mask", () => {
    test("is drawn, says what it costs and what it would hide, and is taken out with a reason", async () => {
      await openDrawing("遮挡", PHONE);
      const { page } = rig;
      await page.getByText("这台摄像机没有遮挡。").waitFor();
      await rig.button("新画一块").click();
      await tap(...CORNERS);
      await page.getByText("保存后，这台摄像机约 5 秒没有画面。").waitFor();
      await page.getByText("以前的录像不会改").waitFor();
      await keep("mask-drawn-360");
      await rig.fitsThePage(page.locator(".zones"));
      await save().click();
      await page.getByText("已保存。没有遮好以前，不取画面。").waitFor();
      expect(masks()).toMatchObject([{ name: "遮挡 1", added: true, drawn: { by: "installer" } }]);
      mask({ masking: { by: "box", state: "waiting" }, state: "connecting", reason: "privacy.painting" });
      await page.getByText("正在按新的遮挡重新接通，现在没有画面。").waitFor();
      // Not even what the browser showed last.
      await until(async () => !(await page.locator(".stage video").isVisible()));
      await page.locator(".stage").getByText("这是最后的画面").waitFor({ state: "detached" });
      await keep("mask-waiting-360");
      mask({ masking: { by: "box", state: "painted" }, state: "running", reason: "" });
      await page.getByText("遮挡已经生效：主机先涂黑").waitFor();

      await rig.button("去掉").click();
      await page.getByLabel("为什么要露出来？会记下您的名字和原因。").fill("院墙砌高了");
      await keep("mask-reason-360");
      await rig.button("确认去掉").click();
      await page.getByText("已去掉。").waitFor();
      expect(masks()).toEqual([]);
      const audit = await rig.dependencies.ledger.read({ after: 0, limit: 100, class: "audit" });
      expect(
        audit.filter(({ type }) => type.includes(".mask.")).map(({ type, data }) => [type, data["reason"]]),
      ).toEqual([
        ["org.cunshao.mask.drawn", undefined],
        ["org.cunshao.mask.removed", "院墙砌高了"],
      ]);
      expect(rig.complaints).toEqual([]);
    });

    test("asks why it becomes smaller, and says which zones it would hide wholly", async () => {
      await openDrawing("遮挡", DESK);
      const { page, dependencies } = rig;
      await rig.button("新画一块").click();
      await tap([0.01, 0.3], [0.99, 0.3], [0.99, 0.99], [0.01, 0.99]);
      await page.getByText("整个被遮住的：塘埂 村口大路。").waitFor();
      await keep("mask-hides-1366");
      await save().click();
      await until(() => masks().length === 1);
      await rig.button("区域").click();
      await page.getByText("这个区域整个在遮挡下面").waitFor();
      await rig.button("遮挡").click();
      const corner = page.getByRole("button", { name: "遮挡第 1 个角" });
      for (let steps = 0; steps < 6; steps++) await corner.press("ArrowDown");
      await save().click();
      await page.getByLabel("为什么要露出来？会记下您的名字和原因。").fill("画多了");
      await rig.button("确认保存").click();
      await until(() => (masks()[0]?.polygon[0]?.[1] ?? 0) > 0.34);
      expect(dependencies.masks.of("pond-east")).toHaveLength(1);
      expect(rig.complaints).toEqual([]);
    });

    test.each([
      ["onvif.refused", "请安装人员核对这台摄像机的用户名和密码"],
      ["onvif.unreachable", "检查摄像机的电源和网线"],
      ["onvif.unsupported", "请安装人员把配置改成由主机遮挡"],
    ])("that the camera does not confirm says why, and what to do next: %s", async (reason, next) => {
      await openDrawing("遮挡", PHONE);
      const { page } = rig;
      mask({ masking: { by: "camera", state: "waiting" }, state: "refused", reason: "privacy.unconfirmed" });
      await page.getByText("正在等摄像机确认遮挡，确认以前没有画面。").waitFor();
      mask({ masking: { by: "camera", state: "refused", reason } });
      await page.getByText(next).waitFor();
      await keep(`mask-${reason}-360`);
      expect(rig.complaints).toEqual([]);
    });
  });

  test.each([DESK, PHONE])(
    "begin in 设置 for a camera without zones, too, which says how they are made",
    async (device) => {
      await rig.openPage(device, "installer");
      const { page } = rig;
      await rig.goTo("setup");
      await page.getByRole("button", { name: "去画晒谷场的区域、进出线、遮挡" }).click();
      await page.getByRole("button", { name: "画区域、线、遮挡" }).click();
      expect(await rig.button("进出线").getAttribute("aria-pressed")).toBe("true");
      await rig.button("区域").click();
      await page.getByText("这台摄像机还没有区域").waitFor();
      await keep(`draw-without-zones-${device.viewport.width}`);
      await rig.fitsThePage(page.getByRole("region", { name: "在画面上画" }));
    },
  );
});
