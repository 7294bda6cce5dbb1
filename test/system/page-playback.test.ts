import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { GatewayError } from "../../src/core/errors.ts";
import { cellsOf } from "../../src/core/movement-cells.ts";
import { systemClock } from "../../src/core/time.ts";
import { axeFindings } from "../support/axe-findings.ts";
import { keepPicture, logInOn, untilPlayed } from "../support/browser.ts";
import { createFootageRig } from "../support/footage-double.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { REASON, replaySteps } from "../support/replay-steps.ts";
import { until } from "../support/until.ts";
import { PASSWORD, PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

/** Of a browser, where these tests are read as Node's. */
interface Canvas {
  getContext(kind: "2d"): {
    drawImage(...of: readonly unknown[]): void;
    getImageData(...of: readonly number[]): { readonly data: readonly number[] };
  };
}

describePages("playback that lasts", () => {
  let footage: Awaited<ReturnType<typeof createFootageRig>>;
  const rig = setUpPages({
    place: "look",
    async prepare(dependencies) {
      footage = await createFootageRig(systemClock);
      const startMs = systemClock.now().wallMs - 1_800_000;
      for (const after of [0, 600_000]) {
        footage.segments.record({ startMs: startMs + after, seconds: 120, size: "640x360" });
      }
      dependencies.footage = footage;
      await dependencies.accounts.add({ username: "wang", passwordHash: PASSWORD_HASH, role: "operator" });
    },
  });
  const { button } = rig;
  const { large, openReplay, play } = replaySteps(rig);
  const bar = () => large().getByRole("slider", { name: "录像的时间" });
  const positionMs = async () => Number(await bar().getAttribute("aria-valuenow"));

  /** To the second of what is recorded: it begins two thirds of an hour in, and after a minute and a half of opening there is still some of it. */
  async function jump(): Promise<void> {
    const box = (await bar().boundingBox()) ?? { width: 0 };
    await bar().click({ position: { x: box.width * 0.675, y: 10 } });
  }

  async function viewingsOpened(): Promise<readonly Record<string, unknown>[]> {
    const audit = await rig.dependencies.ledger.read({ after: 0, limit: 100, class: "audit" });
    return audit.filter(({ type }) => type === "org.cunshao.recording.viewed").map(({ data }) => data);
  }
  const reasonsOfViewings = async () => (await viewingsOpened()).map(({ reason }) => reason);

  test("goes on after the box was started anew, without asking why again", async () => {
    await play(1366);
    const beforeMs = await positionMs();
    await rig.goAway();
    await rig.comeBack();
    await jump();
    await until(async () => (await positionMs()) > beforeMs + 300_000, {
      timeoutMs: 60_000,
      what: "the other recording",
    });
    await untilPlayed(rig.page);
    expect(await large().getByRole("alert").count()).toBe(0);
    expect(await reasonsOfViewings()).toEqual([REASON, REASON]);

    await rig.goAway();
    await rig.comeBack();
    await button("暂停", large()).click();
    await button("下一幅", large()).click();
    await until(async () => (await large().locator("video").getAttribute("src"))?.startsWith("blob:"));
    expect(await reasonsOfViewings()).toEqual([REASON, REASON, REASON]);
  });

  test("says why it does not go on, and does once it can", async () => {
    await play(360);
    const { replay } = footage;
    const { play: playAsEver } = replay;
    const problem = { code: "recordings.busy", kind: "transient" } as const;
    replay.play = () => Promise.reject(new GatewayError("too many recordings are being played", problem));
    await jump();
    await large().getByRole("alert").filter({ hasText: "看录像的人太多，请稍后再试" }).waitFor();
    replay.play = playAsEver;
    const beforeMs = await positionMs();
    await jump();
    await until(async () => (await positionMs()) > beforeMs + 300_000, {
      timeoutMs: 60_000,
      what: "the other recording",
    });
    expect(await large().getByRole("alert").count()).toBe(0);
    expect(await reasonsOfViewings()).toEqual([REASON]);
  });

  const logInAs = async (username: string): Promise<void> => {
    await rig.page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    await rig.page.getByText("登录已过期").filter({ visible: true }).first().waitFor();
    await logInOn(rig.page, PASSWORD, username);
  };

  test("whoever logs in after a log-in that ran out says why themselves", async () => {
    await play(360);
    await logInAs("wang");
    await large().waitFor({ state: "detached" });
    await openReplay();
    await large().getByRole("button", { name: "看录像" }).waitFor();
    expect(await large().getByText(`原因：${REASON}`).count()).toBe(0);
    expect(await large().locator("video").count()).toBe(0);
    await button("核实报警", large()).click();
    await large().getByRole("button", { name: "看录像" }).click();
    await untilPlayed(rig.page);
    expect(await viewingsOpened()).toMatchObject([
      { by: { name: "admin" }, reason: REASON },
      { by: { name: "wang" }, reason: "核实报警" },
    ]);
    expect(rig.complaints).toEqual([]);
  });

  test("who comes back after their own log-in ran out goes on where they were", async () => {
    await play(1366);
    const beforeMs = await positionMs();
    await logInAs("admin");
    await jump();
    await until(async () => (await positionMs()) > beforeMs + 300_000, {
      timeoutMs: 60_000,
      what: "the other recording",
    });
    await untilPlayed(rig.page);
    expect(new Set(await reasonsOfViewings())).toEqual(new Set([REASON]));
  });

  /** How bright a picture or a video is in each of 16 by 9 places. */
  function brightness(shown: Locator): Promise<readonly number[]> {
    return shown.evaluate((one) => {
      const page = one as unknown as { ownerDocument: { createElement(name: string): Canvas } };
      const canvas = page.ownerDocument.createElement("canvas");
      Object.assign(canvas, { width: 16, height: 9 });
      const pen = canvas.getContext("2d");
      pen.drawImage(one, 0, 0, 16, 9);
      const { data } = pen.getImageData(0, 0, 16, 9);
      return Array.from({ length: 144 }, (_, at) => data[at * 4 + 1] ?? 0);
    });
  }

  test.each(WIDTHS)("a search begins on the picture that was looked at, %i wide", async (width) => {
    const { movement } = rig.dependencies;
    const crossedMs = systemClock.now().wallMs - 1_790_000;
    const cells = cellsOf([
      [0.5, 0.5],
      [0.55, 0.5],
      [0.5, 0.55],
    ]);
    const when = { fromMs: crossedMs, toMs: crossedMs + 4000, clock: "synced" } as const;
    movement.add({ camera: "pond-east", ...when, zones: [], cells });
    await play(width);
    await button("暂停", large()).click();
    await button("下一幅", large()).click();
    const video = large().locator("video");
    await until(async () => (await video.getAttribute("src"))?.startsWith("blob:"));
    await video.evaluate((one) => {
      const player = one as unknown as { seeking: boolean; onseeked: () => void };
      return new Promise<void>((resolve) => {
        if (!player.seeking) resolve();
        player.onseeked = resolve;
      });
    });
    const seen = await brightness(video);
    const seenAt = await large().locator(".playback__time").textContent();

    await button("在这段时间里找谁来过", large()).click();
    const search = rig.page.getByRole("dialog", { name: "查找谁来过" });
    const ground = search.locator(".place__stage img");
    await search.getByText(new RegExp(`^录像 .* ${seenAt}$`)).waitFor();
    await until(() => ground.evaluate((one) => (one as unknown as { complete: boolean }).complete));
    const drawnOn = await brightness(ground);
    const differences = drawnOn.map((value, at) => Math.abs(value - (seen[at] ?? 0)));
    expect(differences.reduce((sum, one) => sum + one, 0) / differences.length).toBeLessThan(6);
    await keepPicture(rig.page, `search-seen-${width}`, "screen");
    expect(await axeFindings(rig.page)).toEqual([]);

    const stage = search.locator(".place__stage");
    const size = (await stage.boundingBox()) ?? { width: 0, height: 0 };
    const tap = (x: number, y: number) =>
      stage.click({ position: { x: size.width * x, y: size.height * y } });
    await tap(0.4, 0.4);
    await tap(0.7, 0.7);
    await button("查找", search).click();
    await search.getByText("有 1 次动静").waitFor();

    // Another camera was not looked at: there is only its picture of now.
    await search.getByLabel("哪台摄像机").selectOption({ index: 1 });
    expect(await ground.getAttribute("src")).toMatch(/snapshot\.jpg$/);
    expect(await search.getByText(/^录像 /).count()).toBe(0);
    await search.getByLabel("哪台摄像机").selectOption({ index: 0 });
    await search.getByText(new RegExp(`^录像 .* ${seenAt}$`)).waitFor();
  });

  test("a search that begins where nothing plays has the picture of now", async () => {
    await play(1366);
    await button("30天", large()).click();
    await large().getByText("点一下时间条，从那里看起。").waitFor();
    await button("在这段时间里找谁来过", large()).click();
    const stage = rig.page.locator(".place__stage");
    expect(await stage.locator("img").getAttribute("src")).toMatch(/snapshot\.jpg$/);
    expect(await stage.getByText(/^录像 /).count()).toBe(0);
  });
});
