import { beforeAll, expect, test } from "vitest";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { moving } from "../unit/rules/lesson-samples.ts";

const DUCK = { x: 0.18, y: 0.84, width: 0.04, height: 0.05 };

describePages("误报 on the page", () => {
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });
  const rig = setUpPages({
    place: "setup",
    prepare({ village }) {
      village.snapshotOf = async () => picture;
    },
  });
  const { button, keep, shows } = rig;

  test.each(WIDTHS)("is tapped, says what it teaches, counts, and is taken back, %i wide", async (width) => {
    const { lessons, ledger } = rig.dependencies;
    await rig.openPage(width);
    const { page } = rig;
    await raiseAlarm(rig.dependencies, picture, true, {}, [DUCK]);
    await button("误报", page.locator(".takeover")).click();
    await shows("从现在起不报警：东塘 塘埂画面左下角，很小的东西（像鸭子，或很远的人），一直待在原地的。");
    await shows("走开的、从别处走来的，照样报警");
    await keep(`lesson-asked-${width}`);
    await button("不是误报").click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(lessons.list()).toEqual([]);

    await button("误报", page.locator(".takeover")).click();
    await button("是误报").click();
    await shows("刚学会不报警：东塘 塘埂画面左下角");
    await shows("admin 标为误报");
    await shows("admin 已知道");
    await shows("还没有遇到过");
    await rig.putAlarmOff();
    lessons.sift(moving(0, [DUCK]));
    await shows("近 7 天有 1 次没有报警（今天 1 次）");
    const last = page.getByRole("img", { name: "最近一次没有报警时的画面" });
    await last.waitFor();
    await page.getByRole("button", { name: "放大", exact: true }).last().click();
    await page.locator(".lesson__picture--large").waitFor();
    await keep(`lesson-taught-${width}`);
    await rig.fitsThePage();

    await page.getByRole("button", { name: "撤销 东塘 塘埂左下角" }).first().click();
    await rig.openFirstAlarm();
    await button("误报", page.locator(".takeover")).waitFor();
    await page.getByText("刚学会不报警").waitFor({ state: "detached" });
    expect(lessons.list()).toEqual([]);
    const types = (await ledger.read({ after: 0, limit: 1000 })).map(({ type }) => type);
    expect(types.filter((type) => /lesson\.(taught|ended)|alarm\.false/.test(type))).toEqual([
      "org.cunshao.lesson.taught",
      "org.cunshao.alarm.false",
      "org.cunshao.lesson.ended",
      "org.cunshao.alarm.false_withdrawn",
    ]);
    expect(rig.complaints).toEqual([]);
  });

  test("says plainly when nothing can be learnt, marks it all the same, and takes that back on the card", async () => {
    await rig.openPage(360);
    await raiseAlarm(rig.dependencies, picture);
    await button("误报", rig.page.locator(".takeover")).click();
    await shows("只记为误报，以后照样报警：没有记下它在画面里的位置");
    await button("是误报").click();
    await shows("admin 标为误报");
    await rig.page.locator(".false--marked").getByRole("button", { name: "撤销" }).click();
    await button("误报", rig.page.locator(".takeover")).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("is nothing that a viewer can tap or take back, and everything that a viewer can see", async () => {
    await rig.openPage(1366, "guest");
    await raiseAlarm(rig.dependencies, picture, true, {}, [DUCK]);
    await rig.page.locator("article.alarm").waitFor();
    expect(await button("误报").count()).toBe(0);
    await rig.dependencies.lessons.mark("alarm-1", { kind: "person", name: "王干部" });
    await shows("王干部 标为误报");
    await shows("误报后不再理会的");
    expect(await rig.page.getByRole("button", { name: /撤销/ }).count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });
});
