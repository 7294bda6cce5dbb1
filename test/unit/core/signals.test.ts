import { expect, test } from "vitest";
import { createSignal } from "../../../src/core/signals.ts";

test("a signal reaches every listener in the order in which they came", () => {
  const signal = createSignal<number>();
  const heard: string[] = [];
  signal.on((value) => heard.push(`a ${value}`));
  signal.on((value) => heard.push(`b ${value}`));
  signal.emit(1);
  expect(heard).toEqual(["a 1", "b 1"]);
});

test("who left hears nothing more, and may leave while it is being told", () => {
  const signal = createSignal<number>();
  const heard: string[] = [];
  const leave = signal.on((value) => {
    heard.push(`a ${value}`);
    leave();
    signal.on(() => heard.push("late"));
  });
  signal.on((value) => heard.push(`b ${value}`));
  signal.emit(1);
  expect(heard).toEqual(["a 1", "b 1"]);
  signal.emit(2);
  expect(heard).toEqual(["a 1", "b 1", "b 2", "late"]);
});
