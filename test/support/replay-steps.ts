import type { Locator } from "playwright-core";
import { untilPlayed } from "./browser.ts";
import type { setUpPages, Visit } from "./page-rig.ts";

/** Why somebody looks at what was recorded; one of the reasons that the page offers. */
export const REASON = "找走失的人";

export interface ReplaySteps {
  /** The window of the camera 东塘. */
  readonly large: () => Locator;
  /** Opens its recordings. */
  openReplay(): Promise<void>;
  /** Opens the page and its recordings, says why, and waits until they play. */
  play(visit: Visit): Promise<void>;
}

/** What a person does to see what 东塘 recorded. */
export function replaySteps(rig: ReturnType<typeof setUpPages>): ReplaySteps {
  const { button } = rig;
  const large = () => rig.page.getByRole("dialog", { name: "东塘" });

  async function openReplay(): Promise<void> {
    await button("放大看东塘").click();
    await button("回放", large()).click();
  }

  return {
    large,
    openReplay,
    async play(visit) {
      await rig.openPage(visit);
      await openReplay();
      await button(REASON, large()).click();
      await large().getByRole("button", { name: "看录像" }).click();
      await untilPlayed(rig.page);
    },
  };
}
