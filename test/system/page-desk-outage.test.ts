import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { verifyBox } from "../../src/buffer/verify.ts";
import { verifyCopy } from "../../src/buffer/verify-copy.ts";
import { isoTime } from "../../src/core/time.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { keepPicture } from "../support/browser.ts";
import { addClip, addPicture, raise } from "../support/desk-of-one.ts";
import { setUpDeskPages } from "../support/desk-page.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { clockOffBy, type LeapingClock } from "../support/off-clock.ts";
import { describePages, fits, WIDTHS } from "../support/page-rig.ts";
import { until } from "../support/until.ts";
import { startVillageOnALine } from "../support/village-on-a-line.ts";
import { copied } from "../unit/pull/pull-rig.ts";

const MINUTES = 60;
const MINUTE_MS = 60_000;
/** In each minute. */
const STATES = 50;
const AUDITS = 8;
const ALARM_EVERY_MINUTES = 5;
const CLIP_BYTES = 300_000;
/** So many events a puller asks for at once. */
const PAGE = 500;

type Village = Awaited<ReturnType<typeof startVillageOnALine>>;

describePages("a village that was cut off for an hour, on the page of its township's desk", () => {
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });
  const openDesk = setUpDeskPages();

  /** An alarm with a picture of its own. */
  async function raiseWithPicture({ box }: Village, id: string): Promise<void> {
    await raise(box, id);
    await addPicture(box, Buffer.concat([picture, Buffer.from(id)]), id);
  }

  /** What a busy village writes down, whether anybody hears it or not: half of its alarms end by themselves. */
  async function passAnHour(village: Village, clock: LeapingClock): Promise<void> {
    const { ledger, readings } = village.box;
    for (let minute = 1; minute <= MINUTES; minute++) {
      clock.leap(MINUTE_MS);
      const write = (type: string, eventClass: "state" | "audit", count: number) =>
        Array.from({ length: count }, (_, index) =>
          ledger.append({ type: `org.cunshao.${type}`, class: eventClass, data: { minute, index } }),
        );
      await Promise.all([
        ...write("camera.changed", "state", STATES),
        ...write("recording.searched", "audit", AUDITS),
      ]);
      const at = isoTime(clock.now().wallMs);
      readings.add({ sensor: "pond-level", at, value: 1 + minute / 100, quality: "good" });
      if (minute % ALARM_EVERY_MINUTES !== 0) continue;
      const id = `m${minute}`;
      await raiseWithPicture(village, id);
      await addClip(
        village.box,
        Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(CLIP_BYTES, minute)]),
        id,
      );
      if (minute % (2 * ALARM_EVERY_MINUTES) === 0) {
        await ledger.append({ type: "org.cunshao.alarm.cleared", class: "alarm", subject: id, data: {} });
      }
    }
  }

  const OPEN = ["m5", "m15", "m25", "m35", "m45", "m55"];

  const rowOf = (page: Page, id: string) => page.locator(`.desk__alarms #alarm-test-${id}`);
  const shows = (page: Page, text: string) =>
    page.locator(".village").getByText(text, { exact: false }).first().waitFor();

  async function keepBoth(page: Page, name: string): Promise<void> {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `${name}-${width}`);
    }
  }

  test("is away since then, and comes back with its alarms first and complete in the end", async () => {
    const clock = clockOffBy(0);
    const village = await startVillageOnALine(clock, { mostFileBytes: 50_000_000 });
    await raiseWithPicture(village, "before");
    await village.alarm("before");
    const { page, complaints } = await openDesk(village, 1366);
    await rowOf(page, "before").waitFor();
    await shows(page, "记录齐全");

    village.cut();
    await village.boxWith({ status: "away" });
    const known = (await village.state()).boxes[0]?.ledger?.seq ?? 0;
    await passAnHour(village, clock);
    await shows(page, "联系不上，已 1 小时");
    expect(await page.getByText("记录齐全").count()).toBe(0);
    await rowOf(page, "before").getByRole("button", { name: "我来处理" }).click();
    await rowOf(page, "before").getByText("admin 已处理，等村里联系上再告诉它").waitFor();
    await keepBoth(page, "desk-outage-away");

    village.pages.shutBehind(known);
    village.mend();
    for (const id of OPEN) await rowOf(page, id).waitFor({ timeout: 60_000 });
    await shows(page, "没传来");
    const folder = join(village.folder, "pulled");
    const first = (await copied(folder, "test", "sqlite")).filter(({ seq }) => seq > known);
    const alarms = first.filter((event) => event.class === "alarm" && event.subject !== "before");
    // Of each: raised, a picture, a clip; of every second one that it ended.
    expect(alarms).toHaveLength((MINUTES / ALARM_EVERY_MINUTES) * 3.5);
    expect(alarms.at(-1)?.seq).toBeGreaterThan(known + 6 * PAGE);
    const others = first.filter((event) => event.class !== "alarm").map(({ seq }) => seq);
    expect(Math.max(...others)).toBeLessThanOrEqual(known + PAGE);
    await keepBoth(page, "desk-outage-alarms");

    // One of now, while the rest is on its way.
    await until(village.pages.isHolding, { timeoutMs: 60_000, what: "a page of the rest" });
    await raiseWithPicture(village, "now");
    village.pages.letWaitingPass();
    await rowOf(page, "now").waitFor({ timeout: 60_000 });
    const [then] = (await village.state()).boxes;
    expect(then?.waitingEvents).toBeGreaterThan(4 * PAGE);

    village.pages.open();
    await shows(page, "记录齐全");
    const [here] = (await village.state()).boxes;
    expect(here).toMatchObject({
      status: "here",
      waitingEvents: 0,
      ledger: { missing: 0, broken: 0, letGo: 0 },
    });
    const verdicts = await until(
      async () => {
        const copy = await verifyCopy(join(folder, "pulled.sqlite"));
        const box = await verifyBox(village.dataFolder);
        const isLevel = copy.ledgers[0]?.lastSeq === box.ledgers[0]?.lastSeq;
        return isLevel && copy.evidence.files === box.evidence.files ? { copy, box } : undefined;
      },
      { timeoutMs: 60_000, pollMs: 500, what: "all files" },
    );
    expect(verdicts.box).toMatchObject({ intact: true, evidence: { changed: [], missing: [] } });
    expect(verdicts.copy).toEqual(verdicts.box);
    expect(village.box.village.handled).toMatchObject([
      { alarm: "before", what: "acknowledged", by: { name: "admin@desk" } },
    ]);
    await rowOf(page, "before").getByText("admin@desk 已处理").waitFor();
    const readings = await village.ask("GET", "/boxes/test/sensors/pond-level/readings");
    expect(readings.body).toHaveLength(MINUTES);
    await keepBoth(page, "desk-outage-complete");
    expect(complaints).toEqual([]);
  });
});
