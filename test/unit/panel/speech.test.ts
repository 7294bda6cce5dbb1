import { beforeEach, expect, test } from "vitest";
import { UNREADABLE } from "../../support/speech-double.ts";
import { bearer, makeServer } from "./panel-fixture.ts";

let server: Awaited<ReturnType<typeof makeServer>>;
beforeEach(async () => {
  server = await makeServer();
});

const hear = (payload: object) =>
  server.app.inject({ method: "POST", url: "/api/v1/speech", headers: bearer, payload });

test("words come back as the box says them, and no horn is asked", async () => {
  const answer = await hear({ text: " 水边危险 " });
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "audio/wav"]);
  expect(answer.rawPayload.subarray(0, 4).toString()).toBe("RIFF");
  expect(answer.rawPayload).toHaveLength(Number(answer.headers["content-length"]));
  expect(server.speech.asked).toEqual(["水边危险"]);
  expect(server.village.said).toEqual([]);
});

test("one text after the other: a small box has a horn to serve, too", async () => {
  let letGo = (): void => {};
  server.speech.hold = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const first = hear({ text: "一" });
  await expect.poll(() => server.speech.asked).toEqual(["一"]);
  const second = await hear({ text: "二" });
  expect([second.statusCode, second.json().code]).toEqual([503, "speech.busy"]);
  letGo();
  expect((await first).statusCode).toBe(200);
  expect((await hear({ text: "二" })).statusCode).toBe(200);
});

test.each([
  [{ text: "" }, "broadcast.text_empty"],
  [{ text: "字".repeat(1001) }, "broadcast.text_too_long"],
  [{ text: "<speak>水</speak>" }, "broadcast.text_markup"],
  [{ text: "水\u0007" }, "broadcast.text_control"],
  [{ text: UNREADABLE }, "speech.script"],
  [{}, "request.invalid"],
  [{ text: "水", file: "/etc/passwd" }, "request.invalid"],
])("%j is refused with %s", async (payload, code) => {
  expect((await hear(payload)).json().code).toBe(code);
});
