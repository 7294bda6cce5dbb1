import { expect, test } from "vitest";
import { level, PHONE, setUpDevicePages } from "../support/device-pages.ts";
import { describePages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";
import { BELL } from "../unit/panel/panel-fixture.ts";

const WANG = { kind: "person", name: "王主任" } as const;

describePages("sensors and speakers of which others make something meanwhile", () => {
  const pages = setUpDevicePages();
  const { rig, form, field, press, open, save, inForce } = pages;
  const { keep } = rig;

  test("a sensor that two people change: the second is told by whom, and loses nothing typed", async () => {
    await rig.openPage(PHONE, "installer");
    await open("东塘水位");
    await field("叫什么").fill("塘水位");
    const theirs = { list: "sensors", id: "pond-level", entry: { ...level, address: 9 } } as const;
    await pages.setUp.change(0, [theirs], {}, WANG);
    await save().click();
    await form()
      .getByText(/^王主任在.*也改了这一项，现在是：$/)
      .waitFor();
    await form()
      .getByText(/地址 9 · 每 5 秒读一次/)
      .waitFor();
    await keep("sensor-theirs-360");
    await press("留我改的");
    expect(await field("叫什么").inputValue()).toBe("塘水位");
    await save().click();
    await inForce();
    expect(pages.setUp.kept.changes).toMatchObject([
      { entry: { name: "塘水位", address: 9 }, by: "installer" },
    ]);
    expect(rig.complaints).toEqual([]);
  });

  test("a sensor that somebody else takes out meanwhile is told to be gone, and can be kept", async () => {
    const theirs = {
      list: "sensors",
      id: "west",
      entry: { ...level, id: "west", name: "西塘水位" },
    } as const;
    const { version } = await pages.setUp.change(0, [theirs], {}, WANG);
    await rig.openPage(PHONE, "installer");
    await open("西塘水位");
    await field("地址").fill("8");
    await pages.setUp.change(version, [{ ...theirs, entry: null }], {}, WANG);
    await save().click();
    await form().getByText("这一项刚去掉了。").waitFor();
    await keep("sensor-gone-360");
    await press("留我改的");
    expect(await rig.button("去掉", form()).count()).toBe(0);
    await save().click();
    await inForce();
    expect(pages.setUp.kept.changes).toMatchObject([{ id: "west", entry: { address: 8 }, by: "installer" }]);
    expect(rig.complaints).toEqual([]);
  });

  test("a sensor whose waterline somebody drew on the page stays, the zone is named", async () => {
    const { village } = rig.dependencies;
    const state = village.state();
    const waterline = { sensor: "rain", margin: 0.02, lines: [] };
    const cameras = state.cameras.map((camera) => ({
      ...camera,
      zones: camera.zones.map((zone) => ({ ...zone, waterline })),
    }));
    village.update({ ...state, cameras });
    await rig.openPage(PHONE, "installer");
    await open("雨量");
    await form()
      .getByText(/的“.*”要用它，先改了那里才能去掉。$/)
      .waitFor();
    expect(await rig.button("去掉", form()).count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });

  test("a sensor that is new is one, however often its answer is lost", async () => {
    await rig.openPage(PHONE, "installer");
    const { page } = rig;
    await rig.button("加一个传感器").click();
    await field("叫什么").fill("西塘水位");
    await field("型号").selectOption("qdy30a");
    await field("地址").fill("3");
    const loseAnswers = async () => {
      await page.route(/\/api\/v1\/set-up(\/changes)?$/, async (route) => {
        if (route.request().method() === "POST") await route.fetch();
        await route.abort();
      });
      await save().click();
      await form()
        .getByText(/^没有存上：/)
        .waitFor();
      await page.unroute(/\/api\/v1\/set-up(\/changes)?$/);
    };
    await loseAnswers();
    expect(pages.setUp.kept.changes).toHaveLength(1);
    await press("关闭");
    await rig.button("加一个传感器").click();
    await field("地址").fill("4");
    await save().click();
    await form()
      .getByText(/^没有存上：/)
      .waitFor();
    await save().click();
    await inForce();
    expect(pages.setUp.kept.changes).toMatchObject([{ entry: { name: "西塘水位", address: 4 } }]);
    await field("叫什么").fill("塘水位");
    await loseAnswers();
    await save().click();
    await inForce();
    expect(await save().isDisabled()).toBe(true);
    expect(pages.setUp.kept.changes).toMatchObject([{ entry: { name: "塘水位", address: 4 } }]);
    expect(rig.complaints).toEqual([]);
  });

  test("a sensor on which somebody types on while it is saved loses nothing of that", async () => {
    await rig.openPage(PHONE, "installer");
    await open("东塘水位");
    await field("地址").fill("7");
    let [isAsked, answer] = [false, (): void => {}];
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await rig.page.route("**/api/v1/set-up/changes", async (route) => {
      isAsked = true;
      await answered;
      await route.continue();
    });
    await save().click();
    await until(() => isAsked);
    await field("叫什么").fill("塘水位");
    answer();
    await inForce();
    expect(pages.setUp.kept.changes).toMatchObject([{ entry: { name: "东塘水位", address: 7 } }]);
    expect(await field("叫什么").inputValue()).toBe("塘水位");
    await save().click();
    await until(() => pages.setUp.starts === 2);
    expect(pages.setUp.kept.changes).toMatchObject([{ entry: { name: "塘水位", address: 7 } }]);
    expect(rig.complaints).toEqual([]);
  });

  test("a speaker that a programme calls by stays, the programme is named, also one of this moment", async () => {
    await rig.openPage(PHONE, "installer");
    await open("东塘喇叭");
    await form().getByText("规则“东塘水位过高”、节目《早铃》要用它，先改了那里才能去掉。").waitFor();
    await keep("speaker-used-360");
    await rig.fitsThePage(form());
    expect(await rig.button("去掉", form()).count()).toBe(0);
    await press("返回");
    await open("水坝喇叭");
    await press("去掉");
    const lesson = { ...BELL, name: "放学", speakers: ["weir-horn"] };
    await rig.dependencies.programmes.write("lesson", lesson, 0, WANG);
    await press("真的去掉？再点一次");
    await form().getByText("节目《放学》要用它，先改了那里才能去掉。").waitFor();
    expect(pages.setUp.kept.changes).toEqual([]);
    expect(rig.complaints).toEqual([]);
  });
});
