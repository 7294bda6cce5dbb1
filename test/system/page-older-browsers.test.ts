import { beforeAll, expect, test } from "vitest";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";

/** As Chromium 87 is, which domestic browsers of village PCs are built on. */
const OF_2020 = `
  delete Object.hasOwn;
  for (const owner of [Array, String, Uint8Array, Object.getPrototypeOf(Uint8Array)]) delete owner.prototype.at;
  for (const name of ["findLast", "findLastIndex", "toSorted", "toReversed", "with"]) delete Array.prototype[name];
  delete globalThis.structuredClone;
`;

describePages("the page in an older browser", () => {
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });
  const rig = setUpPages();

  test("of 2020 shows what happened, an alarm, and a day of playback", async () => {
    await rig.openPage({ viewport: { width: 1366, height: 768 }, before: OF_2020 });
    await raiseAlarm(rig.dependencies, picture);
    const taken = rig.page.getByRole("alertdialog", { name: "东塘有人靠近" });
    await taken.getByText("东塘喇叭已喊话").waitFor();
    await rig.putAlarmOff();
    await rig.goTo("alarms");
    await rig.shows("东塘有人靠近");
    await rig.goTo("playback");
    await rig.page.getByRole("heading", { name: "回放", exact: true }).waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("without dialogs says so, and which ones do", async () => {
    await rig.visit({
      viewport: { width: 360, height: 740 },
      before: "delete HTMLDialogElement.prototype.showModal",
    });
    await rig.page.getByRole("alert").getByText("浏览器太旧，打不开村哨").waitFor();
    await rig.shows("Chrome 87");
    await rig.keep("older-browser");
    expect(await rig.page.locator("input").count()).toBe(0);
  });
});
