import type { Locator, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { UpstreamState } from "../../src/core/delivery.ts";
import type { LeftOutChange, SetUpView } from "../../src/core/set-up.ts";
import type { WiringView } from "../../src/core/wiring.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1366, height: 800 } };
const WANG = { kind: "person", name: "王主任" } as const;

const TOWNSHIP = {
  id: "township",
  kind: "http",
  url: "https://township.example/cunshao",
  token: { secret: "township-token" },
  signing: [{ secret: "township-signing" }],
};
const CUT_OFF: UpstreamState = {
  ...{ id: "township", kind: "http", status: "unreachable", reason: "upstream.network" },
  ...{ since: "2026-07-01T05:00:00.000Z", waitingEvents: 1200, waitingAlarms: 3 },
};
const BY = { by: "李师傅", at: "2026-07-01T05:00:00.000Z" };
const WIRING: WiringView = {
  speakers: [],
  sensors: [],
  upstreams: [{ upstream: "township", kind: "http", url: TOWNSHIP.url }],
};

describePages("上级平台, set up on the page", () => {
  const rig = setUpPages({
    place: "setup",
    site: { wiring: WIRING, written: { upstreams: [TOWNSHIP] } },
    prepare({ village }) {
      village.update({ upstreams: [CUT_OFF] });
    },
  });
  const { keep, button } = rig;

  const list = () => rig.page.getByRole("dialog", { name: "上传情况" });
  const form = (name = "改上级平台：乡镇") => rig.page.getByRole("dialog", { name, exact: true });
  const field = (name: string, within: Locator = form()) => within.getByLabel(name, { exact: true });
  const save = (within: Locator = form()) => button("保存", within);
  const written = () => rig.dependencies.setUp.view().entries.filter((one) => one.list === "upstreams");
  /** By itself, not as part of what is around it. */
  const gone = (dialog: Locator) => dialog.waitFor({ state: "detached" });

  async function openList(): Promise<void> {
    await rig.page
      .getByRole("listitem")
      .filter({ hasText: "上传给乡镇" })
      .getByRole("button", { name: "看情况" })
      .click();
    await list().waitFor();
  }
  async function openForm(): Promise<void> {
    await openList();
    await button("改上级平台：乡镇", list()).click();
    await form().waitFor();
  }

  test.each([PHONE, DESK])("is changed, with what has no field untouched: %o", async (device) => {
    await rig.openPage(device);
    const { width } = device.viewport;
    await openForm();
    expect(await save().isDisabled()).toBe(true);
    await form().getByText("照旧不变，要改请改配置文件：签名").waitFor();
    await form().getByText("还有 1200 条（报警 3 条）等着传给它").waitFor();
    await field("平台的地址").fill("http://township.example/in");
    await form().getByText("这个地址不加密").waitFor();
    await field("图片和录像最多占多少网（kbit/s）").fill("256k");
    await form().getByText("要填 16 到 1000000 的整数").waitFor();
    expect(await save().isDisabled()).toBe(true);
    await keep(`upstream-form-fault-${width}`);
    await field("平台的地址").fill("https://township.example/in");
    await field("图片和录像最多占多少网（kbit/s）").fill("256");
    await field("口令（token）").fill("7f3a");
    await form().getByText("保存以后村哨重新启动几秒钟").waitFor();
    await keep(`upstream-form-${width}`);
    await rig.fitsThePage(form());
    await save().click();
    await gone(form());
    // Seen in the dialog that still lies over the page.
    await list().getByRole("status").getByText("新的设置已经在用").waitFor();
    await keep(`upstream-saved-${width}`);
    const { kept } = rig.dependencies.setUp;
    const changed = {
      ...{ ...TOWNSHIP, url: "https://township.example/in" },
      ...{ token: { secret: "page-township-token" }, evidenceKbitPerSecond: 256 },
    };
    expect(kept.changes).toMatchObject([{ list: "upstreams", id: "township", entry: changed, by: "admin" }]);
    expect(kept.secrets).toEqual({ "page-township-token": "7f3a" });

    await button("改上级平台：乡镇", list()).click();
    expect(await field("口令（token）").inputValue()).toBe("");
    await form()
      .getByText(/^admin在网页上改的，/)
      .waitFor();
    await button("恢复成配置文件里的", form()).click();
    await button("真的恢复？再点一次", form()).click();
    await gone(form());
    expect(written()).toEqual([{ list: "upstreams", id: "township", entry: TOWNSHIP, origin: "file" }]);
    expect(rig.complaints).toEqual([]);
  });

  test.each([PHONE, DESK])(
    "is added, and taken out by who has read what then is not sent: %o",
    async (device) => {
      await rig.openPage(device);
      await openList();
      await button("加一个上级平台", list()).click();
      const adding = form("加一个上级平台");
      await button("消息服务器（MQTT）", adding).click();
      await adding.getByText("还要填编号").waitFor();
      await field("编号", adding).fill("township");
      await adding.getByText("这个编号已经有了").waitFor();
      await field("编号", adding).fill("county");
      await field("平台的地址", adding).fill("mqtts://county.example:8883");
      await field("用户名", adding).fill("village-7");
      await adding.getByText("填了用户名，还要填密码").waitFor();
      await field("密码", adding).fill("7f3a");
      await keep(`upstream-new-${device.viewport.width}`);
      await rig.fitsThePage(adding);
      await save(adding).click();
      await gone(adding);
      expect(written()[1]).toMatchObject({
        origin: "added",
        entry: {
          ...{ id: "county", kind: "mqtt", url: "mqtts://county.example:8883" },
          login: { username: "village-7", password: { secret: "page-county-password" } },
        },
      });

      await button("改上级平台：乡镇", list()).click();
      await form().getByText("还有 1200 条（报警 3 条）等着传给它，去掉以后就不再传给它").waitFor();
      await button("去掉这个上级平台", form()).click();
      await button("真的去掉？再点一次", form()).click();
      await gone(form());
      await list()
        .getByText(/^admin在网页上去掉的，/)
        .waitFor();
      await keep(`upstream-removed-${device.viewport.width}`);
      expect(written()[0]).toMatchObject({ id: "township", origin: "removed" });
      await button("恢复成配置文件里的", list()).click();
      await button("真的恢复？再点一次", list()).click();
      await until(() => written()[0]?.origin === "file", { what: "the upstream as configured" });
      expect(rig.complaints).toEqual([]);
    },
  );

  test("that cannot be saved keeps what was typed, and says why", async () => {
    await rig.openPage(PHONE);
    const { page } = rig;
    await openForm();
    await field("平台的地址").fill("https://township.example/new");
    const refusal = { code: "set_up.invalid", title: "no", detail: "upstreams[0].url: expected an address" };
    await page.route("**/set-up/changes", (route) => route.fulfill({ status: 422, json: refusal }));
    await save().click();
    await form().getByText("有一项不对：upstreams[0].url: expected an address").waitFor();
    await page.unroute("**/set-up/changes");
    await page.route("**/set-up/changes", (route) => route.abort());
    await save().click();
    await form()
      .getByText(/^没有存上：/)
      .waitFor();
    await button("关闭", form()).click();
    await list().getByText("改了还没有保存").waitFor();
    await page.unroute("**/set-up/changes");
    await button("改上级平台：乡镇", list()).click();
    expect(await field("平台的地址").inputValue()).toBe("https://township.example/new");
    await save().click();
    await gone(form());
    expect(written()[0]?.entry["url"]).toBe("https://township.example/new");
    expect(rig.complaints).toEqual([]);
  });

  test.each(["白天", "夜里"])("fits a phone in large letters: %s", async (light) => {
    await rig.openPage(PHONE);
    await button(light).click();
    await button("大字，少些东西").click();
    await openForm();
    await field("平台的地址").fill("http://township.example/in");
    await form().getByText("这个地址不加密").waitFor();
    await form().getByText("地址换了，口令要再填一次").waitFor();
    await field("口令（token）").fill("7f3a");
    await keep(`upstream-form-large-${light}`);
    await rig.fitsThePage(form());
    await save().click();
    await gone(form());
    await list().getByRole("status").getByText("新的设置已经在用").waitFor();
    await keep(`upstream-saved-large-${light}`);
    await rig.fitsThePage(list());
    await button("关闭", list()).click();
    await rig.page.locator("#changed-heading").scrollIntoViewIfNeeded();
    await keep(`changed-large-${light}`);
    await rig.fitsThePage();
    expect(rig.complaints).toEqual([]);
  });

  test("is changed by nobody who does not set up", async () => {
    await rig.openPage(DESK, "guest");
    await openList();
    await list().getByText("等着传的 1200 条").waitFor();
    expect(await list().getByRole("button").allTextContents()).toEqual(["关闭"]);
    await button("关闭", list()).click();
    expect(await rig.page.getByText("网页上改过的设置").count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });

  describe("what was changed on the page", () => {
    const panel = () => rig.page.getByRole("region", { name: "网页上改过的设置", exact: true });
    const left = (id: string, why: LeftOutChange["why"]): LeftOutChange => ({
      ...{ list: "sensors", id, entry: { id, name: id === "rain" ? "雨量筒" : "东塘水位计" } },
      ...{ ...BY, why },
      ...(why === "misfit" && { problem: "sensors[1].model: expected a model of the hardware profiles" }),
    });

    test.each([PHONE, DESK])(
      "stands in 设置, what does not act first, and is put back: %o",
      async (device) => {
        const { setUp } = rig.dependencies;
        const entry = { id: "county", kind: "mqtt", url: "mqtts://county.example:8883" };
        const login = { username: "village-7", password: { secret: "page-county-password" } };
        const add = { list: "upstreams", id: "county", entry: { ...entry, login } } as const;
        await setUp.change(0, [add], { "page-county-password": "7f3a" }, WANG);
        await rig.openPage(device);
        const leftOut = [left("rain", "misfit"), left("level", "not-started")];
        await rig.page.route("**/api/v1/set-up", async (route) => {
          const answer = await route.fetch();
          await route.fulfill({ json: { ...((await answer.json()) as SetUpView), leftOut } });
        });
        await rig.goTo("home");
        await rig.goTo("setup");
        await panel().scrollIntoViewIfNeeded();
        await panel()
          .getByText(
            "和配置文件对不上了，没有用上：sensors[1].model: expected a model of the hardware profiles",
          )
          .waitFor();
        await panel().getByText("村哨用它起不来，已经退回。可以改对了再填一次。").waitFor();
        const items = await panel().getByRole("listitem").allTextContents();
        expect(items.map((text) => /雨量筒|东塘水位计|county/.exec(text)?.[0])).toEqual([
          "雨量筒",
          "东塘水位计",
          undefined,
          "county",
        ]);
        await button("写进配置文件", panel()).click();
        await panel().getByText('{"secret": "page-county-password"}', { exact: false }).waitFor();
        await keep(`changed-${device.viewport.width}`);
        await rig.fitsThePage(panel());
        await rig.page.unroute("**/api/v1/set-up");
        await button("去掉", panel()).click();
        await button("真的去掉？再点一次", panel()).click();
        await panel().waitFor({ state: "detached" });
        expect(setUp.kept).toMatchObject({ changes: [], secrets: {} });
        expect(rig.complaints).toEqual([]);
      },
    );
  });

  describe("the start with it", () => {
    /** As the real one is for some seconds: the order is taken, and what runs is as before. */
    async function holdBack(part: Partial<SetUpView> = {}): Promise<() => Promise<void>> {
      const { page } = rig;
      const behind = async (route: Route): Promise<void> => {
        const answer = await route.fetch().catch(() => undefined);
        if (!answer) return route.abort();
        const view = (await answer.json()) as SetUpView;
        return route.fulfill({ json: { ...view, running: 0, ...part } });
      };
      await page.route("**/api/v1/set-up{,/changes}", behind);
      return () => page.unroute("**/api/v1/set-up{,/changes}");
    }
    async function saveSomething(): Promise<void> {
      await openForm();
      await field("图片和录像最多占多少网（kbit/s）").fill("512");
      await save().click();
      await gone(form());
    }
    /** Of the whole page, however far it is scrolled. */
    const top = () =>
      rig.page.locator("main").evaluate((main) => {
        const { scrollY } = main.ownerDocument.defaultView as unknown as { readonly scrollY: number };
        return Math.round(main.getBoundingClientRect().top + scrollY);
      });
    const told = (text: string) => rig.page.getByRole("status").getByText(text, { exact: false });

    test.each([PHONE, DESK])(
      "is told wherever somebody stands, moves nothing, and frightens nobody: %o",
      async (device) => {
        await rig.openPage(device);
        const { page } = rig;
        const { width } = device.viewport;
        const before = await top();
        const release = await holdBack();
        await saveSomething();
        await list().getByText("已保存，等喇叭、警报器停了").waitFor();
        await button("关闭", list()).click();
        await told("已保存，等喇叭、警报器停了").waitFor();
        await rig.goAway();
        await told("正在换上新的设置").waitFor();
        await page.locator("main[inert]").waitFor({ state: "attached" });
        expect(await page.getByText("连不上村哨").count()).toBe(0);
        expect(await top()).toBe(before);
        await keep(`progress-starting-${width}`);
        await release();
        await rig.comeBack();
        await told("新的设置已经在用").waitFor();
        expect(await top()).toBe(before);
        await keep(`progress-done-${width}`);
        await told("新的设置已经在用").waitFor({ state: "detached" });
        expect(await page.locator("main[inert]").count()).toBe(0);
        expect(rig.complaints).toEqual([]);
      },
    );

    test.each([PHONE, DESK])("that failed stays told of until somebody has seen it: %o", async (device) => {
      await rig.openPage(device);
      const release = await holdBack();
      await saveSomething();
      await list().getByText("已保存，等喇叭、警报器停了").waitFor();
      await release();
      const failed = [
        { list: "upstreams", id: "township", entry: TOWNSHIP, why: "not-started", ...BY } as const,
      ];
      const releaseFailed = await holdBack({ version: 2, running: 2, entries: [], leftOut: failed });
      await list().getByText("村哨用这个设置起不来，已经自动退回原来的").waitFor();
      await keep(`progress-taken-back-${device.viewport.width}`);
      await rig.fitsThePage(list());
      await button("知道了", list()).click();
      await list().getByText("村哨用这个设置起不来").waitFor({ state: "detached" });
      await releaseFailed();
      expect(rig.complaints).toEqual([]);
    });

    test("that takes too long is not said to go well, and that the box is silent is said as always", async () => {
      await rig.openPage(PHONE);
      const { page } = rig;
      await holdBack();
      await saveSomething();
      await rig.goAway();
      await list().getByText("正在换上新的设置").waitFor();
      await page.keyboard.press("Escape");
      await gone(list());
      // Minutes go by in seconds.
      await page.evaluate(
        "((now) => { performance.now = () => now() * 100; })(performance.now.bind(performance))",
      );
      await told("新的设置还没有换上，比平常久").waitFor();
      await page.getByText("连不上村哨，正在重连").waitFor();
      await keep("progress-late-360");
      expect(rig.complaints).toEqual([]);
    });
  });
});
