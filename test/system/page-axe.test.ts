import { Readable } from "node:stream";
import { beforeAll, expect, test } from "vitest";
import { axeFindings } from "../support/axe-findings.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { fillPast, raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";

describePages("every place of the page, by axe and WCAG 2.2 AA", () => {
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });
  const rig = setUpPages({
    async prepare(dependencies) {
      await fillPast(dependencies);
      const { map } = dependencies;
      const by = { kind: "person", name: "王主任" } as const;
      await map.bring(Readable.from([picture]), by);
      await map.place([{ kind: "camera", id: "pond-east", x: 0.3, y: 0.4, headingDegrees: 120 }], null, by);
    },
  });

  /** On a recording in which somebody came by. */
  async function tryZone(look: (where: string) => Promise<void>): Promise<void> {
    const { page, dependencies } = rig;
    const { segments, programs } = dependencies.trialRig;
    const atMs = dependencies.clock.now().wallMs - 60_000;
    segments.record({ startMs: atMs, seconds: 10 });
    await page.getByRole("button", { name: "用最近一小时的录像试一试" }).click();
    await look("why a zone is tried");
    await page.getByRole("button", { name: "开始试" }).click();
    const program = await until(() => programs[0]);
    program.answer({
      kind: "alarm",
      alarm: { atMs, boxes: [{ x: 0.4, y: 0.5, width: 0.1, height: 0.2 }] },
      picture: new Uint8Array(picture),
    });
    await page.getByText("已经会报警 1 次").waitFor();
  }

  const PHONE = { width: 360, height: 740 };
  const DESK = { width: 1366, height: 768 };

  test.each([
    { viewport: PHONE, light: "day", size: "usual" },
    { viewport: DESK, light: "night", size: "usual" },
    { viewport: PHONE, light: "night", size: "large" },
    { viewport: DESK, light: "day", size: "large" },
  ])("$viewport.width wide, by $light, in $size letters", async ({ viewport, light, size }) => {
    const display = JSON.stringify(JSON.stringify({ light, size }));
    const options = { viewport, before: `localStorage.setItem("display", ${display})` };
    const found: string[] = [];
    const look = async (where: string): Promise<void> => {
      found.push(...(await axeFindings(rig.page)).map((finding) => `${where}: ${finding}`));
    };
    await rig.visit(options);
    await rig.page.locator("form").waitFor();
    await look("log-in");
    await rig.openPage(options);
    const shown = "document.documentElement.dataset";
    expect(await rig.page.evaluate(`({ ...${shown} })`)).toEqual({ light, size });
    for (const place of [
      "home",
      "look",
      "speak",
      "alarms",
      "playback",
      ...(size === "usual" ? ["setup" as const] : []),
    ] as const) {
      await rig.goTo(place);
      await look(place);
      await rig.fitsThePage();
      await rig.keep(`${place}-${viewport.width}-${light}-${size}`);
    }
    if (size === "usual") {
      await rig.goTo("setup");
      await rig.page
        .getByRole("button", { name: /^改一改/ })
        .first()
        .click();
      await look("a rule");
      await rig.page.keyboard.press("Escape");
    }
    await rig.goTo("look");
    await rig.page.getByRole("link", { name: "地图" }).click();
    await rig.page.locator(".map-mark").first().waitFor();
    await look("the map");
    await rig.page.getByText("列成文字看").click();
    await look("the map in words");
    await rig.button("摆位置").click();
    await rig.button("喇叭 水坝喇叭").click();
    await look("a map that is changed");
    await rig.keep(`map-${viewport.width}-${light}-${size}`);
    await rig.button("不存了").click();
    await rig.goTo("look");
    await rig.page.getByRole("link", { name: "画面" }).click();
    await rig.page.getByRole("button", { name: "放大看东塘" }).click();
    await look("a camera");
    await rig.page.getByRole("button", { name: "回放" }).click();
    await rig.page.getByRole("slider", { name: "录像的时间" }).waitFor();
    await look("a replay");
    await rig.page.getByRole("button", { name: "看直播" }).click();
    await rig.page.getByRole("button", { name: "画区域" }).click();
    await rig.page.getByRole("button", { name: "第 1 个角" }).waitFor();
    await look("a zone");
    await tryZone(look);
    await look("a tried zone");
    for (const [kind, begin, add] of [
      ["进出线", "新画一条", "加一个点"],
      ["遮挡", "新画一块", "加一个角"],
    ] as const) {
      await rig.button(kind).click();
      await rig.button(begin).click();
      for (let points = 0; points < 3; points++) await rig.button(add).click();
      await look(begin);
    }
    await rig.page.getByRole("button", { name: "关闭" }).click();
    await rig.page.getByRole("button", { name: "查找谁来过" }).click();
    await look("the search");
    await rig.page.keyboard.press("Escape");
    await raiseAlarm(rig.dependencies, picture);
    await rig.page.locator(".takeover").waitFor();
    await look("an alarm");
    await rig.keep(`alarm-${viewport.width}-${light}-${size}`);
    await rig.page.getByRole("button", { name: "现场上报" }).click();
    await look("a report");
    await rig.keep(`report-${viewport.width}-${light}-${size}`);
    await rig.page.getByRole("button", { name: "先放着" }).click();
    await rig.putAlarmOff();
    await rig.page.getByTitle("当前用户").click();
    await rig.page.getByRole("heading", { name: "我的账号" }).waitFor();
    await look("accounts");
    expect(found).toEqual([]);
    expect(rig.complaints).toEqual([]);
  });
});
