import { expect, test } from "vitest";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { ago } from "../support/sample-village.ts";

describePages("the water on the page", () => {
  const rig = setUpPages({
    place: "look",
    prepare({ clock, readings }) {
      for (let minutes = 1_400; minutes >= 0; minutes -= 5) {
        // From four to three hours ago it did not answer.
        const isLost = minutes > 180 && minutes <= 240;
        const value = isLost ? null : 2.4 + Math.sin(minutes / 200);
        const quality = isLost ? "lost" : "good";
        readings.add({ sensor: "pond-level", at: ago(clock, minutes), value, quality });
      }
    },
  });
  const { button, shows } = rig;

  test.each(WIDTHS)(
    "a sensor shows its curve, the levels that alarm and when it did not answer, %i wide",
    async (width) => {
      await rig.openPage(width);
      const { page } = rig;
      const loaded: string[] = [];
      page.on("request", (request) => loaded.push(request.url()));
      await button("看曲线：东塘水位").click();
      const sheet = page.getByRole("dialog", { name: "东塘水位的曲线" });
      await sheet.locator("canvas").waitFor();
      expect(loaded.some((url) => /assets\/CurveSheet/.test(url))).toBe(true);
      await sheet.getByText("东塘水位过高").waitFor();
      await sheet.getByText("超过 3.20 m 报警").waitFor();
      await sheet.getByText("传感器没有回答").waitFor();
      await sheet.getByText(/^3\.\d\d m · /).waitFor();
      await rig.keep(`curve-${width}`);
      await rig.fitsThePage(sheet);
      for (const span of ["7天", "汛期"]) {
        await button(span, sheet).click();
        await sheet.locator(`button[aria-pressed=true]`, { hasText: span }).waitFor();
      }
      await rig.keep(`curve-season-${width}`);
      await sheet.getByRole("button", { name: "关闭" }).click();
      await sheet.waitFor({ state: "detached" });
      expect(rig.complaints).toEqual([]);
    },
  );

  test("a sensor that never said anything is told to be so", async () => {
    await rig.openPage(360);
    await button("看曲线：雨量").click();
    await shows("这段时间没有读数。");
    await shows("没有去读（停电、重启或还没有装）");
  });
});
