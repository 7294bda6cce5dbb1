import type { Page, Route } from "playwright-core";
import { expect, test } from "vitest";
import { isoTime, systemClock } from "../../src/core/time.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { keepPicture, logInOn } from "../support/browser.ts";
import { addClip, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { setUpDeskPages } from "../support/desk-page.ts";
import { createFootageRig } from "../support/footage-double.ts";
import { describePages, fits, WIDTHS } from "../support/page-rig.ts";
import { until } from "../support/until.ts";
import { PASSWORD } from "../unit/panel/panel-fixture.ts";

describePages("who looked and who did what at a township's desk", () => {
  const openDesk = setUpDeskPages();
  const sheet = (page: Page) => page.getByRole("dialog", { name: "谁看过、谁做过" });
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

  /** A desk at which a recording of a village was watched, words said, and, once it was away, a clip watched and its alarm taken. */
  async function start() {
    const footage = await createFootageRig(systemClock);
    const recordedMs = Math.floor(systemClock.now().wallMs / 1000) * 1000 - 600_000;
    footage.segments.record({ startMs: recordedMs, seconds: 4 });
    const desk = await startDeskOfOne("reverse", { footage });
    await desk.here();
    const [from, to] = [isoTime(recordedMs), isoTime(recordedMs + 4_000)];
    const viewing = { camera: "pond-east", from, to, reason: "找孩子" };
    expect((await desk.ask("POST", "/boxes/test/viewings", viewing)).status).toBe(201);
    const words = { speakers: ["pond"], text: "请离开塘边" };
    expect((await desk.ask("POST", "/boxes/test/broadcasts", words)).status).toBe(202);
    await raise(desk.box);
    await desk.alarm();
    const film = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(1000, 7)]);
    const clip = await addClip(desk.box, film);
    await until(async () => ((await desk.state()).boxes[0]?.files.bytes ?? 0) >= film.length, {
      what: "a clip at the desk",
    });
    await desk.cut();
    await desk.boxWith({ status: "away" });
    const path = `/boxes/test/evidence/${clip}?reason=${encodeURIComponent("核实报警")}`;
    expect((await desk.ask("GET", path)).status).toBe(200);
    expect((await desk.ask("POST", "/boxes/test/alarms/a1/acknowledge", {})).status).toBe(202);
    return desk;
  }

  test.each(WIDTHS)("is there for its administrators, with the reason, %i wide", async (width) => {
    const { page, complaints } = await openDesk(await start(), width);
    await fits(page);
    await button(page, "记录").click();
    await sheet(page).getByText("admin 看了龙湾村的报警录像：核实报警").waitFor();
    await sheet(page).getByText("admin 处理龙湾村的报警 东塘有人靠近").waitFor();
    await sheet(page).getByText("admin 对龙湾村喊了话").waitFor();
    await sheet(page).getByText("admin 看了龙湾村的录像（摄像机 pond-east）：找孩子").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await keepPicture(page, `desk-audit-${width}`, "screen");
    await sheet(page).getByRole("button", { name: "谁看过" }).click();
    await sheet(page).getByText("admin 处理龙湾村的报警").waitFor({ state: "detached" });
    await sheet(page).getByText("admin 看了龙湾村的报警录像：核实报警").waitFor();
    await fits(page, sheet(page));
    await keepPicture(page, `desk-audit-looked-${width}`, "screen");
    expect(complaints).toEqual([]);
  });

  test("stands there once each, also where a slow answer comes after another choice and back", async () => {
    const { page } = await openDesk(await start(), 360);
    const held: Route[] = [];
    const asked = (count: number) => until(() => held.length === count, { what: `${count} questions` });
    await page.route("**/desk/audit?*", (route) => void held.push(route));
    await button(page, "记录").click();
    await asked(1);
    await sheet(page).getByRole("button", { name: "谁看过" }).click();
    await asked(2);
    await sheet(page).getByRole("button", { name: "全部" }).click();
    await asked(3);
    for (const route of held) {
      const answered = page.waitForResponse(route.request().url());
      await route.continue();
      await (await answered).finished();
    }
    const looked = sheet(page).getByText("admin 看了龙湾村的报警录像：核实报警");
    await looked.first().waitFor();
    await sheet(page).locator("[aria-busy=false]").waitFor();
    expect(await looked.count()).toBe(1);
  });

  test("is for nobody else", async () => {
    const desk = await start();
    await desk.ask("POST", "/accounts", { username: "王芳", password: PASSWORD, role: "operator" });
    const { page } = await openDesk(desk, 1366);
    await button(page, "退出登录").click();
    await logInOn(page, PASSWORD, "王芳", ".desk__main");
    await button(page, "账号").waitFor();
    expect(await button(page, "记录").count()).toBe(0);
  });
});
