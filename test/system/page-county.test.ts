import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { BoxRecord, CountyFigures, CountyTownship, ReaderFigures } from "../../src/core/county.ts";
import { silentLogger } from "../../src/core/log.ts";
import { countyFigures } from "../../src/county/figures.ts";
import { createCountyServer } from "../../src/panel/county/county-server.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { CHROMIUM, CHROMIUM_ARGUMENTS, keepPicture } from "../support/browser.ts";
import { describePages, fits, listenTo, WIDTHS } from "../support/page-rig.ts";
import { PROJECT } from "../support/project.ts";

const AT = "2026-07-02T06:30:00.000Z";
/** What would run, or be loaded, if any of it were taken for more than words. */
const SCRIPT = `"><img src=x onerror="window.hit=1"><script>window.hit=1</script>{{window.hit=1}}`;

const villagesOf = (township: string, names: readonly string[]): CountyTownship["villages"] =>
  names.map((name, index) => ({ id: `430212-${township}-${index + 1}`, name }));
const TOWNSHIPS: readonly CountyTownship[] = [
  {
    id: "zhuting",
    name: "朱亭镇",
    villages: villagesOf("zhuting", ["龙湾村", "桃花村", "水口村", "浦湾村"]),
  },
  { id: "longfeng", name: "龙凤乡", villages: villagesOf("longfeng", ["孙家湾村", "周家村", "石板村"]) },
  { id: "wanglan", name: "王十万乡", villages: villagesOf("wanglan", ["洲上村", "新塘村"]) },
];

function record(box: string, more: Partial<BoxRecord> = {}): BoxRecord {
  const account = {
    ...{ ledger: "l", seq: 40, hash: "", events: 40, bytes: 0 },
    ...{ gaps: [], evicted: [], breaks: [], differed: 0 },
  };
  const files = { stored: 0, missing: 0, changed: 0, denied: 0, tooLarge: 0, letGo: 0 };
  const ledger = {
    box,
    ledger: "l",
    have: [{ first: 1, last: 40 }],
    head: 40,
    account: { ...account, files },
  };
  return {
    ...{
      box,
      status: "online",
      since: AT,
      heardAt: AT,
      version: "0.1.0",
      twinAt: undefined,
      aheadSeconds: 0,
    },
    ...{ ledgers: [ledger], alarms: [], odd: 0, clashes: 0 },
    ...more,
  };
}

/** A county in which everything happens that can happen. */
function records(): BoxRecord[] {
  const [ledger] = record("430212-zhuting-2").ledgers;
  if (!ledger) throw new Error("a record has a ledger");
  return [
    record("430212-zhuting-1", {
      alarms: [
        { severity: "danger", count: 1, oldestAt: "2026-07-02T06:12:00.000Z" },
        { severity: "warning", count: 2, oldestAt: "2026-07-01T22:40:00.000Z" },
      ],
    }),
    record("430212-zhuting-2", {
      ...{ status: "offline", since: "2026-07-02T03:10:00.000Z" },
      ledgers: [{ ...ledger, head: 52 }],
    }),
    record("430212-zhuting-3"),
    record("430212-longfeng-1", {
      ledgers: [{ ...ledger, account: { ...ledger.account, breaks: [{ seq: 7, fault: "content" }] } }],
      ...{ clashes: 2, odd: 1, twinAt: "2026-07-02T05:00:00.000Z", aheadSeconds: 4000 },
    }),
    record("430212-longfeng-2"),
    record("430212-longfeng-3"),
    ...["430212-wanglan-1", "430212-wanglan-2"].map((box) => record(box)),
  ];
}

const WELL: ReaderFigures = {
  ...{ isConnected: true, brokerFault: undefined, isKeeping: true },
  ...{ kept: 0, dropped: 0, nonsense: 0, queued: 0 },
};

describePages("the page of a county", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGUMENTS });
  });
  afterAll(() => browser?.close());

  async function startCounty(name = "渌口区", townships = TOWNSHIPS) {
    const strangers = [{ site: "430212-nowhere", heardAt: "2026-07-02T06:29:00.000Z" }];
    const state: { figures: CountyFigures | undefined; reader: ReaderFigures } = {
      figures: countyFigures(townships, records(), strangers, AT),
      reader: WELL,
    };
    const server = createCountyServer(
      {
        figures: async () => state.figures ?? Promise.reject(new Error("the database is away")),
        reader: () => state.reader,
        log: silentLogger,
      },
      {
        ...{ host: "127.0.0.1", port: 0, county: { id: "lukou", name } },
        pageFolder: join(PROJECT, "dist/county"),
      },
    );
    await server.start();
    let isUp = true;
    const stop = async (): Promise<void> => {
      if (isUp) await server.stop();
      isUp = false;
    };
    onTestFinished(stop);
    return { state, stop, url: server.url() ?? "" };
  }

  /** @param light by choice of the browser. */
  async function open(url: string, width: number, light: "day" | "night" = "day") {
    const complaints: string[] = [];
    const context = await browser.newContext({ locale: "zh-CN", viewport: { width, height: 800 } });
    onTestFinished(() => context.close());
    const display = JSON.stringify(JSON.stringify({ light }));
    await context.addInitScript(`localStorage.setItem("display", ${display})`);
    const asked: string[] = [];
    const page = await context.newPage();
    page.on("request", (request) => asked.push(new URL(request.url()).origin));
    listenTo(page, complaints);
    await page.clock.install();
    await page.goto(url);
    await page.locator(".townships").waitFor();
    return { page, complaints, asked };
  }

  test.each(WIDTHS.flatMap((width) => (["day", "night"] as const).map((light) => [width, light] as const)))(
    "shows its townships and, at a tap, the villages of one, what needs a look first, %i wide, by %s",
    async (width, light) => {
      const { url } = await startCounty();
      const { page, complaints, asked } = await open(url, width, light);
      expect(await page.title()).toBe("渌口区各村情况");
      await page.getByText("9 个村，7 个联系得上").waitFor();
      await page.getByText("有 1 处记录对不上，可能被改过").waitFor();
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `county-${width}-${light}`);

      await page.getByRole("button", { name: "朱亭镇" }).click();
      const villages = page.getByRole("list", { name: "朱亭镇各村" }).getByRole("listitem");
      expect(await villages.locator("strong").allTextContents()).toEqual([
        "龙湾村",
        "桃花村",
        "水口村",
        "浦湾村",
      ]);
      const words = await villages.allTextContents();
      expect(words[0]).toContain("1 个危险报警2 个警告最早的 06:40");
      expect(words[1]).toContain("联系不上，已 3 小时还有 12 条没传来");
      expect(words[3]).toContain("还没有联系上过");
      await page.getByRole("button", { name: "龙凤乡" }).click();
      await page.getByText("有两台主机在用这个村的编号").waitFor();
      await page.getByText("430212-nowhere", { exact: false }).waitFor();
      await fits(page);
      expect(await axeFindings(page)).toEqual([]);
      await keepPicture(page, `county-open-${width}-${light}`);
      expect(complaints).toEqual([]);
      // No host but the county's own program.
      expect([...new Set(asked)]).toEqual([url]);
    },
  );

  test("keeps itself up to date, and says in words what is wrong with broker, database and itself", async () => {
    const { url, state, stop } = await startCounty();
    const { page, complaints } = await open(url, 360);
    const later = () => page.clock.fastForward(10_000);
    state.figures = state.figures && { ...state.figures, at: "2026-07-02T06:31:00.000Z" };
    await later();
    await page.getByText("14:31:00 的情况").waitFor();

    state.reader = { ...WELL, isConnected: false, brokerFault: "certificate" };
    await later();
    await page.getByText("连不上消息服务器：安全证书不对").waitFor();
    await keepPicture(page, "county-broker");

    state.figures = undefined;
    await later();
    await page.getByText("数据库没有回应，现在存不进记录").waitFor();
    // As they were.
    await page.getByText("14:31:00 的情况").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await keepPicture(page, "county-database");

    await stop();
    await later();
    await page.getByText("连不上县里的程序，正在重连").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await keepPicture(page, "county-lost");
    expect(complaints).toEqual([]);
  });

  test("takes names and ids for words, whatever stands in them", async () => {
    const hostile = TOWNSHIPS.map((each) => ({
      ...each,
      name: SCRIPT,
      villages: each.villages.map(({ id }) => ({ id, name: SCRIPT })),
    }));
    const { url } = await startCounty(SCRIPT, hostile);
    const { page, complaints } = await open(url, 360);
    await page.getByRole("button", { name: SCRIPT }).first().click();
    await page.locator(".village").first().waitFor();
    await fits(page);
    expect(await page.evaluate("window.hit")).toBeUndefined();
    expect(complaints).toEqual([]);
  });
});
