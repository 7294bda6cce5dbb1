import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { anySignal } from "../../../src/core/any-signal.ts";

const listeners = ({ signal }: AbortController): number => getEventListeners(signal, "abort").length;

describe("any of some signals", () => {
  test.each([0, 1])("aborts with the first of them, for its reason, and leaves nothing at them", (which) => {
    const controllers = [new AbortController(), new AbortController()] as const;
    const [a, b] = controllers;
    const { signal } = anySignal(a.signal, b.signal);
    expect(signal.aborted).toBe(false);
    controllers[which]?.abort("now");
    controllers[1 - which]?.abort("later");
    expect([signal.aborted, signal.reason]).toEqual([true, "now"]);
    expect(controllers.map(listeners)).toEqual([0, 0]);
  });

  test("is aborted where one of them is", () => {
    const open = new AbortController();
    const { signal } = anySignal(open.signal, AbortSignal.abort("before"));
    expect([signal.aborted, signal.reason]).toEqual([true, "before"]);
    expect(listeners(open)).toBe(0);
  });

  test("leaves nothing at them once it is released, and follows them no longer", () => {
    const lasting = new AbortController();
    const { signal, release } = anySignal(lasting.signal, new AbortController().signal);
    expect(listeners(lasting)).toBe(1);
    release();
    expect(listeners(lasting)).toBe(0);
    lasting.abort();
    expect(signal.aborted).toBe(false);
  });
});
