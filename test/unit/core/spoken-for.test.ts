import { expect, test } from "vitest";
import { mayIn, personIn, spokenForHeaders } from "../../../src/core/spoken-for.ts";

test("who asks and what he may do come through headers as they were", () => {
  const headers = spokenForHeaders("王芳", ["look", "handle"]);
  expect(personIn(headers["cunshao-person"])).toBe("王芳");
  expect([...mayIn(headers["cunshao-person-may"])]).toEqual(["look", "handle"]);
});

test.each(["", "%", "%0a", "%E4%BD", "a%00b", encodeURIComponent("长".repeat(65))])(
  "%j names nobody",
  (header) => {
    expect(personIn(header)).toBeUndefined();
  },
);

test("what is no permission may not be done, and an empty list is nothing", () => {
  expect([...mayIn("look, everything,  speak")]).toEqual(["look", "speak"]);
  expect(mayIn("").size).toBe(0);
});
