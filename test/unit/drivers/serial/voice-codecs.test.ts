import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SpeechModuleProfile } from "../../../../src/core/profiles.ts";
import {
  createJq8900Decoder,
  encodeJq8900,
  jq8900Message,
} from "../../../../src/drivers/serial/jq8900-codec.ts";
import {
  createSpeechReader,
  encodeSpeech,
  speakable,
  speechPieces,
  splitSpeech,
} from "../../../../src/drivers/serial/speech-codec.ts";

const SYN6288: SpeechModuleProfile = {
  id: "syn6288",
  name: "SYN6288",
  sources: [],
  codec: "syn6288",
  baudRate: 9600,
  encoding: "gbk",
  maxTextBytes: 200,
  volumeSteps: 16,
  acknowledgeMs: 500,
  pollMs: 1000,
  maxSpeechSeconds: 60,
  examples: [],
};

const byte = fc.integer({ min: 0, max: 255 });

describe("the JQ8900 codec", () => {
  const message = fc.record({ command: byte, data: fc.array(byte, { maxLength: 16 }) });

  test("reads back what it wrote, cut at every place", () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 3 }), (messages) => {
        const bytes = Buffer.concat(messages.map(encodeJq8900));
        for (let cut = 0; cut <= bytes.length; cut++) {
          const decode = createJq8900Decoder();
          expect([...decode(bytes.subarray(0, cut)), ...decode(bytes.subarray(cut))]).toEqual(messages);
        }
      }),
    );
  });

  test("drops a wrong sum and takes the next message", () => {
    const bytes = Buffer.from("AA010101ADAA010100AC AA010101AD".replaceAll(" ", ""), "hex");
    bytes[4] = 0xae;
    expect(createJq8900Decoder()(bytes)).toEqual([
      { command: 1, data: [0] },
      { command: 1, data: [1] },
    ]);
  });

  test("survives any noise, and keeps no more than a message of it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const decode = createJq8900Decoder();
        decode(noise);
        const sound = encodeJq8900({ command: 1, data: [1] });
        const found = Array.from({ length: 6 }, () => decode(sound)).flat();
        expect(found).toContainEqual({ command: 1, data: [1] });
      }),
    );
  });

  test.each([
    [0, 0],
    [50, 15],
    [100, 30],
    [170, 30],
  ])("takes %i percent as step %i of 30", (volumePercent, step) => {
    expect(jq8900Message({ volumePercent }).data).toEqual([step]);
  });
});

describe("the frames of modules that read aloud", () => {
  test.each([
    ["syn6288", "gb2312", "FD000701 00 C4E3BAC3 A5"],
    ["syn6288", "gbk", "FD000701 01 C4E3BAC3 A4"],
    ["xfs5152", "gb2312", "FD000601 00 C4E3BAC3"],
    ["xfs5152", "gbk", "FD000601 01 C4E3BAC3"],
  ] as const)("of the %s in %s", (codec, encoding, expected) => {
    const frame = encodeSpeech({ codec, encoding }, { say: Buffer.from("C4E3BAC3", "hex") });
    expect(frame.toString("hex").toUpperCase()).toBe(expected.replaceAll(" ", ""));
  });

  test("carry their own length, and the XOR of all of it is nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (text) => {
        const frame = encodeSpeech({ codec: "syn6288", encoding: "gbk" }, { say: Buffer.from(text) });
        expect(frame.readUInt16BE(1)).toBe(frame.length - 3);
        expect(frame.reduce((xor, one) => xor ^ one, 0)).toBe(0);
        const plain = encodeSpeech({ codec: "xfs5152", encoding: "gbk" }, { say: Buffer.from(text) });
        expect(plain.readUInt16BE(1)).toBe(plain.length - 3);
      }),
    );
  });

  test("begin with the volume, which counts into the longest text", () => {
    const pieces = speechPieces(SYN6288, "水".repeat(150));
    if ("lacks" in pieces) throw new Error("unspeakable");
    const frames = pieces.map((piece) => piece(100));
    expect(frames[0]?.subarray(5, 10).toString("latin1")).toBe("[v16]");
    // FD, length, command and parameter before the text, the XOR behind it.
    for (const frame of frames) expect(frame.length - 6).toBeLessThanOrEqual(200);
    expect(frames.length).toBe(2);
  });

  test("say which characters they lack", () => {
    expect(speechPieces({ ...SYN6288, encoding: "gb2312" }, "廣場")).toEqual({ lacks: ["廣", "場"] });
  });
});

describe("the words of a person", () => {
  test("cannot order the module about: brackets are words", () => {
    expect(speakable("开会[v0][m3]")).toBe("开会［v0］［m3］");
  });

  test("end a sentence where the line ends", () => {
    expect(speakable("开会了\r\n请来\t广场\n\n")).toBe("开会了。请来 广场。");
  });
});

describe("a long text", () => {
  test.each([
    ["at the last sentence that fits", "一二。三四！五六七", 12, ["一二。三四！", "五六七"]],
    ["at a comma where no sentence ends", "一二三，四五六七八", 12, ["一二三，", "四五六七八"]],
    ["anywhere where there is neither", "一二三四五", 4, ["一二", "三四", "五"]],
    ["not at all when it fits", "一二。三四。", 12, ["一二。三四。"]],
    ["without blanks", "  一二。  三四  ", 8, ["一二。", "三四"]],
  ])("is cut %s", (_, text, most, pieces) => {
    expect(splitSpeech(text, most)).toEqual(pieces);
  });

  test("loses nothing but blanks, and no piece is longer than it may be or empty", () => {
    const character = fc.constantFrom("水", "边", "a", "1", "。", "，", "！", " ", "？");
    fc.assert(
      fc.property(
        fc.array(character, { maxLength: 80 }).map((characters) => characters.join("")),
        fc.integer({ min: 2, max: 40 }),
        (text, most) => {
          const pieces = splitSpeech(text, most);
          expect(pieces.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
          for (const piece of pieces) {
            expect(piece.trim()).toBe(piece);
            expect(piece.length).toBeGreaterThan(0);
            expect([...piece].reduce((sum, one) => sum + (one < "\x80" ? 1 : 2), 0)).toBeLessThanOrEqual(
              most,
            );
          }
        },
      ),
    );
  });
});

describe("what a module answers", () => {
  test("is one byte, and anything else is noise", () => {
    const reader = createSpeechReader();
    expect(reader.read(Buffer.from("004A4145FF4E4F", "hex"))).toEqual([
      "ready",
      "accepted",
      "refused",
      "busy",
      "idle",
    ]);
  });

  test("is not in the echo of our own text, wherever that is cut", () => {
    // "AENO" is made of answers.
    const frame = encodeSpeech({ codec: "syn6288", encoding: "gbk" }, { say: Buffer.from("AENO") });
    const heard = Buffer.concat([frame, Buffer.of(0x41)]);
    for (let cut = 0; cut <= heard.length; cut++) {
      const reader = createSpeechReader();
      reader.sent(frame);
      expect([...reader.read(heard.subarray(0, cut)), ...reader.read(heard.subarray(cut))]).toEqual([
        "accepted",
      ]);
    }
  });
});
