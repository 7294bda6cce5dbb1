import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeGb, gbLength } from "../../../src/core/gb-text.ts";

function bytes(text: string, encoding: "gb2312" | "gbk"): Buffer {
  const result = encodeGb(text, encoding);
  if ("lacks" in result) throw new Error(`lacks ${result.lacks.join()}`);
  return result;
}

describe("text as GB2312 or GBK", () => {
  test.each([
    ["你好", "C4E3BAC3"],
    ["水边危险，请速离开。", "CBAEB1DFCEA3CFD5A3ACC7EBCBD9C0EBBFAAA1A3"],
    ["A1", "4131"],
    ["—·", "A1AAA1A4"],
  ])("has %s as %s", (text, expected) => {
    expect(bytes(text, "gb2312").toString("hex").toUpperCase()).toBe(expected);
  });

  test.each([
    ["a name that came after GB2312", "李喆", "喆"],
    ["a traditional character", "廣場", "廣場"],
    ["a numeral that GBK added", "第ⅳ组", "ⅳ"],
  ])("finds %s in GBK only", (_, text, lacking) => {
    expect(bytes(text, "gbk").length).toBe([...text].length * 2);
    expect(encodeGb(text, "gb2312")).toEqual({ lacks: [...lacking] });
  });

  test.each(["\u0007", "\n", "😀", "𠮷", "\u007f", "é\u0301", "\ue000", "\ud800"])(
    "has no bytes for %j in either",
    (text) => {
      for (const encoding of ["gb2312", "gbk"] as const)
        expect(encodeGb(text, encoding)).toHaveProperty("lacks");
    },
  );

  test("names each character that is missing once", () => {
    expect(encodeGb("😀好😀\n", "gbk")).toEqual({ lacks: ["😀", "\n"] });
  });

  test("knows the 7,445 characters of GB 2312-80", () => {
    let count = 0;
    for (let code = 0x80; code <= 0xffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      if (!("lacks" in encodeGb(String.fromCodePoint(code), "gb2312"))) count++;
    }
    expect(count).toBe(7445);
  });

  test("comes back from its bytes, and is as long as it says", () => {
    const character = fc.integer({ min: 0x20, max: 0xffff }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.array(character, { maxLength: 40 }), (characters) => {
        const known = characters.filter((one) => !("lacks" in encodeGb(one, "gbk")));
        const text = known.join("");
        const encoded = bytes(text, "gbk");
        expect(new TextDecoder("gbk").decode(encoded)).toBe(text);
        expect(encoded.length).toBe(known.reduce((sum, one) => sum + gbLength(one), 0));
      }),
    );
  });
});
