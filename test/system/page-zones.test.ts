import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import type { ZoneView } from "../../src/core/zones.ts";
import { createLiveView } from "../../src/video/live-view.ts";
import { createLiveDouble, type LiveDouble, TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";
import { PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1280, height: 800 }, hasTouch: false };

describePages("zones on the page", () => {
  let live: LiveDouble;
  let picture: Buffer;
  beforeAll(async () => {
    picture = takePicture(TEST_PICTURE);
    live = await createLiveDouble(TEST_PICTURE);
  });
  afterAll(() => live?.stop());

  const rig = setUpPages({
    place: "look",
    async prepare(dependencies) {
      const { accounts, village } = dependencies;
      await accounts.add({ username: "installer", passwordHash: PASSWORD_HASH, role: "technician" });
      await dependencies.zones.start();
      village.snapshotOf = async () => picture;
      dependencies.live = createLiveView(
        { mpeg1: dependencies.mpeg1, clock: systemClock, log: silentLogger },
        village.state().cameras.map(({ id }) => ({ id, sub: live })),
      );
    },
  });
  const { keep } = rig;

  async function openCamera(username: string, device: typeof DESK): Promise<void> {
    await rig.openPage(device, username);
    await rig.page.getByRole("button", { name: "放大看东塘" }).click();
  }

  async function openDrawing(device: typeof DESK): Promise<void> {
    await openCamera("installer", device);
    const { page } = rig;
    await page.getByRole("button", { name: "画区域" }).click();
    await page.getByRole("button", { name: "第 1 个角" }).waitFor();
    // Where a corner is depends on the picture's size: until it plays, the frame may still change.
    await page.locator(".stage video").waitFor();
  }

  const bank = (): ZoneView => rig.dependencies.zones.zonesOf("pond-east")[0] as ZoneView;

  async function inPixels(x: number, y: number): Promise<{ x: number; y: number }> {
    const frame = await rig.page.locator(".stage__layer").boundingBox();
    if (!frame) throw new Error("no picture");
    return { x: frame.x + x * frame.width, y: frame.y + y * frame.height };
  }

  async function tap(x: number, y: number): Promise<void> {
    const { page } = rig;
    const at = await inPixels(x, y);
    if (page.viewportSize()?.width === PHONE.viewport.width) await page.touchscreen.tap(at.x, at.y);
    else await page.mouse.click(at.x, at.y);
  }

  async function drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const { page } = rig;
    const [start, end] = [await inPixels(...from), await inPixels(...to)];
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2);
    await page.mouse.move(end.x, end.y);
    await page.mouse.up();
  }

  const save = () => rig.button("保存");

  test("are drawn with a finger, refused while their sides cross, taken back, saved, and put back", async () => {
    await openDrawing(PHONE);
    const { page } = rig;
    const before = bank().polygon;
    expect(await save().isDisabled()).toBe(true);
    const [first, second] = before as [readonly [number, number], readonly [number, number]];
    // Its second corner goes below the lower side.
    await drag(second, [0.9, 0.99]);
    await page.getByText("区域的边互相交叉了").waitFor();
    expect(await save().isDisabled()).toBe(true);
    await keep("zone-crosses-360");
    await page.getByRole("button", { name: "退一步" }).click();
    await page.getByText("区域的边互相交叉了").waitFor({ state: "detached" });

    await drag(first, [0.2, 0.3]);
    await tap(0.5, 0.98);
    await page.getByRole("button", { name: "第 5 个角" }).waitFor();
    await keep("zone-drawn-360");
    await save().click();
    await page.getByText("已保存，现在就按这个看。").waitFor();
    expect(bank().polygon).toHaveLength(5);
    expect(bank().polygon[0]?.[0]).toBeCloseTo(0.2, 1);
    expect(bank().drawn?.by).toBe("installer");

    await page.getByRole("button", { name: "改回原来的" }).click();
    await page.getByRole("button", { name: "真的改回？再点一次" }).click();
    await page.getByText("已改回安装时的区域。").waitFor();
    expect(bank().polygon).toHaveLength(4);
    const audit = await rig.dependencies.ledger.read({ after: 0, limit: 100, class: "audit" });
    const drawings = audit.filter(({ type }) => type.startsWith("org.cunshao.zone."));
    expect(drawings.map(({ type }) => type)).toEqual(["org.cunshao.zone.drawn", "org.cunshao.zone.restored"]);
    expect(drawings[0]?.data["by"]).toEqual({ kind: "person", name: "installer" });
    expect(rig.complaints).toEqual([]);
  });

  test("lose a corner that is tapped, and say why two corners are none", async () => {
    await openDrawing(DESK);
    const { page } = rig;
    await page.getByRole("button", { name: "第 3 个角" }).click();
    await keep("zone-selected-1280");
    await page.getByRole("button", { name: "删掉这个角" }).click();
    await page.getByRole("button", { name: "第 4 个角" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "第 1 个角" }).press("ArrowUp");
    await page.getByRole("button", { name: "关闭" }).click();
    await page.getByRole("button", { name: "放大看东塘" }).click();
    await page.getByRole("button", { name: "画区域" }).click();
    await page.getByText("还没有保存").waitFor();
    await page.getByRole("button", { name: "退一步" }).click();
    await page.getByRole("button", { name: "重新画" }).click();
    await page.getByText("区域至少要三个角").waitFor();
    for (const [x, y] of [
      [0.2, 0.5],
      [0.8, 0.5],
      [0.8, 0.9],
    ] as const)
      await tap(x, y);
    await page.getByText("区域至少要三个角").waitFor({ state: "detached" });
    await save().click();
    await page.getByText("已保存，现在就按这个看。").waitFor();
    expect(bank().polygon).toHaveLength(3);
    expect(rig.complaints).toEqual([]);
  });

  test("follow the water once its line was tapped at two levels", async () => {
    await openDrawing(PHONE);
    const { page } = rig;
    const { village, levels } = rig.dependencies;
    await page.getByRole("button", { name: "水位线", exact: true }).click();
    await page.getByText("现在水位 2.31 m").waitFor();
    for (const x of [0.1, 0.5, 0.9]) await tap(x, 0.85);
    await keep("water-tapped-360");
    await page.getByRole("button", { name: "记下这条线（水位 2.31 m）" }).click();
    await page.getByText("还差一条").waitFor();
    await save().click();
    await page.getByText("已保存，现在就按这个看。").waitFor();
    expect(bank()).toMatchObject({
      water: { state: "uncalibrated" },
      waterline: { lines: [{ level: 2.31 }] },
    });

    // The next flood.
    const sensors = village
      .state()
      .sensors.map((one) => (one.id === "pond-level" ? { ...one, value: 3.1 } : one));
    village.update({ sensors });
    await page.getByText("现在水位 3.1 m").waitFor();
    for (const x of [0.9, 0.6, 0.1]) await tap(x, 0.6);
    await page.getByRole("button", { name: "记下这条线（水位 3.1 m）" }).click();
    await page.getByText("离水边多远也算危险").waitFor();
    await save().scrollIntoViewIfNeeded();
    await keep("water-two-lines-360");
    await save().click();
    await until(() => bank().waterline?.lines.length === 2);

    const at = { wallMs: 0, monotonicMs: 1 };
    levels.emit({ kind: "reading", sensor: "pond-level", value: 2.7, unit: "m", quality: "good", at });
    await page.getByRole("button", { name: "看画面", exact: true }).click();
    await page.getByText("塘埂：水位 2.7 m，区域跟着水走").waitFor();
    await page.locator(".large .picture__water").waitFor({ state: "attached" });
    await keep("water-follows-360");
    levels.emit({ kind: "reading", sensor: "pond-level", value: null, unit: "m", quality: "lost", at });
    await page.getByText("塘埂：读不到水位，先按较高的水位线（3.1 m）看").waitFor();
    await page.getByRole("button", { name: "关闭" }).click();
    await page.getByText("东塘塘埂读不到水位，先按较高的水位线看").first().waitFor();
    await keep("water-lost-360");
    expect(rig.complaints).toEqual([]);
  });

  test("say in plain words what the box refuses", async () => {
    const { village } = rig.dependencies;
    const far = { id: "far", name: "上游水位", unit: "m", value: 1.2, quality: "good" as const };
    village.update({ sensors: [...village.state().sensors, far] });
    await openDrawing(DESK);
    const { page } = rig;
    await page.getByRole("button", { name: "水位线", exact: true }).click();
    // No water's edge follows a rain gauge.
    expect(await page.getByRole("button", { name: "雨量", exact: true }).count()).toBe(0);
    // This one is none of the sensors that this box can follow.
    await page.getByRole("button", { name: "上游水位", exact: true }).click();
    for (const x of [0.1, 0.9]) await tap(x, 0.85);
    await page.getByRole("button", { name: /^记下这条线/ }).click();
    await save().click();
    await page.getByText("没有保存：没有这个水位传感器").waitFor();
    await keep("water-refused-1280");
    expect(bank().drawn).toBeUndefined();
    const crossing = [
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ];
    const url = `${rig.url}/api/v1/cameras/pond-east/zones/bank`;
    const answer = await page.request.put(url, {
      data: { polygon: crossing },
      headers: { origin: rig.url },
    });
    expect(await answer.json()).toMatchObject({
      status: 422,
      code: "outline.crosses",
      title: "区域的边互相交叉了",
    });
    expect(rig.complaints).toEqual([]);
  });

  test("are not drawn by who only looks", async () => {
    await openCamera("guest", DESK);
    const { page } = rig;
    await page.getByRole("button", { name: "关闭" }).waitFor();
    expect(await page.getByRole("button", { name: "画区域" }).count()).toBe(0);
  });
});
