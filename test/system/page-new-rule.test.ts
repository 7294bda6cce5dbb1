import { expect, test } from "vitest";
import type { Polygon } from "../../src/core/geometry.ts";
import { fixedOf, type RuleView } from "../../src/core/rule-edit.ts";
import type { SetUpView } from "../../src/core/set-up.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import type { Dependencies } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1366, height: 800 } };
const WANG = { kind: "person", name: "王主任" } as const;
const POLYGON = [
  [0.2, 0.4],
  [0.8, 0.4],
  [0.5, 0.9],
] as const;

/** What the file says of the sample village, as far as its zones go. */
const WRITTEN = {
  cameras: [
    {
      id: "pond-east",
      name: "东塘",
      zones: [
        {
          ...{ id: "bank", name: "塘埂" },
          polygon: [
            [0, 0.5],
            [1, 0.5],
            [1, 1],
          ],
        },
      ],
    },
    ...["gate", "square", "weir"].map((id) => ({ id, name: id, zones: [] })),
  ],
};

async function addInstaller({ accounts }: Dependencies): Promise<void> {
  await accounts.add({ username: "installer", passwordHash: PASSWORD_HASH, role: "technician" });
}

describePages("rules and zones that are made on the page", () => {
  const rig = setUpPages({ place: "setup", site: { written: WRITTEN }, prepare: addInstaller });
  const { keep, shows } = rig;

  const form = () => rig.page.getByRole("dialog", { name: "加一条规则" });
  const open = () => rig.button("加一条规则").click();
  const press = (name: string) => rig.button(name, form()).click();
  const field = (name: string | RegExp) => form().getByLabel(name);
  const sentence = (text: string) => form().getByText(text).waitFor();
  const kept = () => rig.dependencies.setUp.kept.changes;

  /** As after the start anew: what was added is of the configuration. */
  function startAnew(): void {
    const { village } = rig.dependencies;
    const { cameras, rules } = village.state();
    const added = kept().find(({ list }) => list === "zones");
    const rule = kept().find(({ list }) => list === "rules");
    const zone = { id: added?.id ?? "", name: "石墩", polygon: added?.entry?.["polygon"] as Polygon };
    const [first] = rules as readonly [RuleView];
    const when = { kind: "person", camera: "square", zone: zone.id, dwellSeconds: 3 } as const;
    const mine = { ...first, id: rule?.id ?? "", name: "晒谷场石墩有人", when, escalate: [] };
    village.update({
      cameras: cameras.map((one) => (one.id === added?.camera ? { ...one, zones: [zone] } : one)),
      rules: rule ? [...rules, { ...mine, fixed: fixedOf(mine) }] : rules,
    });
  }

  async function drawCorners(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await press("加一个角");
  }

  test.each([PHONE, DESK])(
    "are filled in, read as a sentence, saved with their zone, and go again: %o",
    async (device) => {
      const { width } = device.viewport;
      await rig.openPage(device, "installer");
      await open();
      await sentence(
        "东塘塘埂有人停留 3 秒，就报警（警告）；全天；在东塘喇叭喊“水边危险，请马上离开。” 2 遍",
      );
      await keep(`new-rule-begun-${width}`);
      await field("哪台摄像机").selectOption("square");
      await form().getByText("区域至少要三个角").first().waitFor();
      expect(await rig.button("保存", form()).isDisabled()).toBe(true);
      await drawCorners(3);
      await field("新区域叫什么").fill("石墩");
      await field("停留多少秒才报警").fill("5");
      await press("危险");
      await press("水坝喇叭");
      await field(/喇叭喊$/).fill("水深危险，请马上上来");
      await press("星期日");
      await field("从").selectOption("07:30");
      await sentence(
        "晒谷场石墩有人停留 5 秒，就报警（危险）；星期一、二、三、四、五、六 07:30 到 24:00；在东塘喇叭、水坝喇叭喊“水深危险，请马上上来” 2 遍",
      );
      await form().getByText("保存后村哨重新启动").waitFor();
      await keep(`new-rule-${width}`);
      await rig.fitsThePage(form());
      await press("保存");
      await form().waitFor({ state: "detached" });
      await shows("新的设置已经在用");
      const [zone, rule] = kept();
      expect(zone).toMatchObject({
        list: "zones",
        camera: "square",
        entry: { name: "石墩" },
        by: "installer",
      });
      expect(rule?.entry).toMatchObject({
        name: "晒谷场石墩有人",
        when: { person: { camera: "square", zone: zone?.id, dwellSeconds: 5 } },
        // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
        then: [
          { say: "水深危险，请马上上来", on: ["pond", "weir-horn"], repeat: 2, volume: 80 },
          { alarm: { severity: "danger" } },
        ],
      });

      startAnew();
      await shows("网页上加的：installer");
      const row = rig.page.getByRole("listitem").filter({ hasText: "网页上加的：installer" });
      await rig.button("去掉", row).click();
      await row.getByText("别的规则不看的区域也一起去掉：石墩").waitFor();
      await keep(`new-rule-take-out-${width}`);
      await rig.fitsThePage();
      await rig.button("真的去掉？再点一次", row).click();
      await until(() => kept().length === 0, { what: "neither rule nor zone" });
      expect(rig.complaints).toEqual([]);
    },
  );

  test("keep what was typed where somebody else was quicker, and say who", async () => {
    await rig.openPage(DESK, "installer");
    await open();
    await field("规则叫什么").fill("塘埂要清人");
    const entry = { name: "晾衣台", polygon: POLYGON };
    await rig.dependencies.setUp.change(0, [{ list: "zones", camera: "weir", id: "dry", entry }], {}, WANG);
    await press("保存");
    await form()
      .getByText(/^王主任在.*刚改过设置。您填的、画的都在/)
      .waitFor();
    expect(await field("规则叫什么").inputValue()).toBe("塘埂要清人");
    await press("保存");
    await form().waitFor({ state: "detached" });
    expect(kept().map(({ by }) => by)).toEqual(["王主任", "installer"]);
    expect(rig.complaints).toEqual([]);
  });

  test("are still there after a broken line and a closed window, and go when nobody wants them", async () => {
    await rig.openPage(PHONE, "installer");
    const { page } = rig;
    await open();
    await press("水位、雨量太高");
    await form().getByText("请填高于多少报警、低于多少解除").waitFor();
    await field("高于多少报警（m）").fill("3.2");
    await field("低于多少解除（m）").fill("3");
    await sentence("东塘水位超过 3.2 m，就报警（警告）；低于 3 m 解除");
    await keep("new-rule-level-360");
    await rig.fitsThePage(form());
    await page.route("**/api/v1/set-up**", (route) => route.abort());
    await page.route("**/api/v1/set-up/**", (route) => route.abort());
    await press("保存");
    await form()
      .getByText(/^没有存上：/)
      .waitFor();
    await press("关闭");
    await shows("有一条新规则还没有保存");
    await keep("new-rule-unsaved-360");
    await open();
    expect(await field("高于多少报警（m）").inputValue()).toBe("3.2");
    await press("不加了");
    await press("真的不加？");
    await form().waitFor({ state: "detached" });
    await open();
    await sentence("东塘塘埂有人停留 3 秒");
    expect(kept()).toEqual([]);
    expect(rig.complaints).toEqual([]);
  });

  test("leave nothing to be saved where nobody filled in anything", async () => {
    await rig.openPage(PHONE, "installer");
    await open();
    await press("关闭");
    await form().waitFor({ state: "detached" });
    expect(await rig.page.getByText("有一条新规则还没有保存").count()).toBe(0);
    await open();
    await field("停留多少秒才报警").fill("5");
    await press("关闭");
    await shows("有一条新规则还没有保存");
    expect(rig.complaints).toEqual([]);
  });

  test("go on to be filled in while they are saved, and lose nothing of it", async () => {
    await rig.openPage(DESK, "installer");
    await open();
    await field("规则叫什么").fill("塘埂要清人");
    let resolve = (): void => {};
    const typed = new Promise<void>((done) => {
      resolve = done;
    });
    await rig.page.route("**/set-up/changes", async (route) => {
      await typed;
      await route.continue();
    });
    await press("保存");
    await field("停留多少秒才报警").fill("8");
    resolve();
    await until(() => kept().length === 1, { what: "the rule saved" });
    await rig.button("保存", form()).waitFor();
    expect(await field("停留多少秒才报警").inputValue()).toBe("8");
    await press("保存");
    await form().waitFor({ state: "detached" });
    expect(kept()).toMatchObject([{ entry: { name: "塘埂要清人", when: { person: { dwellSeconds: 8 } } } }]);
    expect(rig.complaints).toEqual([]);
  });

  test("watch a line, or a button, and say nothing where no horn is chosen", async () => {
    await rig.openPage(PHONE, "installer");
    await open();
    await press("有人走过线");
    await press("只算进村");
    await sentence("有人走过村口大路进村，就报警（警告）");
    await keep("new-rule-line-360");
    await press("按钮接通");
    await press("东塘喇叭");
    await form().getByText("一只也没选：只报警，不喊话。").waitFor();
    await sentence("塘边求助按钮接通，就报警（警告）；全天。");
    await press("保存");
    await form().waitFor({ state: "detached" });
    expect(kept()[0]?.entry).toMatchObject({
      when: { input: "sos", closed: true },
      // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
      then: [{ alarm: { severity: "warning" } }],
    });
    expect(rig.complaints).toEqual([]);
  });

  test.each(["usual", "large"])("are made at night and by eyes past fifty, too: %s", async (size) => {
    const display = JSON.stringify({ light: "night", size: "usual", language: "zh" });
    await rig.openPage(
      { ...PHONE, before: `localStorage.setItem("display", ${JSON.stringify(display)})` },
      "installer",
    );
    // In large letters 设置 is not among the places: who has it open and then wants them stays there.
    await rig.page.evaluate(`document.documentElement.dataset.size = "${size}"`);
    await open();
    await press("有人进了区域");
    await field("哪个区域").selectOption("");
    await drawCorners(3);
    await keep(`new-rule-night-${size}-360`);
    await rig.fitsThePage(form());
    expect(rig.complaints).toEqual([]);
  });

  test("are made by nobody who does not set up", async () => {
    await rig.openPage(PHONE, "guest");
    await shows("东塘塘埂一有人");
    expect(await rig.button("加一条规则").count()).toBe(0);
  });

  test.each([PHONE, DESK])("zones are drawn alone as well, and go again: %o", async (device) => {
    const { width } = device.viewport;
    await rig.openPage(device, "installer");
    const { page } = rig;
    await rig.button("去画晒谷场的区域、进出线、遮挡").click();
    await rig.button("画区域、线、遮挡").click();
    await rig.button("区域").click();
    await shows("这台摄像机还没有区域。按“加一个区域”，再点画面。");
    await rig.button("加一个区域").click();
    for (let i = 0; i < 3; i++) await rig.button("加一个角").click();
    await page.getByLabel("名字").fill("石墩");
    await shows("村哨要重新启动才用上新区域");
    expect(await rig.button("水位线").count()).toBe(0);
    await keep(`new-zone-${width}`);
    await rig.fitsThePage(page.getByRole("region", { name: "在画面上画" }));
    await rig.button("保存").click();
    await shows("新的设置已经在用");
    expect(kept()).toMatchObject([{ list: "zones", camera: "square", entry: { name: "石墩" } }]);

    startAnew();
    await shows("网页上加的：installer");
    await shows("还没有规则看这个区域");
    await keep(`new-zone-there-${width}`);
    const picture = page.getByRole("dialog", { name: "晒谷场" });
    await rig.button("去掉", picture).click();
    await rig.button("真的去掉？再点一次", picture).click();
    await until(() => kept().length === 0, { what: "no zone" });
    expect(rig.complaints).toEqual([]);
  });

  test("zones with which the box did not start can be saved again", async () => {
    await rig.openPage(DESK, "installer");
    const { page } = rig;
    const answers = async (part: (view: SetUpView) => Partial<SetUpView>): Promise<void> => {
      await page.unroute("**/api/v1/set-up{,/changes}");
      await page.route("**/api/v1/set-up{,/changes}", async (route) => {
        const view = (await (await route.fetch()).json()) as SetUpView;
        await route.fulfill({ json: { ...view, ...part(view) } });
      });
    };
    await rig.button("去画晒谷场的区域、进出线、遮挡").click();
    await rig.button("画区域、线、遮挡").click();
    await rig.button("区域").click();
    await rig.button("加一个区域").click();
    for (let i = 0; i < 3; i++) await rig.button("加一个角").click();
    await answers(() => ({ running: 0 }));
    await rig.button("保存").click();
    await shows("已保存，等喇叭、警报器停了");
    expect(await rig.button("保存").isDisabled()).toBe(true);
    await answers(({ entries }) => ({
      ...{ version: 2, running: 2 },
      entries: entries.filter(({ origin }) => origin !== "added"),
      leftOut: entries.flatMap(({ list, camera, id, entry, by = "", at = "" }) =>
        by === "" ? [] : [{ list, camera, id, entry, by, at, why: "not-started" as const }],
      ),
    }));
    await shows("村哨用这个设置起不来");
    await rig.button("知道了").click();
    await page.getByText("村哨用这个设置起不来").waitFor({ state: "detached" });
    await until(() => rig.button("保存").isEnabled(), { what: "a zone that can be saved again" });
    expect(rig.complaints).toEqual([]);
  });
});

describePages("a rule of the page that does not act", () => {
  const stamp = { by: "installer", at: "2026-07-01T06:00:00.000Z" };
  const rig = setUpPages({
    place: "setup",
    async prepare(dependencies) {
      await addInstaller(dependencies);
      const { setUp } = dependencies;
      const left: SetUpView["leftOut"] = [
        {
          ...{ list: "rules", id: "rule-1", entry: { name: "塘埂有人" }, ...stamp, why: "misfit" },
          problem: "rules[3].when: expected a zone of pond-east",
        },
      ];
      let leftOut = left;
      dependencies.setUp = {
        ...setUp,
        view: () => ({ ...setUp.view(), leftOut }),
        async restore() {
          leftOut = [];
          return setUp.view();
        },
      };
    },
  });

  test("is told with the reason, and goes", async () => {
    await rig.openPage(PHONE, "installer");
    await rig.shows("“塘埂有人”没有用上：和现在的配置对不上");
    await rig.page.getByText("“塘埂有人”没有用上").scrollIntoViewIfNeeded();
    await rig.keep("rule-left-out-360");
    await rig.fitsThePage();
    await rig.button("去掉它").click();
    await rig.button("真的去掉？再点一次").click();
    await rig.page.getByText("“塘埂有人”没有用上").waitFor({ state: "detached" });
    expect(rig.complaints).toEqual([]);
  });
});
