import { describe, expect, test } from "vitest";
import { inPinyin, isPinyin } from "../../../../src/drivers/audio/pinyin.ts";

describe("pinyin", () => {
  test.each([
    ["长大了要去银行", "zhang3 da4 le5 yao4 qu4 yin2 hang2"],
    ["长沙，重庆", "chang2 sha1 ， chong2 qing4"],
    ["村干部", "cun1 gan4 bu4"],
    ["着火了，地上", "zhao2 huo3 le5 ， di4 shang4"],
    ["一个女孩", "yi2 ge4 nv3 hai2"],
    ["攸县醴陵茶陵", "you1 xian4 li3 ling2 cha2 ling2"],
    ["S O S", "S O S"],
  ])("of %s is %s", async (text, expected) => {
    expect(await inPinyin(text, {})).toBe(expected);
  });

  test("takes a village's own readings, as characters or as pinyin, the longest word first", async () => {
    const own = { 大栗坪: "大力平", 大栗: "da4 li4", "c.县": "cheng2 xian4" };
    expect(await inPinyin("大栗坪和大栗，c.县", own)).toBe("da4 li4 ping2 he2 da4 li4 ， cheng2 xian4");
  });

  test("knows its own form", () => {
    expect(["you1 xian4", "nü3", "攸县", "you", "you6", " you1"].map(isPinyin)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
