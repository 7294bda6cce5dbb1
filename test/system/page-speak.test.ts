import { expect, test } from "vitest";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";

const PHONE = { viewport: { width: 360, height: 740 } };
const POND_WORDS = "塘边的人请马上离开，已通知村干部";

describePages("speaking for one alarm, and then for another", () => {
  const rig = setUpPages();
  const takeover = () => rig.page.locator(".takeover");
  const words = () => rig.page.locator("#speak-text");
  const tie = ({ seq }: { readonly seq: number }) => rig.page.getByText(`为报警第 ${seq} 号喊话`).waitFor();
  const speakOfIt = () => rig.button("喊话", takeover()).click();

  async function speakOfThePond(): Promise<void> {
    const alarm = await raiseAlarm(rig.dependencies, undefined);
    await speakOfIt();
    await tie(alarm);
  }
  /** The rule of this one says nothing. */
  async function speakOfTheLevel(): Promise<void> {
    const change = { id: "alarm-2", rule: "pond-high", name: "东塘水位过高" };
    const alarm = await raiseAlarm(rig.dependencies, undefined, true, change);
    await takeover().getByText("东塘水位过高").first().waitFor();
    await speakOfIt();
    await tie(alarm);
  }

  test("has neither the words nor the horns nor the emergency of the first", async () => {
    await rig.openPage(PHONE);
    await speakOfThePond();
    expect(await words().inputValue()).toBe(POND_WORDS);
    await rig.button("应急广播").click();
    await rig.page.getByLabel("什么紧急情况").fill("有人落水");
    await rig.page.getByLabel("我确认情况紧急").check();

    await speakOfTheLevel();
    await rig.keep("speak-next-alarm-360");
    expect(await words().inputValue()).toBe("");
    expect(await rig.page.locator(".emergency--on").count()).toBe(0);
    await words().fill("水涨了，快上岸");
    await rig.page.locator(".speak__submit").click();
    await until(() => rig.dependencies.village.said.length === 1);
    const [said] = rig.dependencies.village.said;
    expect(said).toMatchObject({ alarm: "alarm-2", priority: "local" });
    expect(said?.speakers).toHaveLength(3);
    expect(rig.complaints).toEqual([]);
  });

  test("keeps what was begun for the second while the words for the first are on their way", async () => {
    await rig.openPage(PHONE);
    await speakOfThePond();
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await rig.page.route("**/api/v1/broadcasts", async (route) => {
      await held;
      await route.continue();
    });
    await rig.page.locator(".speak__submit").click();
    await rig.page.getByText("正在交给喇叭").waitFor();
    await speakOfTheLevel();
    await words().fill("水涨了，快上岸");
    answer();
    await rig.page.locator(".speak__submit:enabled").waitFor();
    expect(rig.dependencies.village.said).toMatchObject([{ alarm: "alarm-1" }]);
    expect(await words().inputValue()).toBe("水涨了，快上岸");
    expect(await rig.page.locator(".speak__alarm").count()).toBe(1);
    expect(rig.complaints).toEqual([]);
  });
});
