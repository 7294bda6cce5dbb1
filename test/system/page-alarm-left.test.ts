import { expect, test } from "vitest";
import type { AlarmView } from "../../src/core/village.ts";
import { COUNTS_TONES, logInOn } from "../support/browser.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 } };
const WEIR = "水坝有人靠近";

describePages("who leaves an alarm", () => {
  const rig = setUpPages();
  const taken = (name = "东塘有人靠近") => rig.page.getByRole("alertdialog", { name });
  const tones = () => rig.page.evaluate<number>("tones");

  /** Another one beside it, no graver. */
  async function raiseSecond(first: AlarmView): Promise<void> {
    const second: AlarmView = { ...first, id: "alarm-2", name: WEIR, place: "水坝", seq: first.seq + 1 };
    rig.dependencies.village.update({ alarms: [second, first] });
    await taken().getByRole("button", { name: "另有 1 个，看下一个" }).waitFor();
  }

  test("because it is over has seen nothing of one that came meanwhile: that has the page, and rings on", async () => {
    await rig.openPage({ ...PHONE, before: COUNTS_TONES });
    const first = await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    // The answer is there before the page hears by its stream that the alarm is over.
    await rig.page.route("**/clear", async (route) => {
      await raiseSecond(first);
      await route.fulfill({ status: 204 });
    });
    await taken().getByRole("button", { name: "解除" }).click();
    await taken().getByRole("button", { name: "真的解除？再点一次" }).click();
    await taken(WEIR).waitFor();
    const before = await tones();
    await until(async () => (await tones()) >= before + 4, { what: "the bell to ring on" });
    expect(rig.complaints).toEqual([]);
  });

  test("for later puts off what he has seen: not one that came under his finger", async () => {
    await rig.openPage(PHONE);
    const first = await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    await rig.page.locator(".takeover__inner--settling").waitFor({ state: "detached" });
    await rig.page.evaluate(`
      new MutationObserver((_changes, watch) => {
        const buttons = [...document.querySelectorAll(".takeover__button")];
        if (buttons.length < 2) return;
        watch.disconnect();
        buttons.at(-1).click();
      }).observe(document.body, { childList: true, subtree: true });`);
    const second: AlarmView = { ...first, id: "alarm-2", name: WEIR, seq: first.seq + 1 };
    rig.dependencies.village.update({ alarms: [second, first] });
    await taken(WEIR).waitFor();
    await rig.putAlarmOff();
    await rig.page.getByRole("list", { name: "没人管的报警" }).getByText(WEIR).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("for later has not put it off for the next person", async () => {
    await rig.openPage(1366);
    await raiseAlarm(rig.dependencies, undefined);
    await taken().waitFor();
    await rig.putAlarmOff();
    await rig.page.getByRole("button", { name: "退出" }).click();
    await logInOn(rig.page, PASSWORD, "guest");
    await taken().waitFor();
    expect(rig.complaints).toEqual([]);
  });
});
