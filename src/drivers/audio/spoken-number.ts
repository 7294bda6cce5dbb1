const DIGITS = "零一二三四五六七八九";
/** One is said yāo in numbers that are dialled: 幺 cannot be taken for seven over a horn. */
const DIALLED = "零幺二三四五六七八九";
const LARGE = ["", "万", "亿", "万亿"] as const;
/** Longer ones are no quantities. */
const MOST_DIGITS = 16;

/** Digit by digit, as years and codes are said: 2026 is 二零二六. */
export function digitByDigit(digits: string): string {
  return [...digits].map((digit) => DIGITS[Number(digit)] ?? "").join("");
}

/** As telephone numbers are said: 119 is 幺幺九. */
export function dialled(digits: string): string {
  return [...digits].map((digit) => DIALLED[Number(digit)] ?? "").join("");
}

/** As quantities are said: 1205 is 一千二百零五. A number that begins with 0, or has more than 16 digits, is said digit by digit. */
export function cardinal(digits: string): string {
  if (/^0\d/.test(digits) || digits.length > MOST_DIGITS) return digitByDigit(digits);
  const groups = digits.match(/\d{1,4}(?=(\d{4})*$)/g) ?? [];
  let words = "";
  let owesZero = false;
  groups.forEach((group, index) => {
    const value = Number(group);
    if (value === 0) {
      owesZero = words !== "";
      return;
    }
    if (words !== "" && (owesZero || value < 1000)) words += "零";
    words += underTenThousand(value) + (LARGE[groups.length - 1 - index] ?? "");
    owesZero = false;
  });
  // 15 is 十五, but 115 is 一百一十五.
  return words === "" ? "零" : words.replace(/^一十/, "十");
}

/** A number with or without sign and decimal places: -3.25 is 负三点二五. */
export function decimal(number: string): string {
  const [, sign = "", whole = "0", places] = /^([-+]?)(\d+)(?:\.(\d+))?$/.exec(number) ?? [];
  const negative = sign === "-" ? "负" : "";
  return negative + cardinal(whole) + (places ? `点${digitByDigit(places)}` : "");
}

function underTenThousand(value: number): string {
  const places = [
    [1000, "千"],
    [100, "百"],
    [10, "十"],
    [1, ""],
  ] as const;
  let words = "";
  let owesZero = false;
  for (const [size, name] of places) {
    const digit = Math.floor(value / size) % 10;
    if (digit === 0) {
      owesZero = words !== "";
      continue;
    }
    words += (owesZero ? "零" : "") + (DIGITS[digit] ?? "") + name;
    owesZero = false;
  }
  return words;
}
