import { describe, expect, test } from "vitest";
import { goTo } from "../support/browser.ts";
import { DESK, level, PHONE, pond, setUpDevicePages, weir } from "../support/device-pages.ts";
import { describePages } from "../support/page-rig.ts";

describePages("sensors and speakers set up on the page", () => {
  const pages = setUpDevicePages();
  const { rig, form, field, press, open, save, inForce } = pages;
  const { keep, shows } = rig;

  describe("a sensor", () => {
    test.each([PHONE, DESK])("is changed, told by whom, and put back: %o", async (device) => {
      await rig.openPage(device, "installer");
      await rig.page.locator("#sensor-wiring-heading").scrollIntoViewIfNeeded();
      await rig.fitsThePage();
      await keep(`devices-${device.viewport.width}`);
      await open("东塘水位");
      await form().getByText("这几秒不看、不喊").waitFor();
      expect(await save().isDisabled()).toBe(true);
      await field("地址").fill("300");
      await form().getByText("地址是 1 到 255 的整数").waitFor();
      expect(await save().isDisabled()).toBe(true);
      await field("地址").fill("7");
      await field("多久读一次").fill("10");
      await keep(`sensor-form-${device.viewport.width}`);
      await rig.fitsThePage(form());
      await save().click();
      await inForce();
      await form()
        .getByText(/^installer在.*改过$/)
        .waitFor();
      expect(pages.setUp.kept.changes).toMatchObject([
        {
          list: "sensors",
          id: "pond-level",
          entry: { ...level, address: 7, pollSeconds: 10 },
          by: "installer",
        },
      ]);
      expect(pages.setUp.starts).toBe(1);
      await press("恢复成配置文件里的");
      await press("真的恢复？再点一次");
      await inForce();
      expect(pages.setUp.kept.changes).toEqual([]);
      expect(await field("地址").inputValue()).toBe("1");
      expect(rig.complaints).toEqual([]);
    });

    test("is added, with an id that nobody sees, and taken out again", async () => {
      await rig.openPage(PHONE, "installer");
      await rig.button("加一个传感器").click();
      await field("叫什么").fill("西塘水位");
      await form().getByText("请选型号").waitFor();
      await field("型号").selectOption({ label: "QDY30A submersible level probe（m）" });
      expect(await field("接在哪条线上").inputValue()).toBe("rs485");
      await field("地址").fill("2");
      await form().getByText("“雨量”也是这个地址").waitFor();
      await field("地址").fill("3");
      await press("试读一次");
      await form().getByText("读到 2.31 m").waitFor();
      await keep("sensor-new-360");
      await field("地址").fill("4");
      await form().getByText("读到 2.31 m").waitFor({ state: "hidden" });
      pages.silence();
      await press("试读一次");
      await form().getByText("这个地址没有回应：看看地址对不对").waitFor();
      await keep("sensor-silent-360");
      await rig.fitsThePage(form());
      await field("地址").fill("3");
      await save().click();
      await inForce();
      const fresh = expect.stringMatching(/^sensor-[0-9a-f]{12}$/);
      const added = { id: fresh, name: "西塘水位", profile: "qdy30a", bus: "rs485", address: 3 };
      expect(pages.setUp.kept.changes).toMatchObject([{ entry: added }]);
      await press("返回");
      await open("西塘水位");
      await press("去掉");
      await press("真的去掉？再点一次");
      await form().getByText("已经去掉").waitFor();
      expect(pages.setUp.kept.changes).toEqual([]);
      expect(rig.complaints).toEqual([]);
    });

    test("that a rule needs stays, the rule is named; one of the file that goes can come back", async () => {
      await rig.openPage(PHONE, "installer");
      await open("东塘水位");
      await form().getByText("规则“东塘水位过高”要用它，先改了那里才能去掉。").waitFor();
      expect(await rig.button("去掉", form()).count()).toBe(0);
      await press("返回");
      await open("雨量");
      await press("去掉");
      await press("真的去掉？再点一次");
      await form().getByText("已经去掉").waitFor();
      await press("返回");
      await shows("去掉的");
      await keep("sensor-removed-360");
      await rig.fitsThePage();
      await rig.button("恢复成配置文件里的：雨量").click();
      await rig.button("恢复成配置文件里的：雨量").click();
      await rig.button("改：雨量").waitFor();
      expect(pages.setUp.kept.changes).toEqual([]);
      expect(rig.complaints).toEqual([]);
    });

    test("whose change does not arrive, or does not fit, keeps what was typed", async () => {
      await rig.openPage(PHONE, "installer");
      await open("东塘水位");
      await field("叫什么").fill("塘水位");
      await rig.page.route("**/api/v1/set-up/**", (route) => route.abort());
      await save().click();
      await form()
        .getByText(/^没有存上：/)
        .waitFor();
      await press("关闭");
      await shows("还没有保存");
      await rig.page.unroute("**/api/v1/set-up/**");
      await open("东塘水位");
      expect(await field("叫什么").inputValue()).toBe("塘水位");
      // A rule goes by its level, and rain only counts up.
      await field("型号").selectOption("qingyi-cg04");
      await save().click();
      await form()
        .getByText(/^有一项不对：rules\[0\]/)
        .waitFor();
      expect(await field("叫什么").inputValue()).toBe("塘水位");
      await press("不改了");
      expect(await field("叫什么").inputValue()).toBe("东塘水位");
      expect(pages.setUp.starts).toBe(0);
      expect(rig.complaints).toEqual([]);
    });
  });

  describe("a speaker", () => {
    test.each([PHONE, DESK])("is changed where it is wired, and tried: %o", async (device) => {
      await rig.openPage(device, "installer");
      await open("东塘喇叭");
      await field("接在第几路").fill("99");
      await form().getByText("第几路是 1 到 32 的整数").waitFor();
      await field("接在第几路").fill("4");
      await field("通电后多久能出声").fill("1.2");
      await field("功放一次最长开多久").fill("120");
      await keep(`speaker-form-${device.viewport.width}`);
      await rig.fitsThePage(form());
      await save().click();
      await inForce();
      const { bus, profile, address } = pond.power.relay.modbus;
      expect(pages.setUp.kept.changes[0]?.entry).toEqual({
        ...{ ...pond, settleMs: 1200, maxOnSeconds: 120 },
        power: { relay: { modbus: { bus, profile, address, channel: 4 } } },
      });
      await keep(`speaker-saved-${device.viewport.width}`);
      await form().getByText("新的设置已经在用").waitFor({ state: "hidden" });
      await press("试一声");
      await form().getByText("正在演练…").waitFor();
      expect(rig.complaints).toEqual([]);
    });

    test("on a GPIO has its line and how the relay is triggered", async () => {
      await rig.openPage(PHONE, "installer");
      await open("水坝喇叭");
      await field("GPIO 几号").fill("18");
      await field("低电平有效").check();
      await keep("speaker-gpio-360");
      await save().click();
      await inForce();
      const gpio = { chip: "pinctrl-bcm2711", line: 18, activeLow: true };
      expect(pages.setUp.kept.changes[0]?.entry).toEqual({ ...weir, power: { relay: { gpio } } });
      expect(rig.complaints).toEqual([]);
    });

    test("is made another like it, on a relay that is free", async () => {
      await rig.openPage(PHONE, "installer");
      await rig.button("照这只再加一只：东塘喇叭").click();
      await field("叫什么").fill("西塘喇叭");
      await field("接在第几路").fill("2");
      await form().getByText("这一路已经接了“东塘喇叭”").waitFor();
      await field("接在第几路").fill("5");
      await field("声音送到哪里").fill("rtp://192.168.1.41:5004");
      await keep("speaker-like-360");
      await rig.fitsThePage(form());
      await save().click();
      await inForce();
      expect(pages.setUp.kept.changes).toMatchObject([
        {
          ...{ list: "speakers", id: expect.stringMatching(/^speaker-[0-9a-f]{12}$/) },
          entry: {
            name: "西塘喇叭",
            audio: "rtp://192.168.1.41:5004",
            power: { relay: { modbus: { channel: 5, address: 3 } } },
          },
        },
      ]);
      expect(rig.complaints).toEqual([]);
    });
  });

  test("fits in large letters by night, keyboard first", async () => {
    await rig.openPage({ ...PHONE, colorScheme: "dark" }, "installer");
    await rig.button("大字，少些东西").click();
    const { page } = rig;
    await rig.button("加一个传感器").focus();
    await page.keyboard.press("Enter");
    await field("叫什么").fill("西塘水位");
    await keep("sensor-elder-night");
    await rig.fitsThePage(form());
    await page.keyboard.press("Escape");
    await shows("还没有保存");
    await rig.button("照这只再加一只：水坝喇叭").click();
    await field("GPIO 几号").scrollIntoViewIfNeeded();
    await keep("speaker-elder-night");
    await rig.fitsThePage(form());
    expect(rig.complaints).toEqual([]);
  });

  test("is for those alone who set up", async () => {
    await rig.openPage(PHONE, "guest");
    await goTo(rig.page, "setup");
    await shows("规则");
    expect(await rig.page.getByRole("button", { name: /^(改：|加一个)/ }).count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });
});
