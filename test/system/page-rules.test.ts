import { describe, expect, test } from "vitest";
import type { RuleView } from "../../src/core/rule-edit.ts";
import type { WiringView } from "../../src/core/wiring.ts";
import { goTo, logInOn } from "../support/browser.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { PASSWORD, PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1366, height: 800 } };
const WANG = { kind: "person", name: "王主任" } as const;
const BANK = "东塘有人靠近";

const WIRING: WiringView = {
  speakers: [
    {
      speaker: "pond",
      power: {
        kind: "relay",
        model: "Waveshare Modbus RTU Relay",
        port: "tcp://192.168.1.30:502",
        address: 3,
        channel: 2,
      },
      audio: { kind: "rtp", port: "192.168.1.40:5004", model: "L16" },
      proof: "microphone",
      settleMs: 800,
      maxOnSeconds: 180,
      quieter: [{ fromMinute: 1320, toMinute: 360, volume: 0, warnings: false }],
    },
  ],
  sensors: [
    { sensor: "pond-level", model: "QDY30A", port: "/dev/ttyUSB0", address: 1, pollSeconds: 5 },
    { sensor: "rain", model: "SEN0676", port: "/dev/ttyUSB0", address: 2, pollSeconds: 60 },
  ],
  upstreams: [{ upstream: "township", kind: "http", url: "https://township.example/cunshao" }],
};

describePages("the set-up of a village on the page", () => {
  const rig = setUpPages({
    place: "setup",
    site: { wiring: WIRING },
    async prepare({ accounts, drills, village }) {
      await accounts.add({ username: "installer", passwordHash: PASSWORD_HASH, role: "technician" });
      const [level, rain] = village.state().sensors;
      if (level && rain) village.update({ sensors: [level, { ...rain, value: null, quality: "lost" }] });
      drills.show(
        { plan: { text: "试音", volume: 30 }, speakers: [{ speaker: "pond", running: false }] },
        [],
      );
    },
  });
  const { keep, shows } = rig;

  const bank = (): RuleView => rig.dependencies.ruleDesk.list()[0] as RuleView;
  const editor = () => rig.page.getByRole("dialog", { name: `改规则：${BANK}` });
  const field = (name: string | RegExp) => editor().getByLabel(name);
  const open = () => rig.page.getByRole("button", { name: `改一改：${BANK}` }).click();
  const press = (name: string) => editor().getByRole("button", { name, exact: true }).click();
  const save = () => editor().getByRole("button", { name: "保存", exact: true });

  describe("rules", () => {
    test("read as sentences, are changed with a finger, act so at once, and are put back", async () => {
      await rig.openPage(PHONE, "installer");
      const { page } = rig;
      await shows("东塘塘埂一有人，就报警（警告）；全天；在东塘喇叭喊“水边危险，请速离开” 2 遍，音量 80%");
      await page.locator("#rule-heading").scrollIntoViewIfNeeded();
      await rig.fitsThePage();
      await keep("rules-360");
      await open();
      expect(await save().isDisabled()).toBe(true);
      await field("停留多少秒才报警").fill("12");
      await press("危险");
      await press("星期六");
      await press("星期日");
      await field("从").selectOption("07:30");
      await field("到").selectOption("20:00");
      await field("在东塘喇叭喊").first().fill("水深危险，请马上上来");
      await field("喊几遍").first().fill("3");
      await field("报警后多少秒还没好就加急").fill("45");
      await editor()
        .getByText(
          "东塘塘埂有人停留 12 秒，就报警（危险）；星期一到星期五 07:30 到 20:00；在东塘喇叭喊“水深危险，请马上上来” 3 遍",
        )
        .waitFor();
      // Whoever may speak hears the words before the village does.
      expect(await editor().getByRole("button", { name: "先听一听" }).count()).toBe(2);
      await keep("rule-editor-360");
      await rig.fitsThePage(editor());
      await save().click();
      await editor().getByText("已保存，现在就按这个来。").waitFor();
      expect(bank()).toMatchObject({
        ...{ when: { dwellSeconds: 12 }, alarm: { severity: "danger" } },
        schedule: { days: [1, 2, 3, 4, 5], fromMinute: 450, toMinute: 1200 },
        say: [{ text: "水深危险，请马上上来", repeat: 3, volume: 80 }],
        escalate: [{ afterSeconds: 45, text: "塘边的人请马上离开，已通知村干部" }],
        changed: { by: "installer" },
      });
      await press("恢复成配置文件里的");
      await press("真的恢复？再点一次");
      await editor().getByText("东塘塘埂一有人，就报警（警告）").waitFor();
      expect(bank()).toMatchObject({ when: { dwellSeconds: 0 }, changed: { state: "restored" } });
      await press("关闭");
      await shows("恢复成配置文件里的");
      expect(rig.complaints).toEqual([]);
    });

    test("of a sensor have their levels, and a call for help neither hours nor gravity", async () => {
      await rig.openPage(DESK, "installer");
      const { page } = rig;
      await page.getByRole("button", { name: "改一改：东塘水位过高" }).click();
      const sheet = page.getByRole("dialog");
      await sheet.getByLabel("低于多少解除（m）").fill("3.5");
      await sheet.getByText("解除的数值不能高于报警的数值").waitFor();
      expect(await sheet.getByRole("button", { name: "保存" }).isDisabled()).toBe(true);
      await sheet.getByLabel("高于多少报警（m）").fill("3.6");
      await sheet.getByText("东塘水位超过 3.6 m，持续 60 秒，就报警（危险）；低于 3.5 m 解除").waitFor();
      await keep("rule-level-1366");
      await sheet.getByRole("button", { name: "保存" }).click();
      await sheet.getByText("已保存").waitFor();
      expect(rig.dependencies.ruleDesk.list()[1]?.when).toMatchObject({ above: 3.6, clearBelow: 3.5 });
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "改一改：有人求助" }).click();
      await sheet.getByText("紧急求助不管什么时候都要报").waitFor();
      expect(await sheet.getByRole("button", { name: "危险" }).count()).toBe(0);
      expect(rig.complaints).toEqual([]);
    });

    test("that two people change: the second is told by whom, and loses nothing typed", async () => {
      await rig.openPage(PHONE, "installer");
      await open();
      await field("在东塘喇叭喊").first().fill("快上来");
      await rig.dependencies.ruleDesk.edit("pond-bank", 0, { dwellSeconds: 30 }, WANG);
      const told = editor().getByRole("alert");
      await told.getByText(/^王主任在.*改了这条规则，现在是：$/).waitFor();
      await told.getByText("东塘塘埂有人停留 30 秒").waitFor();
      expect(await save().count()).toBe(0);
      expect(await field("在东塘喇叭喊").first().inputValue()).toBe("快上来");
      await keep("rule-elsewhere-360");
      await press("留我改的");
      await editor()
        .getByText("东塘塘埂有人停留 30 秒，就报警（警告）；全天；在东塘喇叭喊“快上来”")
        .waitFor();
      await save().click();
      await editor().getByText("已保存").waitFor();
      expect(bank()).toMatchObject({ when: { dwellSeconds: 30 }, say: [{ text: "快上来" }] });
      expect(rig.complaints).toEqual([]);
    });

    test("that cannot be saved now, or not so, say why and keep what was typed", async () => {
      await rig.openPage(PHONE, "installer");
      const { page } = rig;
      await open();
      await field("在东塘喇叭喊").first().fill("<b>快上来</b>");
      await save().click();
      await editor()
        .getByText(/^没有保存：.*(标签|尖括号)/)
        .waitFor();
      await field("在东塘喇叭喊").first().fill("快上来");
      await page.route("**/api/v1/rules/**", (route) => route.abort());
      await save().click();
      await editor()
        .getByText(/^没有保存：/)
        .waitFor();
      await press("关闭");
      await shows("还没有保存");
      await page.unroute("**/api/v1/rules/**");
      await open();
      expect(await field("在东塘喇叭喊").first().inputValue()).toBe("快上来");
      await save().click();
      await editor().getByText("已保存").waitFor();
      expect(bank().say[0]?.text).toBe("快上来");
      expect(rig.complaints).toEqual([]);
    });

    test("name the horn that cannot say the words, and are not the next person's as somebody left them", async () => {
      await rig.openPage(PHONE, "installer");
      const words = field("在东塘喇叭喊").first();
      await open();
      await words.fill("龘");
      await save().click();
      await editor()
        .getByText(/^没有保存：.+（东塘喇叭）$/)
        .waitFor();
      await press("关闭");
      await shows("还没有保存");
      await rig.page.getByTitle("退出登录").click();
      await logInOn(rig.page, PASSWORD, "installer");
      await goTo(rig.page, "setup");
      await open();
      expect(await words.inputValue()).toBe("水边危险，请速离开");
      expect(rig.complaints).toEqual([]);
    });

    test("are read by everybody, and changed by nobody who does not set up", async () => {
      await rig.openPage(PHONE, "guest");
      await shows("东塘水位超过 3.2 m，持续 60 秒，就报警（危险）");
      expect(await rig.page.getByRole("button", { name: /^改一改/ }).count()).toBe(0);
      expect(await rig.page.getByText("怎么接的").count()).toBe(0);
      expect(rig.complaints).toEqual([]);
    });
  });

  test.each([PHONE, DESK])("tells how horns, sensors and the township are reached: %o", async (device) => {
    await rig.openPage(device, "installer");
    const { page } = rig;
    await page.getByText("怎么接的，有什么限制").click();
    await shows("用继电器开功放：Waveshare Modbus RTU Relay · tcp://192.168.1.30:502 · 地址 3 · 第 2 路");
    await shows("声音走网络：L16 · 192.168.1.40:5004");
    await shows("有话筒听它响没响");
    await shows("一次最多开 3 分钟");
    await shows("22:00 到 06:00 不响，自动报警照喊");
    await shows("QDY30A · /dev/ttyUSB0 · 地址 1 · 每 5 秒读一次");
    await shows("看看它有没有电，485 的两根线有没有松或者接反");
    await keep(`wiring-${device.viewport.width}`);
    await rig.fitsThePage();
    await page.getByRole("button", { name: "现在演练：东塘喇叭" }).click();
    await shows("正在演练…");
    await page.getByRole("button", { name: "看情况" }).click();
    await page.getByRole("dialog").getByText("推送到 https://township.example/cunshao").waitFor();
    expect(rig.complaints).toEqual([]);
  });
});
