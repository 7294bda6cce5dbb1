import { expect, test } from "vitest";
import type { BroadcastOrder } from "../../src/core/broadcast.ts";
import { GatewayError } from "../../src/core/errors.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

const WAITING: BroadcastOrder = {
  id: "b7",
  source: { kind: "township", name: "town" },
  priority: "township",
  speakers: ["pond"],
  content: { kind: "text", text: "明天上午开会" },
  repeat: 1,
  volume: 60,
};

describePages("horns on the page", () => {
  const rig = setUpPages({ place: "speak" });
  const { button, shows } = rig;

  test.each(WIDTHS)("an emergency, what waits, the kill switch and programmes, %i wide", async (width) => {
    const { village } = rig.dependencies;
    await rig.openPage(width);
    const { page } = rig;

    village.refuseToSay = new GatewayError("Night", { code: "guard.quiet_hours", kind: "permanent" });
    await page.getByLabel("喊什么").fill("水库要垮坝，马上上山");
    await page.locator("#speak").getByRole("button", { name: "喊话", exact: true }).click();
    await shows("没有喊成：夜间静音，真有急事请用应急");
    village.refuseToSay = undefined;
    await button("应急广播").click();
    const send = button("发出应急广播");
    expect(await send.isDisabled()).toBe(true);
    await page.getByLabel("什么紧急情况").fill("水库要垮坝");
    expect(await send.isDisabled()).toBe(true);
    await page.getByLabel("我确认情况紧急").check();
    await page.locator("#speak").scrollIntoViewIfNeeded();
    await rig.keep(`emergency-${width}`);
    await send.click();
    await until(() => village.said.length > 0, { timeoutMs: 10_000, what: "the emergency" });
    expect(village.said[0]).toMatchObject({ priority: "emergency", reason: "水库要垮坝", person: "admin" });

    village.update({
      horns: {
        groups: [{ id: "east", name: "东片", speakers: ["pond"] }],
        queue: [{ order: WAITING, speakers: ["pond"], waitsFor: "clock" }],
        killSwitch: { input: "mute", closed: true },
      },
    });
    await shows("静音开关已合上，所有喇叭都不响");
    await shows("等时间校准");
    await button("停止：明天上午开会").waitFor();
    await button("东片").waitFor();

    await shows("早铃");
    await button("跳过下一次").click();
    await shows("不播");
    await button("照常播").click();
    await button("停播").click();
    await page.getByLabel("为什么停播").fill("放假");
    await button("停播").click();
    await shows("admin 停播：放假");
    await rig.keep(`horns-${width}`);
    await button("恢复播").click();
    await button("跳过下一次").waitFor();
    await rig.fitsThePage();
    expect(rig.complaints).toEqual([]);
  });
});
