import { expect, test } from "vitest";
import type { UpstreamState } from "../../src/core/delivery.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";

const CUT_OFF: UpstreamState = {
  id: "township",
  kind: "http",
  status: "unreachable",
  since: "2026-07-01T05:00:00.000Z",
  lastHeardAt: "2026-07-01T05:00:00.000Z",
  waitingEvents: 1200,
  waitingAlarms: 3,
  secondsToSend: 400,
  deadLetters: 2,
  reason: "upstream.network",
};

const LINE = /乡镇联系不上，已存 1200 条等着传（报警 3 条），通了以后约 7 分钟能传完，2 条被拒收/;

describePages("上传情况 on the page", () => {
  const rig = setUpPages({
    prepare({ village, upstreams }) {
      village.update({ upstreams: [CUT_OFF] });
      upstreams.shown.push(CUT_OFF);
      const at = "2026-07-01T04:30:00.000Z";
      upstreams.letters.push(
        {
          ...{ upstream: "township", seq: 41, class: "alarm", type: "org.cunshao.alarm.raised", at },
          ...{ code: "upstream.rejected", said: "severity is unknown" },
        },
        {
          ...{ upstream: "township", seq: 17, class: "state", type: "org.cunshao.camera.changed", at },
          code: "upstream.too_large",
        },
      );
    },
  });
  const { keep } = rig;

  test.each(WIDTHS)(
    "says what is true of the township, and sends again what it refused, %i wide",
    async (width) => {
      const { upstreams, village } = rig.dependencies;
      await rig.openPage(width);
      const { page } = rig;
      await page
        .getByRole("status")
        .getByText(/^乡镇联系不上已 .*，1200 条等着传（报警 3 条）$/)
        .waitFor();
      await page.getByRole("button", { name: LINE }).click();
      const sheet = page.getByRole("dialog", { name: "上传情况" });
      for (const text of [
        "现在不通：网络不通",
        /最后一次联系上：.* 13:00/,
        "等着传的 1200 条，其中报警 3 条",
        "通了以后约 7 分钟能传完",
        "2 条被拒收",
        /第 41 条，.*：不接受/,
        "上级的回答：severity is unknown",
        /第 17 条，.*：太大/,
      ]) {
        await sheet.getByText(text).first().waitFor();
      }
      const unsent = {
        events: 1500,
        firstAt: "2026-06-01T04:00:00.000Z",
        lastAt: "2026-06-03T04:00:00.000Z",
      };
      village.update({ letGo: { sent: { events: 90_000 }, unsent } });
      await sheet.getByText("丢掉过 1500 条没送走的记录（6月1日到6月3日的）", { exact: false }).waitFor();
      await keep(`upstreams-${width}`);
      await rig.fitsThePage(sheet);

      const second = sheet.getByRole("listitem").filter({ hasText: "第 17 条" });
      await rig.button("再发一次", second).click();
      await second.waitFor({ state: "detached" });
      expect(upstreams.retried).toEqual(["township 17"]);

      // Somebody else was faster: it says so, and the rest stays.
      upstreams.letters.splice(0);
      const first = sheet.getByRole("listitem").filter({ hasText: "第 41 条" });
      await rig.button("再发一次", first).click();
      await sheet.getByRole("alert").getByText("没有成功：已经重新发送").waitFor();

      const well: UpstreamState = {
        ...{ id: "township", kind: "http", status: "connected", since: CUT_OFF.since },
        ...{ lastHeardAt: CUT_OFF.since, waitingEvents: 0, waitingAlarms: 0, deadLetters: 0 },
      };
      village.update({ upstreams: [well] });
      await sheet.getByText("没有等着传的").waitFor();
      expect(await sheet.getByText("现在不通").count()).toBe(0);
      await rig.button("关闭", sheet).click();
      await sheet.waitFor({ state: "detached" });
      await page.getByRole("button", { name: /^乡镇 13:00(:00)? 收到$/ }).waitFor();
      expect(rig.complaints).toEqual([]);
    },
  );

  test("shows who may only look how far the township is, and no refused record", async () => {
    await rig.openPage(WIDTHS[1], "guest");
    const { page } = rig;
    await page.getByRole("button", { name: LINE }).click();
    const sheet = page.getByRole("dialog", { name: "上传情况" });
    await sheet.getByText("2 条被拒收").waitFor();
    expect(await sheet.getByText("被拒收的记录").count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });
});
