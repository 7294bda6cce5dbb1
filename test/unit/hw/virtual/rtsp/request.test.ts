import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRequestReader, mountPath, type RtspInput } from "../../../../../hw/virtual/rtsp/request.ts";

const OPTIONS = "OPTIONS rtsp://h/pond RTSP/1.0\r\nCSeq: 1\r\n\r\n";
const WITH_BODY = "GET_PARAMETER rtsp://h/pond RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 5\r\n\r\nhello";
const RECEIVER_REPORT = Buffer.concat([Buffer.from([0x24, 1, 0, 8]), Buffer.alloc(8, 0x0d)]);

function read(...chunks: readonly (string | Buffer)[]): RtspInput[] {
  const reader = createRequestReader();
  return chunks.flatMap((chunk) => reader.push(Buffer.from(chunk)));
}

describe("reading requests", () => {
  test("gives method, URL, headers by lower-case name and body", () => {
    expect(read(WITH_BODY)).toEqual([
      {
        kind: "request",
        request: {
          method: "GET_PARAMETER",
          url: "rtsp://h/pond",
          headers: new Map([
            ["cseq", "2"],
            ["content-length", "5"],
          ]),
          body: Buffer.from("hello"),
        },
      },
    ]);
  });

  test("reads the same from a stream cut anywhere, and skips the packets in between", () => {
    const stream = Buffer.concat([Buffer.from(OPTIONS), RECEIVER_REPORT, Buffer.from(`\r\n${WITH_BODY}`)]);
    const whole = read(stream);
    expect(whole).toHaveLength(2);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 8 }), (cuts) => {
        const ends = [...cuts.sort((a, b) => a - b), stream.length];
        const pieces = ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end));
        expect(read(...pieces)).toEqual(whole);
      }),
    );
  });

  test.each([
    ["a web browser's request", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400],
    ["a first line that is none, before the head has ended", "hello there\n", 400],
    ["a header without a colon", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nnonsense\r\n\r\n", 400],
    ["a request without a number", "OPTIONS * RTSP/1.0\r\nUser-Agent: x\r\n\r\n", 400],
    ["a length that is no number", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -4\r\n\r\n", 400],
    ["a body without measure", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n", 413],
    ["a head without end", `OPTIONS * RTSP/1.0\r\nX: ${"x".repeat(9000)}`, 413],
    ["another version", "OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505],
  ])("refuses %s", (_what, text, status) => {
    expect(read(text)).toEqual([expect.objectContaining({ kind: "malformed", status })]);
  });

  test("reads nothing more once it has lost the framing", () => {
    expect(read("rubbish\r\n", OPTIONS)).toHaveLength(1);
  });

  test("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 5 }), (chunks) => {
        read(...chunks.map((chunk) => Buffer.from(chunk)));
      }),
    );
  });
});

describe("the mounted path", () => {
  test.each([
    ["rtsp://10.0.0.9:554/pond/sub", "/pond/sub"],
    ["rtsp://10.0.0.9/pond/sub/trackID=0", "/pond/sub"],
    ["rtsp://h/cam/realmonitor?channel=1&subtype=0/trackID=0", "/cam/realmonitor?channel=1&subtype=0"],
    ["rtsp://h/pond/", "/pond"],
    ["rtsp://h", "/"],
    ["*", "*"],
  ])("of %s is %s", (url, path) => {
    expect(mountPath(url, "trackID=0")).toBe(path);
  });
});
