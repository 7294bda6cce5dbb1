import { describe, expect, test } from "vitest";
import { i18n } from "../../../../src/panel/web/i18n.ts";
import { eventPhrase } from "../../../../src/panel/web/words/event-words.ts";
import { event, speech, village } from "./word-samples.ts";

const by = { kind: "person", name: "王主任" };
const level = { list: "sensors", id: "pond-level" };
const township = { list: "upstreams", id: "township" };

function told(type: string, data: object): string {
  const { key, params } = eventPhrase(event(type, { by, ...data }), village, {
    ...speech,
    source: ({ name }) => name,
  });
  return i18n.global.t(key, params);
}
const changed = (...changes: readonly object[]) => told("set_up.changed", { changes });

describe("what was set up on the page", () => {
  test("is told by its kind and the name that people know", () => {
    expect(changed({ ...township, entry: { id: "township", kind: "http" } })).toBe(
      "王主任在网页上改了上级平台“township”",
    );
    expect(changed({ ...level, entry: { id: "pond-level", name: "西塘水位" } })).toBe(
      "王主任在网页上改了传感器“西塘水位”",
    );
    expect(
      changed({ list: "zones", id: "pier", camera: "pond-east", entry: { id: "pier", name: "码头" } }),
    ).toBe("王主任在网页上改了区域“东塘 码头”");
  });

  test("is told to be gone by the name that it had", () => {
    expect(changed({ ...level, entry: null })).toBe("王主任在网页上去掉了传感器“东塘水位”");
    expect(changed({ list: "speakers", id: "pond", entry: null })).toBe("王主任在网页上去掉了喇叭“东塘喇叭”");
    expect(changed({ ...township, entry: null })).toBe("王主任在网页上去掉了上级平台“township”");
  });

  test("several at once are counted", () => {
    expect(changed({ ...township, entry: null }, { ...level, entry: { name: "西塘水位" } })).toBe(
      "王主任在网页上改了 2 项设置（上级平台“township”等）",
    );
  });

  test("is told to be put back, and by whom, or that the box did so itself", () => {
    expect(told("set_up.restored", { places: [{ list: "rules", id: "pond-bank" }] })).toBe(
      "王主任把规则“东塘有人靠近”恢复成配置文件里的",
    );
    expect(told("set_up.restored", { places: [township, level] })).toBe(
      "王主任把 2 项设置恢复成配置文件里的（上级平台“township”等）",
    );
    expect(told("set_up.taken_back", { places: [township], why: "not-started" })).toBe(
      "村哨用上级平台“township”的新设置起不来，已自动退回原来的",
    );
    expect(told("set_up.taken_back", { places: [township, level], why: "not-started" })).toBe(
      "村哨用新的设置起不来，已自动退回 2 项（上级平台“township”等）",
    );
  });

  test("is told of even where the record is of a kind that nobody knows here", () => {
    expect(changed({ list: "toString", id: "x", entry: 7 })).toBe("王主任在网页上改了设置“x”");
    expect(changed()).toBe("王主任在网页上改了设置“”");
  });
});
