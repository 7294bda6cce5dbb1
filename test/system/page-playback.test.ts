import { expect, test } from "vitest";
import { GatewayError } from "../../src/core/errors.ts";
import { systemClock } from "../../src/core/time.ts";
import { untilPlayed } from "../support/browser.ts";
import { createFootageRig } from "../support/footage-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

const REASON = "找走失的人";

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
    },
  });
  const { button } = rig;
  const large = () => rig.page.getByRole("dialog", { name: "东塘" });
  const bar = () => large().getByRole("slider", { name: "录像的时间" });
  const positionMs = async () => Number(await bar().getAttribute("aria-valuenow"));

  async function play(width: number): Promise<void> {
    await rig.openPage(width);
    await button("放大看东塘").click();
    await button("回放", large()).click();
    await button(REASON, large()).click();
    await large().getByRole("button", { name: "看录像" }).click();
    await untilPlayed(rig.page);
  }

  /** To the second of what is recorded. */
  async function jump(): Promise<void> {
    const box = (await bar().boundingBox()) ?? { width: 0 };
    await bar().click({ position: { x: box.width * 0.7, y: 10 } });
  }

  async function reasonsOfViewings(): Promise<unknown[]> {
    const audit = await rig.dependencies.ledger.read({ after: 0, limit: 100, class: "audit" });
    return audit
      .filter(({ type }) => type === "org.cunshao.recording.viewed")
      .map(({ data }) => data["reason"]);
  }

  test("goes on after the box was started anew, without asking why again", async () => {
    await play(1366);
    const beforeMs = await positionMs();
    await rig.goAway();
    await rig.comeBack();
    await jump();
    await until(async () => (await positionMs()) > beforeMs + 300_000, { what: "the other recording" });
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
    await until(async () => (await positionMs()) > beforeMs + 300_000, { what: "the other recording" });
    expect(await large().getByRole("alert").count()).toBe(0);
    expect(await reasonsOfViewings()).toEqual([REASON]);
  });
});
