import { expect, test } from "vitest";
import { clips, recordings, speech, voiceProgramFault } from "../../../src/config/speech.ts";

test("nothing need be said of speech and recordings", () => {
  expect(speech.parse({})).toEqual({ pronunciations: {} });
  expect(clips.parse({})).toEqual({ maxSeconds: 600, maxUploadBytes: 100e6, maxBytes: 500e6 });
});

test.each(["米水", "you1 xian4", "nü3 er2", "〇"])("a word may be said as %s", (said) => {
  expect(speech.parse({ pronunciations: { 攸县: said } })).toEqual({ pronunciations: { 攸县: said } });
});

test.each(["", "you xian", "you6", "米 水", "<b>", "[[a]]", "A", "米1"])(
  "a word may not be said as %j",
  (said) => {
    const result = speech.safeParse({ pronunciations: { 攸县: said } });
    expect(result.error?.issues[0]?.message).toBe(
      "characters that sound so, or pinyin with tones like you1 xian4",
    );
  },
);

test("five hundred words are enough", () => {
  const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`词${index}`, "词"]));
  expect(speech.safeParse({ pronunciations: many }).error?.issues[0]?.message).toBe("at most 500 words");
});

test.each([{ maxSeconds: 0 }, { maxSeconds: 3600 }, { maxBytes: "1kB" }, { other: 1 }])(
  "%j is refused",
  (value) => {
    expect(clips.safeParse(value).success).toBe(false);
  },
);

test("recordings stand for words, or for a warning of the program by its name", () => {
  const map = { "water-leave-quickly": "/etc/cunshao/方言 1.wav", "水边危险，请速离开": "/srv/a.mp3" };
  expect(recordings.parse(map)).toEqual(map);
});

test.each([{ 水边危险: "a.wav" }, { 水边危险: "" }, { 水边危险: 3 }, { 水边危险: null }, [], "a.wav"])(
  "%j are no recordings",
  (value) => {
    expect(recordings.safeParse(value).success).toBe(false);
  },
);

test("a path says what is expected, and a hundred recordings are enough", () => {
  expect(recordings.safeParse({ 水边危险: "a.wav" }).error?.issues[0]?.message).toBe(
    "the path of a sound file, from /",
  );
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`话${index}`, "/a.wav"]));
  expect(recordings.safeParse(many).error?.issues[0]?.message).toBe("at most 100 recordings");
});

test("a voice program is a path with its arguments, and how long it is waited for", () => {
  const command = ["/opt/voice/tts", "--model=/opt/voice/zh.onnx", "--output={file}", "{text}"];
  expect(speech.parse({ engine: { program: command } })).toEqual({
    pronunciations: {},
    program: { command, patienceMs: 3000 },
  });
  expect(speech.parse({ engine: "espeak-ng" })).toEqual({ pronunciations: {} });
});

test.each([
  "piper",
  { program: "tts {file}" },
  { program: ["tts", "{file}"] },
  { program: ["/tts"] },
  { program: ["/tts", "{file}", "{file}"] },
  { program: ["/tts", "{file}\0"] },
  { program: ["/tts", "{file}"], patienceSeconds: 0 },
  { program: ["/tts", "{file}"], model: "/a" },
])("%j is no engine", (engine) => {
  expect(speech.safeParse({ engine }).success).toBe(false);
});

test.each([
  [[process.execPath, "{file}", "--model=/proc/self/status", "-x"], undefined],
  [["/nowhere/tts", "{file}"], "/nowhere/tts: 没有这个语音程序"],
  [["/proc/self/status", "{file}"], "/proc/self/status: 语音程序不能运行"],
  [[process.execPath, "--model=/nowhere/zh.onnx", "{file}"], "/nowhere/zh.onnx: 语音程序要用的文件不在"],
  [[process.execPath, "--fst=/proc/self/status,/nowhere/a.fst", "{file}"], "/nowhere/a.fst: "],
])("the files of %j are looked for", async (command, expected) => {
  const fault = await voiceProgramFault({ command, patienceMs: 2000 });
  if (expected === undefined) expect(fault).toBeUndefined();
  else expect(fault).toMatch(new RegExp(`^${expected}.*\\[speech\\.program_missing\\]$`));
});
