import { describe, expect, test } from "vitest";
import { challengeHeader, checkDigest } from "../../../../../hw/virtual/rtsp/digest.ts";

// The worked example of RFC 2617 section 3.5, which carries qop, and its answer.
const CHALLENGE = { realm: "testrealm@host.com", nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093" };
const LOGIN = { username: "Mufasa", password: "Circle Of Life" };
const ANSWER = [
  'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
  'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b"',
  'response="6629fae49393a05397450978507c4ef1"',
].join(", ");

describe("the camera's login", () => {
  test("takes the answer of the RFC's example", () => {
    expect(checkDigest(ANSWER, "GET", CHALLENGE, LOGIN)).toBe("right");
  });

  test.each([
    ["another password", "GET", CHALLENGE, { ...LOGIN, password: "x" }, "wrong"],
    ["another user", "GET", CHALLENGE, { ...LOGIN, username: "x" }, "wrong"],
    ["another method", "PLAY", CHALLENGE, LOGIN, "wrong"],
    ["another nonce", "GET", { ...CHALLENGE, nonce: "x" }, LOGIN, "stale"],
  ] as const)("does not take it for %s", (_what, method, challenge, login, verdict) => {
    expect(checkDigest(ANSWER, method, challenge, login)).toBe(verdict);
  });

  test("asks again where there is no Digest answer", () => {
    expect(checkDigest(undefined, "GET", CHALLENGE, LOGIN)).toBe("missing");
    expect(checkDigest("Basic TXVmYXNhOng=", "GET", CHALLENGE, LOGIN)).toBe("missing");
    expect(checkDigest("Digest rubbish", "GET", CHALLENGE, LOGIN)).toBe("wrong");
  });

  test("says in its challenge that only the nonce was old", () => {
    expect(challengeHeader(CHALLENGE, true)).toMatch(/^Digest realm="testrealm@host.com", .*stale=TRUE$/);
  });
});
