import { expect, test } from "vitest";
import { formatWave } from "../../src/drivers/audio/wav-file.ts";
import { describePages, setUpPages, WIDTHS } from "../support/page-rig.ts";
import { until } from "../support/until.ts";
import { BELL } from "../unit/panel/panel-fixture.ts";

const TONE = formatWave({
  sampleRate: 8000,
  samples: Int16Array.from({ length: 4000 }, (_, at) => 9000 * Math.sin(at / 3)),
});
const SONG = { ...BELL, id: "song", name: "早间村歌", content: { kind: "clip", clip: "clip-1" } } as const;

describePages("录音 on the page", () => {
  const rig = setUpPages({
    place: "speak",
    site: {
      programmes: [SONG],
      speakerLimits: [
        { speaker: "pond", name: "东塘喇叭", longestMs: 179_200 },
        { speaker: "village", name: "村部喇叭", longestMs: 299_200 },
      ],
    },
  });

  const shelf = () => rig.page.getByRole("region", { name: "录音" });
  const shows = (text: string): Promise<void> => shelf().getByText(text, { exact: false }).first().waitFor();
  const button = (name: string) => rig.button(name, shelf());
  const bring = (name: string, buffer: Buffer) =>
    shelf().locator("input[type=file]").setInputFiles({ name, mimeType: "audio/wav", buffer });

  async function keep(name: string): Promise<void> {
    await shelf().scrollIntoViewIfNeeded();
    await rig.keep(name);
  }

  test.each(WIDTHS)("is brought in, heard, played, changed, deleted and put back, %i wide", async (width) => {
    const { clips, village } = rig.dependencies;
    await rig.openPage(width);
    await shows("还没有录音");
    await bring("防汛通知.wav", TONE);
    await shows("《防汛通知》传好了");
    await keep(`clips-${width}`);
    await rig.fitsThePage(shelf());

    await button("在这台设备上听《防汛通知》").click();
    const player = shelf().locator("audio");
    await until(() =>
      player.evaluate((audio: { readonly duration?: number }) => (audio.duration ?? 0) > 0.4),
    );
    await button("在这台设备上听《防汛通知》").click();

    await button("用喇叭播放《防汛通知》").click();
    await shows("播放，音量");
    await keep(`clips-play-${width}`);
    await rig.fitsThePage(shelf());
    await button("开始播放").click();
    await shows("已交给喇叭");
    const [clip] = clips.list();
    expect(village.said).toMatchObject([{ content: { kind: "clip", clip: clip?.id, name: "防汛通知" } }]);
    expect(village.said[0]?.speakers).toEqual(village.state().speakers.map(({ speaker }) => speaker));

    await button("改《防汛通知》").click();
    await shelf().getByLabel("名字").fill("方言提醒");
    await shelf().getByLabel("代替哪句提醒").selectOption("水边危险，请速离开");
    await keep(`clips-change-${width}`);
    await rig.fitsThePage(shelf());
    await button("保存").click();
    await shows("代替“水边危险，请速离开”");
    expect(clips.replacing("水边危险，请速离开")).toBeDefined();

    await button("改《方言提醒》").click();
    await button("删除").click();
    await shows("这段录音正在用");
    await shelf().getByLabel("代替哪句提醒").selectOption("");
    await button("保存").click();
    await shelf().getByText("代替“").waitFor({ state: "detached" });
    await button("改《方言提醒》").click();
    await button("删除").click();
    await shows("已删除《方言提醒》");
    await shelf().getByText("删除的录音").click();
    await button("把《方言提醒》放回来").click();
    await button("用喇叭播放《方言提醒》").waitFor();
    expect(clips.list().map(({ name }) => name)).toEqual(["方言提醒"]);
    expect(rig.complaints).toEqual([]);
  });

  test("says in plain words why one was refused", async () => {
    await rig.openPage(360);
    await bring("a.mp3", Buffer.from("bad"));
    await shows("没有成功：这个文件不是声音");
    await bring("b.mp3", Buffer.alloc(10_001, 1));
    await shows("没有成功：文件太大");
    await bring("c.mp3", TONE);
    await shows("《c》传好了");
    await bring("d.mp3", TONE);
    await shows("没有成功：已经有一模一样的录音");
    expect(await shelf().getByRole("alert").count()).toBe(1);
  });

  test("can be heard by a viewer, who changes and plays nothing", async () => {
    const by = { kind: "person", name: "admin" } as const;
    const content = (async function* () {
      yield TONE;
    })();
    await rig.dependencies.clips.add(content, "村歌", by);
    await rig.openPage(360, "guest");
    await button("在这台设备上听《村歌》").waitFor();
    expect(await shelf().getByRole("button").count()).toBe(1);
    expect(await shelf().locator("input[type=file]").count()).toBe(0);
  });

  test("tells before how long one may be, refuses what no horn plays to the end, and says which would cut one off", async () => {
    await rig.openPage(360);
    await shows("最长 4 分 59 秒");
    await bring("戏曲.wav", Buffer.from("300s"));
    await shows("没有成功：录音太长，哪个喇叭都不能一次放完，请剪短或分成几段");
    await bring("村歌.wav", Buffer.from("200s"));
    await shows("太长，东塘喇叭放到 2 分 59 秒就会断：请剪短，或用别的喇叭");
    await keep("clips-too-long-360");
    await rig.fitsThePage(shelf());
    await button("用喇叭播放《村歌》").click();
    await shelf().locator(".clip__ask .clip__cut").waitFor();
    expect(rig.complaints).toEqual([]);
  });

  test("is named in the programmes that play it, and missed there while it is not on the shelf", async () => {
    await rig.openPage(360);
    const programmes = rig.page.getByRole("region", { name: "节目" });
    await programmes.getByText("录音不在了，到时不会播").waitFor();
    await bring("晨曲.wav", TONE);
    await programmes.getByText("录音《晨曲》").waitFor();
    await button("改《晨曲》").click();
    await shows("编号（写进节目里用）：clip-1");
    await shelf().getByLabel("名字").fill("新晨曲");
    await button("保存").click();
    await programmes.getByText("录音《新晨曲》").waitFor();
    await programmes.scrollIntoViewIfNeeded();
    await rig.keep("programmes-clip-360");
    expect(rig.complaints).toEqual([]);
  });
});
