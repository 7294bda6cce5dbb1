import { expect, test } from "vitest";
import type { DrillRecord } from "../../src/core/drill.ts";
import { drillRecord } from "../support/drills-double.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";

describePages("演练 on the page", () => {
  const rig = setUpPages({ place: "setup" });
  const { keep, shows } = rig;

  const past: readonly DrillRecord[] = [
    drillRecord("pond", { by: { kind: "schedule", name: "drill" } }),
    drillRecord("village", {
      result: "failed",
      score: { passed: 4, of: 5 },
      steps: drillRecord("village").steps.map((step) =>
        step.step === "heard" ? { step: "heard", result: "failed", reason: "hearing.no_sound" } : step,
      ),
    }),
  ];

  test.each(WIDTHS)(
    "shows what each horn last did, begins one, and prints its record, %i wide",
    async (width) => {
      const { drills, village } = rig.dependencies;
      const [pond, villageLast] = past;
      drills.show(
        {
          plan: { text: "这是喇叭试音，请不要惊慌", volume: 30, weekly: { weekday: 7, minute: 600 } },
          next: "2026-07-05T02:00:00.000Z",
          speakers: [
            { speaker: "pond", running: false, last: pond },
            {
              speaker: "village",
              running: false,
              last: villageLast,
              overdueSince: "2026-06-28T02:00:00.000Z",
            },
          ],
        },
        past,
      );
      village.update({
        speakers: village
          .state()
          .speakers.map((one) => (one.speaker === "village" ? { ...one, fault: "hearing.no_sound" } : one)),
      });
      await rig.openPage(width);
      const { page } = rig;
      await shows("每星期日 10:00 小声试一遍");
      await shows("5 步过了 4 步");
      await shows("喇叭开了，但没有听到声音：检查功放和接线");
      await shows("该演练还没演练");
      await page.locator(".drill").first().scrollIntoViewIfNeeded();
      await keep(`drills-${width}`);
      expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);

      await page
        .locator(".drill")
        .first()
        .getByRole("button", { name: /^现在演练/ })
        .click();
      await shows("正在演练…");
      expect(drills.begun).toEqual([{ speakers: ["pond"], by: { kind: "person", name: "admin" } }]);

      await page
        .getByRole("button", { name: /演练记录$/ })
        .last()
        .click();
      const sheet = page.getByRole("dialog");
      await sheet.getByRole("rowheader", { name: "听到声音" }).waitFor();
      await sheet.getByText("没通过").waitFor();
      await keep(`drill-record-${width}`);
      await page.emulateMedia({ media: "print" });
      await keep(`drill-print-${width}`);
      expect(await page.locator("header").first().isVisible()).toBe(false);
      expect(await sheet.getByRole("button", { name: "打印" }).isVisible()).toBe(false);
      expect(await sheet.getByText("功放断电").isVisible()).toBe(true);
      await page.emulateMedia({ media: "screen" });
      await sheet.getByRole("button", { name: "关闭" }).click();
      await sheet.waitFor({ state: "detached" });
      expect(rig.complaints).toEqual([]);
    },
  );
});
