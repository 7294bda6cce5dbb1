import { beforeAll, expect, test } from "vitest";
import { keepPicture } from "../support/browser.ts";
import { addPicture, type DeskOfOne, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { setUpDeskPages } from "../support/desk-page.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, fits, WIDTHS } from "../support/page-rig.ts";
import { until } from "../support/until.ts";

describePages("the picture of an alarm at a township's desk", () => {
  const openDesk = setUpDeskPages();
  const lost = "a".repeat(64);
  let picture: Buffer;
  beforeAll(() => {
    picture = takePicture(TEST_PICTURE);
  });

  async function start(): Promise<DeskOfOne> {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    return desk;
  }
  /** Once the desk knows of the picture. */
  const known = (desk: DeskOfOne) =>
    until(async () => (await desk.state()).alarms[0]?.snapshot !== undefined, {
      what: "an alarm with a picture",
    });

  test.each(WIDTHS)(
    "that is nowhere any more is said to be gone, and asked for no more, %i wide",
    async (width) => {
      const desk = await start();
      await desk.box.ledger.append({
        type: "org.cunshao.evidence.added",
        class: "alarm",
        subject: "a1",
        data: { kind: "snapshot", mediaType: "image/jpeg", sha256: lost, sizeBytes: 100 },
      });
      await known(desk);
      const { page } = await openDesk(desk, width);
      await page.getByText("照片已经清理").waitFor();
      const answers: number[] = [];
      page.on("response", (answer) => {
        if (answer.url().endsWith(lost)) answers.push(answer.status());
      });
      await page.reload();
      await page.getByText("照片已经清理").waitFor();
      await until(() => answers.length >= 2, { what: "both answers" });
      expect(answers).toEqual([404, 404]);
      await fits(page);
      await keepPicture(page, `desk-picture-gone-${width}`);
    },
  );

  test("that has not come yet is asked for again until it is there", async () => {
    const desk = await start();
    const sha256 = await addPicture(desk.box, picture);
    await known(desk);
    const { page, complaints } = await openDesk(desk, 360);
    let isAway = true;
    await page.route(`**/evidence/${sha256}`, (route) =>
      isAway ? route.fulfill({ status: 503, json: { code: "desk.box_away" } }) : route.continue(),
    );
    await page.reload();
    await page.getByText("照片还没传到").waitFor();
    isAway = false;
    const shown = page.getByRole("img", { name: "东塘报警时的照片" });
    await shown.waitFor();
    await until(() => shown.evaluate((one) => (one as unknown as { naturalWidth: number }).naturalWidth > 0));
    expect(complaints).toEqual([]);
  });
});
