import { GatewayError } from "../../core/errors.ts";
import { cardinal, decimal, dialled, digitByDigit } from "./spoken-number.ts";

/** About eight minutes of speech; what is longer is read out of a recording. */
export const MOST_SPOKEN_CHARACTERS = 2000;

const NUMBER = String.raw`\d+(?:\.\d+)?`;

/** How units that stand after a number are said; the longer before the shorter. */
const UNITS: readonly (readonly [sign: string, said: string])[] = [
  ["km/h", "公里每小时"],
  ["mm/h", "毫米每小时"],
  ["m3/s", "立方米每秒"],
  ["m/s", "米每秒"],
  ["kWh", "度"],
  ["kW", "千瓦"],
  ["km", "公里"],
  ["cm", "厘米"],
  ["mm", "毫米"],
  ["m2", "平方米"],
  ["m3", "立方米"],
  ["kg", "公斤"],
  ["ml", "毫升"],
  ["mL", "毫升"],
  ["min", "分钟"],
  ["MPa", "兆帕"],
  ["kPa", "千帕"],
  ["°C", "摄氏度"],
  ["℃", "摄氏度"],
  ["m", "米"],
  ["g", "克"],
  ["t", "吨"],
  ["L", "升"],
  ["h", "小时"],
  ["s", "秒"],
  ["V", "伏"],
  ["A", "安"],
  ["W", "瓦"],
  ["°", "度"],
  ["#", "号"],
  ["元/斤", "元一斤"],
];

/** Before these, two is 两. */
const COUNTED =
  "个|位|名|户|家|条|辆|台|次|遍|天|小时|分钟|分|秒|米|公里|公斤|斤|吨|亩|只|头|棵|间|座|张|件|份|包|袋|倍|成|万|亿|千|百|年(?!级)|点(?!\\d)";

type Reading = readonly [pattern: RegExp, say: (...groups: string[]) => string];

/** In this order: what is more than a number comes before plain numbers. */
const READINGS: readonly Reading[] = [
  // Dates: 2026-11-28, 2026/11/28, 2026.11.28
  [
    /(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/g,
    (_, year, month, day) => `${digitByDigit(year)}年${cardinal(plain(month))}月${cardinal(plain(day))}日`,
  ],
  [/(?<!\d)((?:19|20)\d\d)(?=年)/g, (_, year) => digitByDigit(year)],
  [/(?<!\d)0(\d)(?=[年月日号时分])/g, (_, digit) => cardinal(digit)],
  // Times: 8:05, 18:30:00
  [
    /(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\d:])/g,
    (_, hour, minute, second) => time(hour, minute, second),
  ],
  // Telephone numbers: mobiles, area code and number, anything long, and short ones after the word.
  [
    /(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)/g,
    (_, ...parts) => grouped(parts.slice(0, 3)),
  ],
  [/(?<!\d)(0\d{2,3})[- ](\d{7,8})(?!\d)/g, (_, area, number) => grouped([area, number])],
  [/(?<!\d)([48]00)[- ](\d{3,4})[- ](\d{3,4})(?!\d)/g, (_, ...parts) => grouped(parts.slice(0, 3))],
  [
    /(拨打|拨|打|电话|热线|号码|呼叫|求助|报警)([是为:, ]{0,2})(\d{3,8})(?!\d|\.\d)/g,
    (_, word, between, number) => word + between + dialled(number),
  ],
  [
    /(?<!\d)(110|119|120|122|12345|12315|12328|95598)(?=电话|热线|报警|急救)/g,
    (_, number) => dialled(number),
  ],
  // 12,000
  [/(?<![\d.])(\d{1,3}(?:,\d{3})+)(?![\d,])/g, (_, number) => number.replaceAll(",", "")],
  // Ranges: 3-5米, 20~30%
  [
    new RegExp(`(?<![\\d.])(${NUMBER})(%?)\\s*[-~—–至]+\\s*(${NUMBER})(?=[\\p{sc=Han}%°℃a-zA-Z])`, "gu"),
    (_, from, percent, to) => `${percent ? `百分之${decimal(from)}` : decimal(from)}到${to}`,
  ],
  [new RegExp(`([-+]?${NUMBER})\\s*%`, "g"), (_, number) => percentage("百分之", number)],
  [new RegExp(`([-+]?${NUMBER})\\s*‰`, "g"), (_, number) => percentage("千分之", number)],
  [
    new RegExp(`(?<![\\d.])-(${NUMBER})\\s*(?:°C|℃|摄氏度|度)`, "g"),
    (_, number) => `零下${decimal(number)}摄氏度`,
  ],
  ...UNITS.map(([sign, said]): Reading => {
    const isWord = /[a-zA-Z]$/.test(sign);
    return [
      new RegExp(`([-+]?${NUMBER})\\s*${sign}${isWord ? "(?![a-zA-Z0-9/])" : ""}`, "g"),
      (_, number) => quantity(number, said) + said,
    ];
  }),
  // Fractions: 1/3
  [
    /(?<![\d/])(\d{1,3})\/(\d{1,3})(?![\d/])/g,
    (_, above, below) => `${cardinal(below)}分之${cardinal(above)}`,
  ],
  [/(?<=\d)\s*<\s*(?=\d)/g, () => "小于"],
  [/(?<=\d)\s*>\s*(?=\d)/g, () => "大于"],
  [/(?<=\d)\s*=\s*(?=\d)/g, () => "等于"],
  [/(?<=\d)\s*\+\s*(?=\d)/g, () => "加"],
  [new RegExp(`(?<![\\d.])2(?=(?:${COUNTED}))`, "g"), () => "两"],
  [/(?<!\d)(\d{9,}|0\d+)(?![\d.])/g, (_, digits) => dialled(digits)],
  [new RegExp(`(?<![\\d.\\p{L}])([-+]${NUMBER})`, "gu"), (_, number) => decimal(number)],
  [new RegExp(`(${NUMBER})`, "g"), (_, number) => decimal(number)],
  [/\d/g, (digit) => digitByDigit(digit)],
  [/&/g, () => "和"],
];

/**
 * What is said for a text, in plain Chinese: numbers, times, dates, temperatures, levels, telephone numbers and units
 * written out, Latin letters one by one, signs nobody can say left out. Pure.
 * @throws GatewayError `speech.too_long`, `speech.control`, `speech.markup`, `speech.script`, `speech.nothing` (permanent).
 */
export function spokenText(text: string): string {
  refuse([...text].length > MOST_SPOKEN_CHARACTERS, "speech.too_long", "the text is too long to be spoken");
  const plainText = text.replace(/[\t\r\n]+/g, "，");
  refuse(
    /[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u.test(plainText),
    "speech.control",
    "the text has signs that are no text",
  );
  // Full-width letters and digits, ① and ㎡ become plain ones.
  const normal = plainText.normalize("NFKC").replace(/\p{Cf}/gu, "");
  refuse(
    /<[/!?a-z][^>]*>/i.test(normal),
    "speech.markup",
    "the text has marks like <speak>, which are not read",
  );
  refuse(
    /(?![\p{sc=Han}\p{sc=Latin}µμΩ])\p{L}/u.test(normal.replace(/[ー〇]/g, "")),
    "speech.script",
    "the text has letters that are neither Chinese nor Latin",
  );
  const read = READINGS.reduce((words, [pattern, say]) => words.replace(pattern, say), normal);
  const said = tidy(spellLatin(read));
  refuse(!/[\p{L}]/u.test(said), "speech.nothing", "the text has nothing that could be said");
  return said;
}

function refuse(isWrong: boolean, code: string, message: string): void {
  if (isWrong) throw new GatewayError(message, { code, kind: "permanent" });
}

/** Without a leading zero, which dates and hours have. */
function plain(digits: string): string {
  return String(Number(digits));
}

function time(hour: string, minute: string, second: string | undefined): string {
  const hours = plain(hour) === "2" ? "两" : cardinal(plain(hour));
  const seconds = second === undefined || Number(second) === 0 ? "" : `${cardinal(plain(second))}秒`;
  if (Number(minute) === 0) return seconds ? `${hours}点零分${seconds}` : `${hours}点`;
  const minutes = Number(minute) < 10 ? `零${cardinal(plain(minute))}` : cardinal(minute);
  return `${hours}点${minutes}分${seconds}`;
}

function grouped(parts: readonly string[]): string {
  return parts.map(dialled).join("，");
}

function percentage(word: string, number: string): string {
  return number.startsWith("-") ? `负${word}${decimal(number.slice(1))}` : word + decimal(number);
}

function quantity(number: string, unit: string): string {
  return number === "2" && !["号", "度", "摄氏度"].includes(unit) ? "两" : decimal(number);
}

/** Letter by letter: a horn makes a mash of English words, and most Latin in a village's text are abbreviations. */
function spellLatin(text: string): string {
  const bare = text.normalize("NFD").replace(/\p{M}/gu, "").normalize("NFC");
  return bare.replace(/\p{sc=Latin}+/gu, (word) => ` ${[...word.toUpperCase()].join(" ")} `);
}

/** Only what an engine reads: characters, letters, and pauses for every other sign. */
function tidy(text: string): string {
  return text
    .replace(/[。.!?！？;；]+/gu, "。")
    .replace(/[^\p{sc=Han}\p{sc=Latin}〇。\s]+/gu, "，")
    .replace(/\s+/gu, " ")
    .replace(/ ?([，。])[，。 ]*/gu, "$1")
    .replace(/(?<=\p{sc=Han}) | (?=\p{sc=Han})/gu, "")
    .replace(/^[，。 ]+|[， ]+$/gu, "");
}
