import { expect, test } from "vitest";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

describePages("the record of what happened, on a page that stays open for months", () => {
  const rig = setUpPages({ place: "alarms" });

  /** As they stand there, from the top. */
  const numbers = async (): Promise<number[]> =>
    (await rig.page.locator(".event .event__mark").allInnerTexts()).map((text) =>
      Number(/\d+/.exec(text)?.[0]),
    );
  async function record(count: number): Promise<void> {
    const { ledger, village } = rig.dependencies;
    for (let index = 0; index < count; index++) {
      await ledger.append({
        type: "org.cunshao.camera.changed",
        class: "state",
        data: { camera: "gate", index },
      });
    }
    village.update({ ledger: { id: ledger.id, head: ledger.head } });
  }
  async function happen(count: number): Promise<void> {
    const { ledger } = rig.dependencies;
    for (let left = count; left > 0; left -= 100) {
      await record(Math.min(100, left));
      await until(async () => (await numbers())[0] === ledger.head, {
        what: `event ${ledger.head} on the page`,
      });
    }
  }
  const more = () => rig.button("看更早的");
  async function readOlder(): Promise<void> {
    const before = (await numbers()).length;
    await more().click();
    await until(async () => (await numbers()).length > before, { what: "older events" });
  }
  async function hasNoGap(): Promise<void> {
    const all = await numbers();
    expect(all[0]).toBe(rig.dependencies.ledger.head);
    expect(all.filter((seq, index) => index > 0 && seq !== (all[index - 1] ?? 0) - 1)).toEqual([]);
  }

  test("keeps the newest without a gap, and fetches older ones again when somebody wants them", async () => {
    await rig.openPage(1366);
    await happen(1_300);
    expect((await numbers()).length).toBeLessThanOrEqual(1_000);
    await readOlder();
    await hasNoGap();
    expect(rig.complaints).toEqual([]);
  });

  test("stays as it is under the eyes of who reads older ones, until they go elsewhere", async () => {
    await record(1_100);
    await rig.openPage(1366);
    while ((await numbers()).length <= 1_000) await readOlder();
    const read = (await numbers()).length;

    await happen(1);
    expect(await numbers()).toHaveLength(read + 1);
    await hasNoGap();
    await rig.goTo("home");
    await rig.goTo("alarms");
    expect((await numbers()).length).toBeLessThanOrEqual(1_000);
    await readOlder();
    await hasNoGap();
    expect(rig.complaints).toEqual([]);
  });

  test("has no gap where something happens while older ones are on their way", async () => {
    await record(200);
    await rig.openPage(1366);
    const { page } = rig;
    await happen(1_000 - (await numbers()).length);
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route(
      "**/api/v1/events?*",
      async (route) => {
        await held;
        await route.continue();
      },
      { times: 1 },
    );
    await more().click();
    await page.getByText("正在取记录…").waitFor();
    await happen(1);
    answer();
    await more().and(page.locator(":enabled")).waitFor();
    await hasNoGap();
    expect(rig.complaints).toEqual([]);
  });
});
