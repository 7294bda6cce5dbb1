import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import type { UpstreamState } from "../../src/core/delivery.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
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

describePages("上级平台, set up on the page beside somebody else, or over a bad line", () => {
  const rig = setUpPages({
    place: "setup",
    site: { written: { upstreams: [TOWNSHIP] } },
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

  test("that somebody else changed meanwhile is told of, and what was typed is saved by who wants it all the same", async () => {
    await rig.openPage(PHONE);
    await openForm();
    await field("图片和录像最多占多少网（kbit/s）").fill("512");
    const theirs = { ...TOWNSHIP, url: "https://township.example/moved" };
    await rig.dependencies.setUp.change(0, [{ list: "upstreams", id: "township", entry: theirs }], {}, WANG);
    await save().click();
    const told = form().getByRole("alert");
    await told.getByText(/^王主任在.*也改了这一项，现在是：$/).waitFor();
    await told.getByText("https://township.example/moved").waitFor();
    expect(await field("图片和录像最多占多少网（kbit/s）").inputValue()).toBe("512");
    expect(await field("平台的地址").inputValue()).toBe(theirs.url);
    expect(await save().isDisabled()).toBe(true);
    await keep("upstream-rival-360");
    await rig.fitsThePage(form());
    await button("留我改的", form()).click();
    await save().click();
    await gone(form());
    expect(written()[0]?.entry).toEqual({ ...theirs, evidenceKbitPerSecond: 512 });
    expect(rig.complaints).toEqual([]);
  });

  test("that was left unsaved does not go over what somebody else has saved since", async () => {
    await rig.openPage(PHONE);
    await openForm();
    await field("平台的地址").fill("https://township.example/mine");
    await button("关闭", form()).click();
    await button("关闭", list()).click();
    const theirs = { ...TOWNSHIP, url: "https://township.example/moved" };
    await rig.dependencies.setUp.change(0, [{ list: "upstreams", id: "township", entry: theirs }], {}, WANG);
    await openForm();
    await form()
      .getByText(/^王主任在.*也改了这一项，现在是：$/)
      .waitFor();
    await button("不要我改的", form()).click();
    expect(await field("平台的地址").inputValue()).toBe(theirs.url);
    expect(written()[0]?.entry).toEqual(theirs);
    expect(rig.complaints).toEqual([]);
  });

  test("that somebody else took out meanwhile is added again by who wants it, with what its box forgot", async () => {
    const { setUp } = rig.dependencies;
    const county = { id: "county", kind: "http", url: "https://county.example/in" };
    const entry = { ...county, token: { secret: "page-county-token" } };
    const place = { list: "upstreams", id: "county" } as const;
    await setUp.change(0, [{ ...place, entry }], { "page-county-token": "7f3a" }, WANG);
    await rig.openPage(PHONE);
    await openList();
    await button("改上级平台：county", list()).click();
    const changing = form("改上级平台：乡镇");
    await field("图片和录像最多占多少网（kbit/s）", changing).fill("512");
    await setUp.change(1, [{ ...place, entry: null }], {}, WANG);
    await save(changing).click();
    await changing.getByRole("alert").getByText("这个上级平台刚刚去掉了。").waitFor();
    await keep("upstream-gone-360");
    await button("留我改的", changing).click();
    await changing.getByText("还要填口令").waitFor();
    await field("口令（token）", changing).fill("9b1c");
    await save(changing).click();
    await gone(changing);
    expect(written()[1]?.entry).toEqual({ ...entry, evidenceKbitPerSecond: 512 });
    expect(setUp.kept.secrets).toEqual({ "page-county-token": "9b1c" });
    expect(rig.complaints).toEqual([]);
  });

  test("whose new token alone never reached the box is not told to be in use", async () => {
    const { setUp } = rig.dependencies;
    await rig.openPage(PHONE);
    await openForm();
    await field("口令（token）").fill("7f3a");
    await save().click();
    await gone(form());
    await button("改上级平台：乡镇", list()).click();
    await field("口令（token）").fill("9b1c");
    const other = {
      id: "county",
      kind: "http",
      url: "https://county.example/in",
      token: { secret: "page-x" },
    };
    await setUp.change(1, [{ list: "upstreams", id: "county", entry: other }], { "page-x": "x" }, WANG);
    await save().click();
    await form()
      .getByText(/^王主任在.*刚改过设置。您填的/)
      .waitFor();
    expect(await field("口令（token）").inputValue()).toBe("9b1c");
    await save().click();
    await gone(form());
    expect(setUp.kept.secrets["page-township-token"]).toBe("9b1c");
    expect(rig.complaints).toEqual([]);
  });

  test("goes on to be typed while it is saved, and loses nothing of it", async () => {
    await rig.openPage(PHONE);
    await openForm();
    await field("平台的地址").fill("https://township.example/new");
    let resolve = (): void => {};
    const typed = new Promise<void>((done) => {
      resolve = done;
    });
    await rig.page.route("**/set-up/changes", async (route) => {
      await typed;
      await route.continue();
    });
    await save().click();
    await field("图片和录像最多占多少网（kbit/s）").fill("512");
    resolve();
    await until(() => written()[0]?.entry["url"] === "https://township.example/new", {
      what: "the address saved",
    });
    await form().getByText("新的设置已经在用").waitFor();
    expect(await field("图片和录像最多占多少网（kbit/s）").inputValue()).toBe("512");
    expect(await button("留我改的", form()).count()).toBe(0);
    await save().click();
    await gone(form());
    expect(written()[0]?.entry).toMatchObject({ evidenceKbitPerSecond: 512 });
    expect(rig.complaints).toEqual([]);
  });
});
