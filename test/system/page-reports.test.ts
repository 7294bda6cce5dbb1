import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import type { ReportMaker } from "../../src/core/report.ts";
import { systemClock } from "../../src/core/time.ts";
import { createChildRegister } from "../../src/drivers/ffmpeg/child-register.ts";
import { jpegSize } from "../../src/drivers/ffmpeg/jpeg-size.ts";
import { createReportMaker } from "../../src/drivers/ffmpeg/report-maker.ts";
import { logInOn } from "../support/browser.ts";
import { fakeMicrophone } from "../support/fake-microphone.ts";
import { TEST_PICTURE, takePicture } from "../support/live-double.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { PASSWORD, PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const PLACE = { latitude: 27.61234, longitude: 113.52345, accuracy: 12 };
const GRANTED = { permissions: ["microphone", "geolocation"], geolocation: PLACE };
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, ...GRANTED };
const DESK: BrowserContextOptions = { viewport: { width: 1366, height: 900 }, ...GRANTED };
/** A name that is not the machine itself, to which browsers give no microphone and no place without encryption. */
const PLAIN_HOST = "village.test";

const folder = mkdtempSync(join(tmpdir(), "cunshao-reports-"));
const realMaker = createReportMaker({
  clock: systemClock,
  log: silentLogger,
  register: createChildRegister(join(folder, "children")),
});
/** While it is shut, the box has a picture in hand and does not answer. */
const gate = { isShut: false, open: (): void => undefined, waiting: 0 };
const maker: ReportMaker = {
  ...realMaker,
  async photo(source, target) {
    if (gate.isShut) {
      gate.waiting++;
      await new Promise<void>((resolve) => {
        gate.open = resolve;
      });
    }
    await realMaker.photo(source, target);
  },
};

describePages("现场上报 on the page", () => {
  let snapshot: Buffer;
  let photo: Buffer;
  beforeAll(() => {
    snapshot = takePicture(TEST_PICTURE);
    const source = ["-f", "lavfi", "-i", "testsrc2=s=3000x4000", "-frames:v", "1", "-f", "mjpeg", "pipe:1"];
    photo = withExif(execFileSync("ffmpeg", ["-v", "error", ...source], { maxBuffer: 1e8 }));
  });
  beforeEach(() => {
    gate.isShut = false;
    gate.waiting = 0;
  });
  const rig = setUpPages({
    site: { reportMaker: maker },
    prepare: ({ accounts }) =>
      accounts.add({ username: "liu", passwordHash: PASSWORD_HASH, role: "operator" }),
    browserArguments: (own) => [
      ...fakeMicrophone(join(own, "microphone.wav")),
      `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
    ],
  });

  const card = () => rig.page.locator(".takeover");
  const dialog = () => rig.page.getByRole("dialog", { name: "现场上报：东塘有人靠近" });
  const within = (name: string) => dialog().getByRole("button", { name, exact: true });
  const shows = (text: string | RegExp) => card().getByText(text).first().waitFor();
  const camera = () => dialog().locator("input[capture=environment]");
  const told = () => rig.dependencies.village.state().alarms[0]?.reports ?? [];
  const events = async (type: string) => {
    const all = await rig.dependencies.ledger.read({ after: 0, limit: 1000 });
    return all.filter((event) => event.type === `org.cunshao.${type}`);
  };
  const ofReports = async () => (await events("evidence.added")).filter(({ data }) => "report" in data);

  async function openDialog(options: BrowserContextOptions, username = "admin"): Promise<void> {
    await rig.openPage(options, username);
    await raiseAlarm(rig.dependencies, snapshot);
    await card().getByRole("button", { name: "现场上报" }).click();
    await dialog().waitFor();
  }
  async function takePhoto(content = photo): Promise<void> {
    const before = await dialog().locator("li img").count();
    await camera().setInputFiles({ name: "IMG_0001.jpg", mimeType: "image/jpeg", buffer: content });
    await dialog().locator("li img").nth(before).waitFor();
  }
  async function speak(): Promise<void> {
    await within("录一段话").click();
    const meter = dialog().locator("meter");
    await until(async () => Number(await meter.getAttribute("value")) > 0.05);
    await rig.keep(`report-recording-${rig.page.viewportSize()?.width}`);
    await until(async () => !(await dialog().getByText("还剩 60 秒").isVisible()));
    await within("录好了").click();
    await dialog().locator("audio").waitFor();
  }
  /** Nor is anything in the dialog cut off at its side. */
  async function fits(): Promise<void> {
    await rig.fitsThePage(dialog());
    const widths = (one: { scrollWidth?: number; clientWidth?: number }) => [
      one.scrollWidth,
      one.clientWidth,
    ];
    const [inside, outside] = await dialog().evaluate(widths);
    expect(inside).toBe(outside);
  }
  const write = (text: string) => dialog().getByLabel("写几句").fill(text);

  test.each([
    ["on a phone of 360 pixels", PHONE],
    ["on the PC of the village office", DESK],
  ])("goes with pictures, voice, place and words onto the alarm, %s", async (_what, options) => {
    const width = options.viewport?.width;
    await openDialog(options);
    expect(await within("发送").isDisabled()).toBe(true);
    await takePhoto();
    await takePhoto();
    await speak();
    await within("加上我的位置").click();
    await dialog().getByLabel("把位置一起发（误差约 12 米）").waitFor();
    await write("人已上岸，<b>送卫生院了</b>");
    await rig.keep(`report-written-${width}`);
    await fits();
    await within("发送").click();
    await shows("北纬 27.61234°，东经 113.52345°，误差约 12 米");
    await shows("人已上岸，<b>送卫生院了</b>");
    await shows("现场上报已发出");
    await until(async () => (await ofReports()).length === 3);

    const [report] = told();
    expect(report).toMatchObject({ by: "admin", photos: 2, hasVoice: true });
    const evidence = await Promise.all(
      (report?.files ?? []).map(({ sha256 = "" }) => rig.dependencies.evidence.find(sha256)),
    );
    const [first = { path: "" }] = evidence;
    const kept = readFileSync(first.path);
    expect(jpegSize(kept)).toEqual({ width: 1200, height: 1600 });
    expect(kept.includes("Exif")).toBe(false);

    await card().getByRole("button", { name: "放大第 2 张照片" }).click();
    const large = card().getByRole("button", { name: "放大第 2 张照片", pressed: true });
    const shown = large.getByRole("img");
    await until(() => shown.evaluate((image: { naturalWidth?: number }) => image.naturalWidth === 1200));
    const voice = card().locator("audio");
    await voice.evaluate((audio: { muted?: boolean; play?: () => Promise<void> }) => {
      audio.muted = true;
      return audio.play?.();
    });
    await until(() => voice.evaluate((audio: { duration?: number }) => (audio.duration ?? 0) > 0.5));
    await voice.scrollIntoViewIfNeeded();
    await rig.keep(`report-shown-${width}`);
    await rig.fitsThePage(card());
    expect(rig.complaints).toEqual([]);
  });

  test("of somebody else shows at once, with what is still to come, and to who may only look without a button", async () => {
    await rig.openPage(PHONE, "guest");
    const { dependencies } = rig;
    await raiseAlarm(dependencies, snapshot);
    const by = { kind: "person", name: "刘网格员" } as const;
    const words = { id: "report-01", text: "正在找人", photos: 2, hasVoice: true };
    await dependencies.reports.tell("alarm-1", words, by);
    await shows("正在找人");
    await shows("还有 2 张照片和语音没到");
    const content = (async function* () {
      yield photo;
    })();
    await dependencies.reports.attach("alarm-1", "report-01", { kind: "photo", number: 0 }, content, by);
    await shows("还有 1 张照片和语音没到");
    await card().getByRole("button", { name: "放大第 1 张照片" }).waitFor();
    expect(await card().getByRole("button", { name: "现场上报" }).count()).toBe(0);
    expect(rig.complaints).toEqual([]);
  });

  test("loses nothing when the box goes while it is written, the page is shut, and the box comes back", async () => {
    await openDialog(PHONE);
    await takePhoto();
    await rig.goAway();
    await speak();
    await write("人已上岸");
    await within("先放着").click();
    await rig.comeBack();
    await rig.page.reload();
    await card().getByRole("button", { name: "接着写现场上报" }).click();
    expect(await dialog().getByLabel("写几句").inputValue()).toBe("人已上岸");
    expect(await dialog().locator("li img").count()).toBe(1);
    expect(await dialog().locator("audio").count()).toBe(1);

    await rig.goAway();
    await rig.page.getByText("连不上村哨，正在重连").waitFor();
    await within("发送").click();
    const told = card().getByText("连不上村哨，先存在这部手机里，连上后自动发");
    await told.waitFor();
    await until(async () => ((await told.boundingBox())?.y ?? 1000) < 720);
    await rig.keep("report-offline-360");
    await rig.page.goto("about:blank");
    await rig.comeBack();
    await rig.page.goto(rig.url);
    await shows("人已上岸");
    await shows("现场上报已发出");
    await until(async () => (await ofReports()).length === 2);
    expect((await events("alarm.reported")).length).toBe(1);
    expect(await card().getByRole("button", { name: "现场上报" }).count()).toBe(1);
  });

  test("goes on by itself, and is there once, where the line breaks in the middle of a picture", async () => {
    gate.isShut = true;
    await openDialog(PHONE);
    await takePhoto();
    await write("人已上岸");
    await within("发送").click();
    await until(() => gate.waiting === 1);
    await shows("传完了，正在检查");
    await rig.goAway();
    await shows("连不上村哨，先存在这部手机里，连上后自动发");
    gate.isShut = false;
    gate.open();
    await rig.comeBack();
    await shows("现场上报已发出");
    await card().getByRole("button", { name: "放大第 1 张照片" }).waitFor();
    expect([(await events("alarm.reported")).length, (await ofReports()).length]).toEqual([1, 1]);
  });

  test("can be stopped on its way, and sent on or thrown away", async () => {
    gate.isShut = true;
    await openDialog(PHONE);
    await takePhoto();
    await within("发送").click();
    await until(() => gate.waiting === 1);
    await rig.keep("report-sending-360");
    await card().getByRole("button", { name: "停下" }).click();
    await shows("停下了，还没有发完");
    await rig.keep("report-stopped-360");
    await rig.fitsThePage(card());
    gate.isShut = false;
    gate.open();
    await card().getByRole("button", { name: "再发" }).click();
    await shows("现场上报已发出");
    expect(await ofReports()).toHaveLength(1);

    await card().getByRole("button", { name: "现场上报" }).click();
    await write("写错了");
    await within("不报了").click();
    await dialog().waitFor({ state: "detached" });
    await card().getByRole("button", { name: "现场上报" }).click();
    expect(await dialog().getByLabel("写几句").inputValue()).toBe("");
    expect(told()).toHaveLength(1);
  });

  test("whose picture the telephone has lost is not tried for ever: what to do is said", async () => {
    await openDialog(PHONE);
    await takePhoto();
    await write("人已上岸");
    // What a browser says of a file whose storage was cleared.
    await rig.page.evaluate(
      `Blob.prototype.arrayBuffer = () => Promise.reject(new DOMException("", "NotReadableError"))`,
    );
    await within("发送").click();
    await shows("在这部手机上读不出来了，请丢掉后重新报");
    expect(told()).toMatchObject([{ text: "人已上岸" }]);
    await rig.fitsThePage(card());
    await card().getByRole("button", { name: "丢掉" }).click();
    await until(async () => !(await card().getByText("读不出来").isVisible()));
    expect(rig.complaints).toEqual([]);
  });

  test("that was written about an alarm which newer ones have pushed off the page is there to be sent or thrown away", async () => {
    await openDialog(PHONE);
    await write("人已上岸");
    await within("先放着").click();
    await rig.putAlarmOff();
    const { village } = rig.dependencies;
    village.update({ alarms: [] });
    const waiting = rig.page.getByRole("region", { name: "现场上报" });
    await waiting.getByText("写了还没有发").waitFor();
    await rig.keep("report-stranded-360");
    await rig.fitsThePage(waiting);
    await waiting.getByRole("button", { name: "发送" }).waitFor();
    await waiting.getByRole("button", { name: "丢掉" }).click();
    await waiting.waitFor({ state: "detached" });
  });

  test("is nobody's but whose it is: who logs in after does not see or send it", async () => {
    await openDialog(PHONE);
    await write("人已上岸");
    await within("先放着").click();
    await rig.putAlarmOff();
    await rig.page.getByTitle("退出登录").click();
    await logInOn(rig.page, PASSWORD, "liu");
    await card().getByRole("button", { name: "现场上报", exact: true }).click();
    expect(await dialog().getByLabel("写几句").inputValue()).toBe("");
  });

  test("that is open when the log-in runs out is put away before whoever logs in next, and is there again for its owner", async () => {
    await openDialog(PHONE);
    await write("人已上岸");
    const endLogIn = async (): Promise<void> => {
      await rig.page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
      await rig.page.getByText("登录已过期").filter({ visible: true }).first().waitFor();
    };
    await endLogIn();
    await logInOn(rig.page, PASSWORD, "admin");
    expect(await dialog().getByLabel("写几句").inputValue()).toBe("人已上岸");

    await endLogIn();
    await logInOn(rig.page, PASSWORD, "liu");
    await dialog().waitFor({ state: "detached" });
    await card().getByRole("button", { name: "现场上报", exact: true }).click();
    expect(await dialog().getByLabel("写几句").inputValue()).toBe("");
    await write("我在塘边");
    await within("发送").click();
    await shows("我在塘边");
    expect(told()).toMatchObject([{ text: "我在塘边", by: "liu" }]);
  });

  test("goes without what the person took out: a picture, and the place", async () => {
    await openDialog(PHONE);
    await takePhoto();
    await within("去掉第 1 张照片").click();
    await dialog().locator("li img").waitFor({ state: "detached" });
    await within("加上我的位置").click();
    await dialog().getByLabel("把位置一起发").uncheck();
    expect(await within("发送").isDisabled()).toBe(true);
    await write("人已上岸");
    await within("发送").click();
    await shows("现场上报已发出");
    expect(told()).toMatchObject([{ text: "人已上岸", photos: 0, hasVoice: false }]);
    expect(told()[0]).not.toHaveProperty("place");
  });

  test("says in plain words what it cannot do, and goes on without", async () => {
    await rig.visit({ viewport: { width: 360, height: 740 } });
    await rig.page.goto(rig.url.replace("127.0.0.1", PLAIN_HOST));
    await logInOn(rig.page, PASSWORD);
    await raiseAlarm(rig.dependencies, snapshot);
    await card().getByRole("button", { name: "现场上报" }).click();
    await dialog().getByText("用话筒要用 https 打开本页").waitFor();
    await dialog().getByText("加位置要用 https 打开本页").waitFor();
    await camera().setInputFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer: Buffer.from("<html>") });
    await dialog().getByText("这张照片打不开").waitFor();
    await rig.keep("report-plain-360");
    await takePhoto();
    await within("发送").click();
    await shows("现场上报已发出");
    expect(told()).toMatchObject([{ photos: 1, hasVoice: false }]);
  });

  test("says what to do where the browser was not allowed to tell the place or hear", async () => {
    await openDialog({ ...PHONE, permissions: [] });
    await within("加上我的位置").click();
    await dialog().getByText("浏览器没有让用位置").waitFor();
    await within("录一段话").click();
    await dialog().getByText("浏览器没有让用话筒").waitFor();
    await rig.keep("report-denied-360");
    await fits();
  });
});

/** With an APP1 segment, as telephones write where and by what a picture was taken. */
function withExif(jpeg: Buffer): Buffer {
  const text = Buffer.from("Exif\0\0GPS 27.61 113.52");
  const head = Buffer.from([0xff, 0xe1, 0, text.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, text, jpeg.subarray(2)]);
}
