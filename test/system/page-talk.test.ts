import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import { expect, test } from "vitest";
import { goTo, logInOn } from "../support/browser.ts";
import { fakeMicrophone } from "../support/fake-microphone.ts";
import { describePages, setUpPages } from "../support/page-rig.ts";
import { raiseAlarm } from "../support/sample-village.ts";
import { until } from "../support/until.ts";
import { order } from "../unit/act/act-rig.ts";
import { PASSWORD, PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
const DESK = { viewport: { width: 1366, height: 900 } };

describePages("holding to talk", () => {
  const rig = setUpPages({
    place: "speak",
    browserArguments: (folder) => fakeMicrophone(join(folder, "microphone.wav")),
    async prepare({ village, accounts }) {
      await accounts.add({ username: "guest-speaker", passwordHash: PASSWORD_HASH, role: "operator" });
      const [pond] = village.state().speakers;
      if (!pond) throw new Error("the village has no speaker");
      village.update({ speakers: [pond, { ...pond, speaker: "hall", name: "村部喇叭" }] });
    },
  });

  async function openPage(
    options: BrowserContextOptions = DESK,
    permissions = ["microphone"],
  ): Promise<void> {
    await rig.openPage({ ...options, permissions });
    await button().scrollIntoViewIfNeeded();
  }

  const button = () => rig.page.locator("button.talk__button");
  const status = (text: string | RegExp) => rig.page.locator(".talk__state", { hasText: text }).waitFor();
  const heard = (speaker: string): number => rig.dependencies.talkRig.heard(speaker).length;
  const isOn = (): boolean => rig.dependencies.talkRig.isOn("pond");
  const picture = (name: string) => rig.keep(`talk-${name}`);
  async function pressMouse(): Promise<void> {
    await button().hover();
    await rig.page.mouse.down();
  }
  const fits = () => rig.page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth");

  async function declareEmergency(): Promise<void> {
    await rig.button("应急广播").click();
    await rig.page.getByLabel("什么紧急情况").fill("水库要垮坝");
    await rig.page.getByLabel("我确认情况紧急").check();
  }
  /** @param samples that have come out of the horn by its end, those of earlier talks with them. */
  async function talkFor(samples: number): Promise<void> {
    await pressMouse();
    await status("现在可以讲");
    await until(() => heard("pond") > samples);
    await rig.page.mouse.up();
    await status("讲完了");
    await until(() => !isOn());
  }
  async function prioritiesOrdered(): Promise<unknown[]> {
    const events = await rig.dependencies.ledger.read({ after: 0, limit: 1000 });
    return events
      .filter(({ type }) => type === "org.cunshao.broadcast.ordered")
      .map(({ data }) => data["priority"]);
  }

  test("is heard while the button is held, and says when to speak", async () => {
    await openPage();
    await picture("desk-before");
    await pressMouse();
    await status("现在可以讲");
    await rig.page.getByText("听得到的喇叭：东塘喇叭、村部喇叭").waitFor();
    await until(() => heard("pond") > 8000 && heard("hall") > 8000);
    await picture("desk-open");
    expect(Number(await rig.page.locator("meter").getAttribute("value"))).toBeGreaterThanOrEqual(0);
    await rig.page.mouse.up();
    await status("讲完了");
    await until(() => !isOn());
    await picture("desk-done");
    expect(rig.complaints).toEqual([]);
    const [talk] = (await rig.dependencies.ledger.read({ after: 0, limit: 100 })).filter(
      ({ type }) => type === "org.cunshao.talk.ended",
    );
    expect(talk?.data).toMatchObject({ reason: "live.done", by: { name: "admin" } });
  });

  test("works by the space key, and does not end when the key repeats", async () => {
    await openPage();
    await button().focus();
    await rig.page.keyboard.down("Space");
    await status("现在可以讲");
    await rig.page.keyboard.down("Space");
    await rig.page.keyboard.down("Space");
    await until(() => heard("pond") > 8000);
    await rig.page.keyboard.up("Space");
    await status("讲完了");
    expect(rig.complaints).toEqual([]);
  });

  test("works by touch on a phone of 360 pixels, without a menu", async () => {
    await openPage(PHONE);
    expect(await fits()).toBe(true);
    expect((await button().boundingBox())?.height).toBeGreaterThanOrEqual(80);
    const box = await button().boundingBox();
    const client = await rig.page.context().newCDPSession(rig.page);
    const touchPoints = [{ x: (box?.x ?? 0) + 60, y: (box?.y ?? 0) + 40 }];
    await client.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
    await status("现在可以讲");
    // The thumb slides off the button and the page does not scroll away under it.
    await client.send("Input.dispatchTouchEvent", {
      type: "touchMove",
      touchPoints: [{ x: touchPoints[0]?.x ?? 0, y: (touchPoints[0]?.y ?? 0) - 90 }],
    });
    await until(() => heard("pond") > 8000);
    await picture("phone-open");
    expect(await fits()).toBe(true);
    await client.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await status("讲完了");
    await until(() => !isOn());
    expect(rig.complaints).toEqual([]);
  });

  test("goes on when the finger slips for a moment", async () => {
    await openPage();
    await pressMouse();
    await status("现在可以讲");
    await rig.page.mouse.up();
    await rig.page.mouse.down();
    const before = heard("pond");
    await until(() => heard("pond") > before + 16_000);
    expect(await rig.dependencies.talkRig.ends()).toEqual([]);
    await rig.page.mouse.up();
    await status("讲完了");
    expect((await rig.dependencies.talkRig.ends()).sort()).toEqual(["hall played", "pond played"]);
  });

  test("can be started and stopped by a tap, and the page remembers that", async () => {
    await openPage();
    await rig.page.getByLabel("不用一直按着").check();
    await rig.page.getByRole("button", { name: "点一下开始讲" }).click();
    await status("现在可以讲");
    await until(() => heard("pond") > 8000);
    await rig.page.getByRole("button", { name: "点一下停" }).click();
    await status("讲完了");
    await rig.page.reload();
    await rig.page.getByRole("button", { name: "点一下开始讲" }).waitFor();
  });

  test("waits behind somebody else by name", async () => {
    const { desk } = rig.dependencies.talkRig;
    desk.submit(
      order("first", {
        source: { kind: "person", name: "老李" },
        priority: "local",
        speakers: ["pond", "hall"],
      }),
    );
    await until(isOn);
    await openPage(PHONE);
    await pressMouse();
    await status("老李正在喊，请等一等");
    await picture("phone-waiting");
    desk.silence("first");
    await status("现在可以讲");
    await rig.page.mouse.up();
  });

  test("who lets go before any horn is on has said nothing yet: neither for the alarm nor as an emergency", async () => {
    const { desk } = rig.dependencies.talkRig;
    const of = { kind: "township", name: "town" } as const;
    const dam = { isByHand: true, person: "town", reason: "水库要垮坝", speakers: ["pond", "hall"] } as const;
    desk.submit(order("dam", { source: of, priority: "emergency", ...dam }));
    await until(isOn);
    await openPage(PHONE);
    await raiseAlarm(rig.dependencies, undefined);
    await rig.button("喊话", rig.page.locator(".takeover")).click();
    await declareEmergency();
    await pressMouse();
    await status("正在喊，请等一等");
    await rig.page.mouse.up();
    await status("没有喊出去：等“现在可以讲”再讲");
    expect(await rig.page.getByText("讲完了").count()).toBe(0);
    await picture("phone-unheard");
    expect(await fits()).toBe(true);
    await rig.page.locator(".speak__alarm").waitFor();
    expect(await rig.page.getByLabel("什么紧急情况").inputValue()).toBe("水库要垮坝");

    desk.silence("dam");
    await talkFor(8000);
    await rig.page.locator(".emergency--on").waitFor({ state: "detached" });
  });

  test("who lets go before the box has taken it is told the same, and no horn is heard", async () => {
    const { talks } = rig.dependencies;
    const begin = talks.begin.bind(talks);
    let take = (): void => undefined;
    const taken = new Promise<void>((resolve) => {
      take = resolve;
    });
    Object.assign(talks, {
      begin: async (...asked: Parameters<typeof begin>) => {
        await taken;
        return begin(...asked);
      },
    });
    await openPage();
    await pressMouse();
    await status("正在接通");
    await rig.page.mouse.up();
    await status("没有喊出去");
    take();
    const isEnded = async () => (await rig.dependencies.talkRig.ends()).length === 2;
    await until(isEnded, { what: "the box to end it" });
    expect([heard("pond"), heard("hall")]).toEqual([0, 0]);
    expect(rig.complaints).toEqual([]);
  });

  test("says by whom it was interrupted", async () => {
    await openPage(PHONE);
    await pressMouse();
    await status("现在可以讲");
    rig.dependencies.talkRig.desk.submit(
      order("dam", {
        source: { kind: "township", name: "town" },
        priority: "emergency",
        ...{ isByHand: true, person: "town", reason: "水库要垮坝" },
        speakers: ["pond", "hall"],
      }),
    );
    await status("被更要紧的话打断（乡镇）");
    await picture("phone-interrupted");
    await rig.page.mouse.up();
    rig.dependencies.talkRig.desk.silence("dam");
  });

  test("ends with the log-in, says so, and the horn is silent", async () => {
    await openPage();
    await pressMouse();
    await status("现在可以讲");
    await rig.page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    await rig.page.getByText("登录已过期").filter({ visible: true }).first().waitFor();
    await until(() => !isOn());
  });

  test("ends when the page goes away in the middle of a word", async () => {
    await openPage();
    await pressMouse();
    await status("现在可以讲");
    await rig.page.close();
    await until(() => !isOn());
  });

  test("explains what to do when the browser refuses the microphone, and asks the horn for nothing", async () => {
    await openPage(PHONE, []);
    await pressMouse();
    await rig.page.getByText("浏览器没有让用话筒").waitFor();
    await picture("phone-denied");
    await rig.page.mouse.up();
    expect(await fits()).toBe(true);
    expect(await rig.dependencies.talkRig.ends()).toEqual([]);
    expect(isOn()).toBe(false);
  });

  test("asks first for a speaker when none is chosen", async () => {
    await openPage();
    await rig.page.locator("button.chip", { hasText: "全部" }).click();
    expect(await button().isDisabled()).toBe(true);
  });

  test("before everybody needs a confirmation and a reason; with both it is heard, and names who gave it", async () => {
    const { talkRig, ledger } = rig.dependencies;
    const speakers = ["pond", "hall"];
    talkRig.desk.submit(
      order("meeting", { source: { kind: "township", name: "town" }, priority: "township", speakers }),
    );
    await until(isOn);
    await openPage();
    await rig.button("应急广播").click();

    await pressMouse();
    await status("没有讲成：应急广播要先确认");
    await rig.page.mouse.up();
    await picture("emergency-unconfirmed");
    await rig.page.getByLabel("我确认情况紧急").check();
    await pressMouse();
    await status("没有讲成：应急广播要写明原因");
    await rig.page.mouse.up();
    expect([heard("pond"), heard("hall"), await talkRig.ends()]).toEqual([0, 0, []]);

    await rig.page.getByLabel("什么紧急情况").fill("水库要垮坝");
    await pressMouse();
    await status("现在可以讲");
    await until(() => heard("pond") > 8000 && heard("hall") > 8000);
    await picture("emergency-open");
    await rig.page.mouse.up();
    await status("讲完了");

    const events = await ledger.read({ after: 0, limit: 1000 });
    const of = (type: string) => events.filter((event) => event.type === `org.cunshao.${type}`);
    expect(of("broadcast.ordered").at(-1)?.data).toMatchObject({
      by: { kind: "person", name: "admin" },
      ...{ priority: "emergency", person: "admin", reason: "水库要垮坝", live: true },
    });
    expect(of("broadcast.refused").map(({ data }) => data["refusal"])).toEqual([
      "broadcast.not_confirmed",
      "guard.reason_needed",
    ]);
    expect((await talkRig.ends()).sort()).toEqual([
      ...["hall played", "hall preempted", "pond played", "pond preempted"],
    ]);
    expect(rig.complaints).toEqual([]);
  });

  test("an emergency is over with the talk: the next press is none, unless somebody says so again", async () => {
    await openPage();
    await declareEmergency();
    await talkFor(8000);
    await rig.page.locator(".emergency--on").waitFor({ state: "detached" });
    await picture("emergency-over");

    await talkFor(16_000);
    expect(await prioritiesOrdered()).toEqual(["emergency", "local"]);
  });

  test("an emergency whose line broke in the middle is still one at the next press, and for its alarm", async () => {
    await openPage();
    let breakLine = async (): Promise<void> => undefined;
    await rig.page.routeWebSocket("**/broadcasts/live", (line) => {
      line.connectToServer();
      breakLine = () => line.close();
    });
    await raiseAlarm(rig.dependencies, undefined);
    await rig.button("喊话", rig.page.locator(".takeover")).click();
    await declareEmergency();
    await pressMouse();
    await status("现在可以讲");
    await breakLine();
    await status("没有讲成");
    await rig.page.mouse.up();
    await until(() => !isOn());
    await picture("emergency-broken-off");
    await rig.page.locator(".speak__alarm").waitFor();
    expect(await rig.page.getByLabel("什么紧急情况").inputValue()).toBe("水库要垮坝");

    await talkFor(heard("pond") + 8000);
    expect(await prioritiesOrdered()).toEqual(["emergency", "emergency"]);
  });

  test("what somebody began is not the next person's: neither an emergency nor the words", async () => {
    await openPage();
    await rig.page.locator("#speak-text").fill("水库要垮坝，快跑");
    await declareEmergency();
    await rig.page.getByRole("button", { name: "退出登录" }).click();
    await logInOn(rig.page, PASSWORD, "guest-speaker");
    await goTo(rig.page, "speak");
    expect(await rig.page.locator("#speak-text").inputValue()).toBe("");
    await talkFor(8000);
    expect(await prioritiesOrdered()).toEqual(["local"]);
  });

  test("a log-in that ran out keeps what its owner had begun", async () => {
    await openPage();
    await rig.page.locator("#speak-text").fill("水涨了，快上岸");
    await rig.page.evaluate(`fetch("/api/v1/session", { method: "DELETE" })`);
    await rig.page.getByText("登录已过期").filter({ visible: true }).first().waitFor();
    await logInOn(rig.page, PASSWORD, "admin");
    expect(await rig.page.locator("#speak-text").inputValue()).toBe("水涨了，快上岸");
  });

  test("what is said for an alarm is said for no alarm afterwards, nor once somebody unties it", async () => {
    await openPage();
    const tie = rig.page.locator(".speak__alarm");
    const speakOfIt = () => rig.button("喊话", rig.page.locator(".takeover")).click();

    await raiseAlarm(rig.dependencies, undefined);
    await speakOfIt();
    await tie.waitFor();
    await picture("for-an-alarm");
    await talkFor(8000);
    await tie.waitFor({ state: "detached" });

    await rig.openFirstAlarm();
    await speakOfIt();
    await rig.button("不是为这个报警").click();
    await tie.waitFor({ state: "detached" });
  });
});
