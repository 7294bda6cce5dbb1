import { Readable } from "node:stream";
import { beforeAll, expect, test } from "vitest";
import { zh } from "../../src/panel/web/messages/zh.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { fillPast, raiseAlarm } from "../support/sample-village.ts";

const CHINESE = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/;

describePages("the page in English", () => {
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });
  const rig = setUpPages({ prepare: fillPast });

  /** What the village has named itself, and what its horns say. */
  async function villageWords(): Promise<string[]> {
    const { village, ledger, programmes } = rig.dependencies;
    const said = [village.state(), await ledger.read({ after: 0, limit: 1000 }), programmes.list()];
    const words = [...JSON.stringify(said).matchAll(/"([^"\\]*)"/g)].flatMap(([, word]) => word ?? []);
    const own = [...new Set([...words, ...zh.speak.presetTexts, ...zh.display.languages.zh.split("|")])];
    return own.filter((word) => CHINESE.test(word)).sort((a, b) => b.length - a.length);
  }

  /** Chinese on the page that is not the village's own. */
  async function leftOver(): Promise<string[]> {
    const texts = await rig.page.evaluate<string[]>(`[...document.querySelectorAll("body *")]
      .filter((one) => one.checkVisibility())
      .flatMap((one) => [
        ...[...one.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data),
        ...["aria-label", "title", "placeholder", "alt"].map((name) => one.getAttribute(name) ?? ""),
      ])`);
    const own = await villageWords();
    const rest = texts.map((text) => own.reduce((left, word) => left.replaceAll(word, ""), text).trim());
    return [...new Set(rest.filter((text) => CHINESE.test(text)))];
  }

  async function drawMap(): Promise<void> {
    const { map } = rig.dependencies;
    const by = { kind: "person", name: "admin" } as const;
    await map.bring(Readable.from([picture]), by);
    await map.place([{ kind: "camera", id: "pond-east", x: 0.3, y: 0.4, headingDegrees: 90 }], null, by);
  }

  test.each(WIDTHS)(
    "is whole in every place, on the map and in an alarm, and stays after a reload, %i wide",
    async (width) => {
      const left: string[] = [];
      const look = async (where: string): Promise<void> => {
        left.push(...(await leftOver()).map((text) => `${where}: ${text}`));
        await rig.keep(`en-${where}-${width}`);
        await rig.fitsThePage();
      };
      await rig.openPage(width);
      await rig.goTo("setup");
      await rig.button("English").click();
      await rig.page.locator("html[lang=en]").waitFor();
      for (const place of ["home", "look", "speak", "alarms", "playback", "setup"] as const) {
        await rig.goTo(place);
        await look(place);
      }
      await drawMap();
      await rig.goTo("look");
      await rig.page.getByRole("link", { name: "Map" }).click();
      await rig.page.locator(".map-mark").first().waitFor();
      await rig.page.getByText("The same in words").click();
      await look("map");
      await rig.button("Place things").click();
      await rig.page.locator(".map-mark").first().click();
      await look("map-edit");
      await raiseAlarm(rig.dependencies, picture);
      await rig.page.locator(".takeover").waitFor();
      await look("alarm");
      await rig.page.reload();
      await rig.page.locator("html[lang=en]").waitFor();
      await rig.page.locator(".takeover").getByRole("button", { name: "Later" }).waitFor();
      expect(left).toEqual([]);
      expect(rig.complaints).toEqual([]);
    },
  );

  test("can be had before the log-in, and given back", async () => {
    await rig.visit(360);
    await rig.button("English").click();
    await rig.page.getByRole("heading", { name: "Cunshao" }).waitFor();
    await rig.page.getByRole("button", { name: "Log in", exact: true }).waitFor();
    await rig.fitsThePage();
    await rig.button("中文").click();
    await rig.page.getByRole("heading", { name: "村哨" }).waitFor();
    expect(rig.complaints).toEqual([]);
  });
});
