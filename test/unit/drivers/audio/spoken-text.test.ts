import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cardinal, decimal, dialled } from "../../../../src/drivers/audio/spoken-number.ts";
import { MOST_SPOKEN_CHARACTERS, spokenText } from "../../../../src/drivers/audio/spoken-text.ts";

describe("numbers", () => {
  test.each([
    ["0", "零"],
    ["10", "十"],
    ["15", "十五"],
    ["20", "二十"],
    ["101", "一百零一"],
    ["110", "一百一十"],
    ["115", "一百一十五"],
    ["1005", "一千零五"],
    ["1205", "一千二百零五"],
    ["10000", "一万"],
    ["10005", "一万零五"],
    ["100500", "十万零五百"],
    ["120000", "十二万"],
    ["10010000", "一千零一万"],
    ["100000000", "一亿"],
    ["100000001", "一亿零一"],
    ["007", "零零七"],
    ["12345678901234567", "一二三四五六七八九零一二三四五六七"],
  ])("%s is %s", (digits, words) => {
    expect(cardinal(digits)).toBe(words);
  });

  test("have signs and places", () => {
    expect([decimal("-3.25"), decimal("0.05"), decimal("+7")]).toEqual(["负三点二五", "零点零五", "七"]);
    expect(dialled("119")).toBe("幺幺九");
  });

  test("are never said with two zeros in a row below ten thousand million", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999_999 }), (number) => {
        const words = cardinal(String(number));
        expect(words).not.toMatch(/零零|零$|^零|[千百十]{2}/);
      }),
    );
  });
});

describe("a text", () => {
  test.each([
    // Levels, measures
    ["东塘水位3.2米，请注意", "东塘水位三点二米，请注意"],
    ["水位 2.85m，流量120m³/s", "水位 二点八五米，流量一百二十立方米每秒"],
    ["降雨50mm，风速10m/s", "降雨五十毫米，风速十米每秒"],
    ["限重2t，长20cm", "限重两吨，长二十厘米"],
    ["面积30㎡", "面积三十平方米"],
    ["离岸2米，2个人，12个人", "离岸两米，两个人，十二个人"],
    ["2年级2号楼", "二年级二号楼"],
    ["3-5米", "三到五米"],
    ["3~5级大风", "三到五级大风"],
    ["3#楼", "三号楼"],
    // Temperatures, percentages
    ["最低气温-3℃，最高35°C", "最低气温零下三摄氏度，最高三十五摄氏度"],
    ["降水概率80%", "降水概率百分之八十"],
    ["20%-30%", "百分之二十到百分之三十"],
    ["含量5‰", "含量千分之五"],
    // Times and dates
    ["上午8:05开会", "上午八点零五分开会"],
    ["晚上18:30到20:00停水", "晚上十八点三十分到二十点停水"],
    ["2:00", "两点"],
    ["2点集合", "两点集合"],
    ["12:00:30", "十二点零分三十秒"],
    ["2026年11月28日", "二零二六年十一月二十八日"],
    ["2026-07-01", "二零二六年七月一日"],
    ["07月01日", "七月一日"],
    ["2026/7/1起", "二零二六年七月一日起"],
    // Telephone numbers
    ["请拨打119", "请拨打幺幺九"],
    ["拨打电话13800138000", "拨打电话幺三八，零零幺三，八零零零"],
    ["0731-82345678", "零七三幺，八二三四五六七八"],
    ["120急救", "幺二零急救"],
    ["全村120户", "全村一百二十户"],
    ["12345热线", "幺二三四五热线"],
    // Money, fractions, thousands
    ["补贴12,000元", "补贴一万二千元"],
    ["三分之一和1/4", "三分之一和四分之一"],
    // Full width
    ["水位３．２米", "水位三点二米"],
    ["第①组", "第一组"],
    // Latin
    ["A组和SOS按钮", "A 组和 S O S 按钮"],
    ["WiFi已通", "W I F I 已通"],
    // What nobody can say
    ["注意🌊安全❗", "注意，安全"],
    ["【通知】请开会——马上", "通知，请开会，马上"],
    ["一行\n两行\t三", "一行，两行，三"],
    ["5<6", "五小于六"],
    // espeak-ng would take this for phonemes.
    ["[[h@l'oU]]好", "H，L，O U，好"],
    ["夫妻&孩子", "夫妻和孩子"],
  ])("%s is read %s", (text, said) => {
    expect(spokenText(text).replaceAll(" ", "")).toBe(said.replaceAll(" ", ""));
  });

  test.each([
    ["<speak>你好</speak>", "speech.markup"],
    ["<break time='10s'/>", "speech.markup"],
    ["你好\u0007", "speech.control"],
    ["你好\u0000", "speech.control"],
    ["\ud800你好", "speech.control"],
    ["Привет", "speech.script"],
    ["مرحبا", "speech.script"],
    ["안녕", "speech.script"],
    ["こんにちは", "speech.script"],
    ["！？…", "speech.nothing"],
    ["🌊", "speech.nothing"],
    ["", "speech.nothing"],
    ["水".repeat(MOST_SPOKEN_CHARACTERS + 1), "speech.too_long"],
  ])("%j is refused as %s", (text, code) => {
    expect(() => spokenText(text)).toThrow(expect.objectContaining({ code, kind: "permanent" }));
  });

  test("of ten thousand signs is refused at once", () => {
    expect(() => spokenText("1:1-".repeat(2500))).toThrow(
      expect.objectContaining({ code: "speech.too_long" }),
    );
  });

  test("whatever it is, is refused by a code or becomes characters, letters and pauses only", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        let said: string;
        try {
          said = spokenText(text);
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^speech\./);
          return;
        }
        expect(said).toMatch(/^[\p{sc=Han}\p{sc=Latin}〇，。 ]+$/u);
      }),
      { numRuns: 1000 },
    );
  });

  test("made of numbers and the signs of times, dates and ranges leaves no digit behind", () => {
    const sign = fc.constantFrom(..."0123456789:.-/%~,=+°m点年");
    fc.assert(
      fc.property(fc.array(sign, { minLength: 1, maxLength: 30 }), (signs) => {
        expect(spokenText(`水${signs.join("")}`)).not.toMatch(/\d/);
      }),
      { numRuns: 500 },
    );
  });
});
