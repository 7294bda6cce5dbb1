import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createClipShelf } from "../../../src/act/clip-shelf.ts";
import type { ClipLimits } from "../../../src/core/clip-shelf.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { SpeakerLimit } from "../../../src/core/speaker-limits.ts";
import { CLIP_LIMITS, createClipStoreDouble, simpleMaker } from "../../support/clips-double.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";
import { gate } from "../buffer/scratch.ts";

const BY = { kind: "person", name: "王干部" } as const;
const DAY_MS = 86_400_000;

function createRig(
  limits: Partial<ClipLimits> = {},
  usedBy: (clip: string) => readonly string[] = () => [],
  speakers: readonly SpeakerLimit[] = [],
) {
  const clock = createManualClock();
  const ledger = createLedgerDouble(clock);
  const files = createClipStoreDouble();
  let count = 0;
  let synced = true;
  const dependencies = {
    store: files.store,
    maker: simpleMaker,
    ledger,
    clock,
    isClockSynced: () => synced,
    newId: () => `clip-${++count}`,
    usedBy,
    speakers,
    log: silentLogger,
  };
  const shelf = createClipShelf(dependencies, { ...CLIP_LIMITS, ...limits });
  return {
    ...files,
    clock,
    ledger,
    dependencies,
    shelf,
    add: (content: string, name = content) => shelf.add(pieces(content), name, BY),
    told: async () =>
      (await ledger.read({ after: 0, limit: 100 })).map(({ type }) => type.replace("org.cunshao.clip.", "")),
    forgetTime: () => {
      synced = false;
    },
  };
}

async function* pieces(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

const names = (clips: readonly { readonly name: string }[]): string[] => clips.map(({ name }) => name);

describe("the shelf", () => {
  test("keeps a recording under its content, and tells who brought it", async () => {
    const { shelf, add, ledger, kept } = createRig();
    const clip = await add("horn", "村歌");
    expect(clip).toMatchObject({ name: "村歌", durationMs: 1000, sizeBytes: 4, addedBy: BY });
    expect([...kept.keys()]).toEqual([clip.sha256]);
    expect(shelf.list()).toEqual([clip]);
    expect(shelf.find(clip.id)).toEqual(clip);
    const [event] = await ledger.latest(1);
    expect(event).toMatchObject({
      type: "org.cunshao.clip.added",
      class: "audit",
      subject: clip.id,
      data: { name: "村歌", sha256: clip.sha256, durationMs: 1000, sizeBytes: 4, by: BY },
    });
  });

  test.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\录音\\开会.mp3", "开会.mp3"],
    ["  两\u0000行\n字 \u202e ", "两 行 字"],
    ["a".repeat(60), "a".repeat(60)],
  ])("takes %j as the name %j", async (written, name) => {
    expect((await createRig().add("horn", written)).name).toBe(name);
  });

  test.each(["", " ", "/", "…", "a".repeat(61), "\u0007"])(
    "refuses %j as a name before it reads anything",
    async (written) => {
      const { shelf, folder } = createRig();
      const unread = (async function* (): AsyncGenerator<Uint8Array> {
        yield await Promise.reject<Uint8Array>(new Error("read"));
      })();
      await expect(shelf.add(unread, written, BY)).rejects.toMatchObject({ code: "clips.name" });
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test.each([
    ["no sound", "bad", "clips.not_audio"],
    ["too large a file", "x".repeat(10_001), "clips.too_large"],
  ])("refuses %s, keeps nothing and tells nothing", async (_what, content, code) => {
    const { add, folder, told, shelf } = createRig();
    await expect(add(content, "录音")).rejects.toMatchObject({ code });
    expect(readdirSync(folder)).toEqual([]);
    expect([await told(), shelf.list()]).toEqual([[], []]);
  });

  test("refuses the same recording twice, also when both come at once", async () => {
    const { add, shelf, kept } = createRig();
    const both = await Promise.allSettled([add("horn", "一"), add("horn", "二")]);
    // Whichever was read to its end first; the other one is told its name.
    const [first, ...others] = shelf.list();
    expect([others, kept.size]).toEqual([[], 1]);
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "clips.exists", message: expect.stringContaining(first?.name ?? "no name") },
    });
  });

  test("takes two uploads at once and asks a third to wait", async () => {
    const { shelf, add } = createRig();
    const held = gate();
    const slow = (text: string): AsyncGenerator<Uint8Array> =>
      (async function* () {
        await held.opened;
        yield Buffer.from(text);
      })();
    const first = [shelf.add(slow("a"), "a", BY), shelf.add(slow("b"), "b", BY)];
    await expect(add("c")).rejects.toMatchObject({ code: "clips.busy", kind: "transient" });
    held.open();
    await Promise.all(first);
    expect((await add("c")).name).toBe("c");
  });

  test("refuses what there is no room for, and makes room by what was taken off it, the oldest first", async () => {
    const { shelf, add, kept, clock } = createRig({ maxBytes: 12 });
    const [a, b] = [await add("aaaa"), await add("bbbb")];
    await add("cccc");
    await expect(add("dddd")).rejects.toMatchObject({ code: "clips.quota" });
    await shelf.remove(b.id, BY);
    await clock.advance(1000);
    await shelf.remove(a.id, BY);
    await add("dddd");
    expect(names(shelf.removed())).toEqual(["aaaa"]);
    expect(kept.has(b.sha256)).toBe(false);
    expect(shelf.usedBytes()).toBe(12);
  });

  test("leaves the disk its room for the ledger", async () => {
    const { add, disk } = createRig({ keepFreeBytes: 1_000_000, maxUploadBytes: 10_000 });
    disk.freeBytes = 1_005_000;
    await expect(add("horn")).rejects.toMatchObject({ code: "clips.full", kind: "transient" });
  });

  test("keeps nothing that the disk or the ledger does not take", async () => {
    const { add, disk, ledger, dependencies, folder, kept } = createRig();
    disk.refusal = new GatewayError("Full", { code: "clips.full", kind: "transient" });
    await expect(add("horn")).rejects.toMatchObject({ code: "clips.full" });
    disk.refusal = undefined;
    const full = new GatewayError("Full", { code: "ledger.full", kind: "transient" });
    const unwilling = createClipShelf(
      { ...dependencies, ledger: { ...ledger, append: () => Promise.reject(full) } },
      CLIP_LIMITS,
    );
    await expect(unwilling.add(pieces("horn"), "a", BY)).rejects.toMatchObject({ code: "ledger.full" });
    expect(kept.size).toBe(0);
    expect(readdirSync(folder).filter((name) => !name.endsWith(".wav"))).toEqual([]);
  });

  test("names a recording anew", async () => {
    const { shelf, add, told } = createRig();
    const { id } = await add("horn", "旧");
    expect((await shelf.change(id, { name: "新" }, BY)).name).toBe("新");
    await shelf.change(id, { name: "新" }, BY);
    await expect(shelf.change(id, { name: "" }, BY)).rejects.toMatchObject({ code: "clips.name" });
    await expect(shelf.change("clip-9", { name: "新" }, BY)).rejects.toMatchObject({ code: "clips.unknown" });
    expect(await told()).toEqual(["added", "renamed"]);
  });
});

describe("a recording and the speakers it could go to", () => {
  const speakers = [
    { speaker: "pond", name: "东塘喇叭", longestMs: 59_200 },
    { speaker: "hall", name: "村部喇叭", longestMs: 179_200 },
  ];
  const shelfOf = (limits: Partial<ClipLimits> = {}, of = speakers) => createRig(limits, undefined, of);

  test("is refused where it is longer than every one of them plays, and nothing is kept", async () => {
    const { shelf, add, kept, told, folder } = shelfOf();
    await expect(add("180s")).rejects.toMatchObject({
      code: "clips.longer_than_speakers",
      kind: "permanent",
      message: "it lasts 180 s, and no speaker plays longer than 179 s",
    });
    expect([shelf.list(), kept.size, await told(), readdirSync(folder)]).toEqual([[], 0, [], []]);
  });

  test("is taken where one of them plays it, and names those that would cut it off", async () => {
    const { shelf, add } = shelfOf();
    expect(shelf.tooLongFor(await add("179s"))).toEqual([speakers[0]]);
    expect(shelf.tooLongFor(await add("59s"))).toEqual([]);
  });

  test("is told before how long it may be: the least of what the site and its speakers allow", () => {
    expect(shelfOf().shelf.limits.maxSeconds).toBe(179);
    expect(shelfOf({ maxSeconds: 100 }).shelf.limits.maxSeconds).toBe(100);
    expect(shelfOf({}, []).shelf.limits.maxSeconds).toBe(600);
  });

  test("is not held to speakers where none plays recordings", async () => {
    const { shelf, add } = shelfOf({}, []);
    expect(shelf.tooLongFor(await add("599s"))).toEqual([]);
  });
});

describe("a recording in place of words", () => {
  test("is played for them whatever their punctuation, until it no longer stands for them", async () => {
    const { shelf, add } = createRig();
    const { id, sha256 } = await add("horn", "方言");
    await shelf.change(id, { replaces: "水边危险，请速离开" }, BY);
    expect(shelf.replacing("水边危险 请速离开！")?.path).toContain(sha256);
    expect(shelf.replacing("水边危险")).toBeUndefined();
    await shelf.change(id, { replaces: "" }, BY);
    expect(shelf.replacing("水边危险，请速离开")).toBeUndefined();
  });

  test("gives way to a newer one for the same words", async () => {
    const { shelf, add } = createRig();
    const [older, newer] = [await add("a"), await add("b")];
    await shelf.change(older.id, { replaces: "快跑" }, BY);
    await shelf.change(newer.id, { replaces: "快跑！" }, BY);
    expect(shelf.replacing("快跑")?.path).toContain(newer.sha256);
    expect(shelf.find(older.id).replaces).toBeUndefined();
  });

  test("is no name for signs", async () => {
    const { shelf, add } = createRig();
    const { id } = await add("a");
    for (const replaces of ["！！", "字".repeat(201)]) {
      await expect(shelf.change(id, { replaces }, BY)).rejects.toMatchObject({ code: "clips.words" });
    }
  });
});

describe("taken off the shelf", () => {
  test("a recording is neither listed nor played, and can be put back for a week", async () => {
    const { shelf, add, clock, kept, told } = createRig();
    await shelf.start();
    const clip = await add("horn");
    await shelf.remove(clip.id, BY);
    expect([names(shelf.list()), names(shelf.removed())]).toEqual([[], ["horn"]]);
    expect(() => shelf.find(clip.id)).toThrow(expect.objectContaining({ code: "clips.unknown" }));
    await clock.advance(6 * DAY_MS);
    await shelf.restore(clip.id, BY);
    expect(names(shelf.list())).toEqual(["horn"]);
    await shelf.remove(clip.id, BY);
    await clock.advance(8 * DAY_MS);
    expect([shelf.removed(), kept.size]).toEqual([[], 0]);
    await expect(shelf.restore(clip.id, BY)).rejects.toMatchObject({ code: "clips.unknown" });
    expect(await told()).toEqual(["added", "removed", "restored", "removed", "discarded"]);
    await shelf.stop();
    expect(clock.pending()).toBe(0);
  });

  test("it stays while the time is not known", async () => {
    const { shelf, add, clock, forgetTime } = createRig();
    await shelf.start();
    await shelf.remove((await add("horn")).id, BY);
    forgetTime();
    await clock.advance(30 * DAY_MS);
    expect(shelf.removed()).toHaveLength(1);
    await shelf.stop();
  });

  test("it comes back by being brought in again", async () => {
    const { shelf, add } = createRig();
    const clip = await add("horn", "村歌");
    await shelf.remove(clip.id, BY);
    expect(await add("horn", "又一次")).toMatchObject({ id: clip.id, name: "村歌" });
    expect(names(shelf.list())).toEqual(["村歌"]);
  });

  test.each([
    [
      "stands for words",
      (shelf: ReturnType<typeof createRig>["shelf"], id: string) =>
        shelf.change(id, { replaces: "快跑" }, BY),
      () => [],
    ],
    ["a programme plays", async () => undefined, () => ["早间节目"]],
  ] as const)("is not what %s", async (_what, use, usedBy) => {
    const { shelf, add } = createRig({}, usedBy);
    const { id } = await add("horn");
    await use(shelf, id);
    await expect(shelf.remove(id, BY)).rejects.toMatchObject({
      code: "clips.in_use",
      message: expect.stringMatching(/快跑|早间节目/),
    });
    expect(shelf.list()).toHaveLength(1);
  });
});
