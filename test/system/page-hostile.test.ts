import { expect, test } from "vitest";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { fillPast, raiseAlarm } from "../support/sample-village.ts";

/** What would run, or be loaded, if any of it were taken for more than words. */
const SCRIPT = `"><img src=x onerror="window.hit=1"><script>window.hit=1</script>{{window.hit=1}}<!--`;
/** Signs of several code units, one that joins others, and one that turns the way of reading. */
const EMOJI = "龙湾村🏞️👨‍👩‍👧‍👦\u202E🇨🇳";
/** What people name, write or read out. */
const WORDS = new Set(["name", "text", "reason", "place", "clip", "title", "address", "username", "unit"]);

/** The same, with every word of people made hostile. */
function hostile<T>(value: T, key = ""): T {
  if (typeof value === "string") return (WORDS.has(key) ? `${value}${SCRIPT}` : value) as T;
  if (Array.isArray(value)) return value.map((one) => hostile(one, key)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hostile(one, name)])) as T;
}

describePages("words that are more than words", () => {
  const rig = setUpPages({
    async prepare(dependencies) {
      await fillPast(dependencies);
      const { ledger, village } = dependencies;
      for (const event of await ledger.latest(50)) {
        const { type, subject, data } = event;
        await ledger.append({ type, class: event.class, subject, data: hostile(data) });
      }
      await raiseAlarm(dependencies, undefined);
      const state = village.state();
      village.update(
        hostile({
          ...state,
          alarms: state.alarms.map((alarm) => ({
            ...alarm,
            ...{ notes: [{ at: alarm.raisedAt, by: SCRIPT, text: SCRIPT }], acknowledgedBy: SCRIPT },
          })),
          companion: undefined,
        }),
      );
    },
  });

  test.each(WIDTHS)("run nowhere, load nothing and are shown as they are written, %i wide", async (width) => {
    await rig.openPage(width);
    const { page } = rig;
    const isHit = () =>
      page.evaluate("window.hit !== undefined || document.querySelector('img[src=x]') !== null");
    await page.locator(".takeover").getByText("onerror", { exact: false }).first().waitFor();
    expect(await isHit()).toBe(false);
    await rig.putAlarmOff();
    for (const place of ["home", "look", "speak", "alarms", "playback", "setup"] as const) {
      await rig.goTo(place);
      await page.locator("main").getByText("onerror", { exact: false }).first().waitFor();
      expect([place, await isHit()]).toEqual([place, false]);
    }
    await rig.keep(`hostile-${width}`);
    expect(rig.complaints).toEqual([]);
  });

  test("come back from a field as they were typed", async () => {
    await rig.openPage(1366);
    const { page } = rig;
    await rig.putAlarmOff();
    await rig.goTo("speak");
    await page.locator("#speak-text").fill(SCRIPT);
    await page.locator(".speak__submit").click();
    await page.locator(".speak__outcome--care").waitFor();
    expect(await page.locator("#speak-text").inputValue()).toBe(SCRIPT);
    expect(rig.dependencies.village.said).toEqual([]);
  });

  test.each(WIDTHS)("an emoji in the village's name is a name, %i wide", async (width) => {
    const { village } = rig.dependencies;
    const { site } = village.state();
    village.update({ site: { ...site, name: EMOJI }, alarms: [] });
    await rig.openPage(width);
    const { page } = rig;
    expect(await page.locator("h1").textContent()).toBe(EMOJI);
    expect(await page.title()).toContain("🏞️👨‍👩‍👧‍👦");
    await rig.keep(`emoji-${width}`);
    await rig.fitsThePage();
    expect(rig.complaints).toEqual([]);
  });
});
