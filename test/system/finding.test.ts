import { existsSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Polygon } from "../../src/core/geometry.ts";
import { CHROMIUM, keepPicture, putAlarmOff, untilPlayed } from "../support/browser.ts";
import { type RealHall, startRealHall } from "../support/real-hall.ts";
import { thirdPartyCameras } from "../support/rtsp-cameras.ts";
import { until } from "../support/until.ts";

const obstacle = thirdPartyCameras();
const LAST_IN_LINE_MS = 600_000;
const WHOLE_PICTURE = [
  [0.01, 0.01],
  [0.99, 0.01],
  [0.99, 0.99],
  [0.01, 0.99],
] as const;

interface Trial {
  readonly id: string;
  readonly status: string;
  readonly alarmCount: number;
  readonly seen: { readonly inZone: number };
}
interface Lines {
  readonly lines: readonly { readonly in: number; readonly out: number }[];
  readonly latest: readonly { readonly in: number; readonly snapshot?: string }[];
}

interface Movement {
  readonly spans: readonly {
    readonly from: string;
    readonly to: string;
    readonly zones: readonly string[];
  }[];
}

describe.skipIf(obstacle)(`finding on real footage${obstacle ? ` (skipped: ${obstacle})` : ""}`, () => {
  let hall: RealHall;

  beforeAll(async () => {
    const right = [
      [0.8, 0.2],
      [0.8, 1],
    ] as const;
    hall = await startRealHall(WHOLE_PICTURE, { right });
  });
  afterAll(() => hall?.stop());

  const get = <T>(path: string): Promise<T> => hall.get(path);

  /** Whoever walks through the hall takes the page until a dialog stands open. */
  async function openLook(): Promise<Page> {
    const page = await hall.openLook({ width: 360, height: 740 });
    await page.addLocatorHandler(page.locator(".takeover"), () => putAlarmOff(page));
    return page;
  }

  test("pictures who goes over a line, with the direction", async () => {
    await until(async () => (await get<Lines>("/lines")).latest.length > 0, { timeoutMs: 90_000 });
    const { lines, latest } = await get<Lines>("/lines");
    expect(lines[0]?.out).toBe(0);
    expect(lines[0]?.in).toBe(latest.length);
    const picture = await hall.rig.get(`/api/v1/evidence/${latest[0]?.snapshot}`);
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  });

  test("finds when somebody moved in a zone and over a line drawn afterwards", async () => {
    const found = async (where: string) =>
      (await get<Movement>(`/cameras/hall/movement?reason=test&${where}`)).spans.length > 0;
    await until(() => found("zone=bank"), { timeoutMs: 60_000 });
    await until(() => found("line=0.7,0.2,0.7,1"), { timeoutMs: 60_000 });
    const { spans } = await get<Movement>("/cameras/hall/movement?reason=test&zone=bank");
    for (const { from, to, zones } of spans) {
      expect(zones).toEqual(["bank"]);
      expect(Date.parse(to) - Date.parse(from)).toBeLessThanOrEqual(60_000);
    }
  });

  test.skipIf(!existsSync(CHROMIUM))(
    `on the page shows who passed, with a small picture, and plays it (needs ${CHROMIUM})`,
    async () => {
      const page = await openLook();
      await page.getByRole("button", { name: "查找谁来过" }).click();
      const search = page.getByRole("dialog", { name: "查找谁来过" });
      await search.getByRole("button", { name: "塘埂" }).click();
      await search.getByRole("button", { name: "核实报警" }).click();
      await search.getByRole("button", { name: "查找", exact: true }).click();
      const still = search.locator(".still--there");
      await until(async () => (await still.count()) > 0, { timeoutMs: 60_000, what: "a small picture" });
      await keepPicture(page, "real-found", "screen");
      await search.locator("li button").first().click();
      await untilPlayed(page);
      await page.locator(".bar__marked").first().waitFor({ state: "attached" });
      await keepPicture(page, "real-playing", "screen");
    },
  );

  test.skipIf(!existsSync(CHROMIUM))(
    `on the page says how often a drawn zone would have alarmed, and plays why (needs ${CHROMIUM})`,
    async () => {
      const page = await openLook();
      await page
        .getByRole("button", { name: /^放大看/ })
        .first()
        .click();
      await page.getByRole("button", { name: "画区域" }).click();
      await page.getByRole("button", { name: "第 1 个角" }).press("ArrowDown");
      await page.getByRole("button", { name: "用最近一小时的录像试一试" }).click();
      await page.getByRole("button", { name: "开始试" }).click();
      const look = page.getByRole("button", { name: /^看 .* 的录像$/ }).first();
      // It stands behind everything else that this machine does.
      await look.locator("img").waitFor({ timeout: LAST_IN_LINE_MS });
      await keepPicture(page, "real-trial", "screen");
      await look.click();
      await untilPlayed(page);
      const audit = await get<readonly { readonly data: object }[]>("/events?class=audit&limit=1000");
      expect(audit.map(({ data }) => data)).toContainEqual(
        expect.objectContaining({ purpose: "zone-trial" }),
      );

      // Rules are tried as they are by then: nobody stays for an hour.
      const ask = (method: string, path: string, body?: object) =>
        page.evaluate<Trial>(
          `fetch("/api/v1${path}", {
            method: "${method}", headers: { "content-type": "application/json" },
            body: ${body ? `JSON.stringify(${JSON.stringify(body)})` : "undefined"},
          }).then((answer) => answer.json())`,
        );
      await ask("PATCH", "/rules/hall-bank", { version: 0, dwellSeconds: 3600 });
      const [bank] = await get<readonly { readonly polygon: Polygon }[]>("/cameras/hall/zones");
      const order = { zone: "bank", drawing: { polygon: bank?.polygon }, reason: "test" };
      const { id } = await ask("POST", "/cameras/hall/zone-trials", order);
      const tried = await until(
        async () => {
          const trial = await ask("GET", `/cameras/hall/zone-trials/${id}`);
          return trial.status === "running" ? undefined : trial;
        },
        { timeoutMs: LAST_IN_LINE_MS, what: "the second trial" },
      );
      expect(tried).toMatchObject({ status: "done", alarmCount: 0 });
      expect(tried.seen.inZone).toBeGreaterThan(0);
    },
    2 * LAST_IN_LINE_MS + 200_000,
  );
});
