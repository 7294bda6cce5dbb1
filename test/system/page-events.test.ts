import { expect, test } from "vitest";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

describePages("the record of what happened, on a page that stays open for months", () => {
  const rig = setUpPages({ place: "alarms" });

  test("keeps the newest without a gap, and fetches older ones again when somebody wants them", async () => {
    await rig.openPage(1366);
    const { page, dependencies } = rig;
    const { ledger, village } = dependencies;
    const numbers = async (): Promise<number[]> =>
      (await page.locator(".event .event__mark").allInnerTexts()).map((text) =>
        Number(/\d+/.exec(text)?.[0]),
      );
    const newest = async (): Promise<number | undefined> => (await numbers())[0];

    for (let index = 0; index < 1_300; index++) {
      await ledger.append({
        type: "org.cunshao.camera.changed",
        class: "state",
        data: { camera: "gate", index },
      });
      if (index % 100 !== 99) continue;
      village.update({ ledger: { id: ledger.id, head: ledger.head } });
      await until(async () => (await newest()) === ledger.head, { what: `event ${ledger.head} on the page` });
    }
    const shown = await numbers();
    expect(shown.length).toBeLessThanOrEqual(1_000);
    await rig.button("看更早的").click();
    await until(async () => (await numbers()).length > shown.length, { what: "older events" });
    const all = await numbers();
    expect(all).toEqual(all.map((_, index) => ledger.head - index));
    expect(rig.complaints).toEqual([]);
  });
});
