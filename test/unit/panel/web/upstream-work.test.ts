import { describe, expect, test } from "vitest";
import {
  upstreamDraft,
  upstreamEntry,
  upstreamFault,
} from "../../../../src/panel/web/words/upstream-entry.ts";
import {
  isRivalled,
  isSettled,
  stillTyped,
  type UpstreamWork,
  withoutPageSecrets,
} from "../../../../src/panel/web/words/upstream-work.ts";

const HTTP = {
  id: "township",
  kind: "http",
  url: "https://township.example/cunshao",
  token: { secret: "township-token" },
};
const OF_THE_PAGE = { ...HTTP, token: { secret: "page-township-token" } };
const URL = { url: "https://new.example/in" };

const workOn = (entry: UpstreamWork["over"], typed: UpstreamWork["typed"] = URL): UpstreamWork => ({
  ...{ typed, over: entry },
  ...(entry && { last: entry }),
});
const entryOf = ({ typed, last }: UpstreamWork) =>
  upstreamEntry({ ...upstreamDraft(last), ...typed }, last).entry;

describe("an upstream that is typed", () => {
  test.each([
    ["stands as before", HTTP, { ...HTTP }, false],
    ["says otherwise", HTTP, { ...HTTP, ...URL }, true],
    ["is gone", HTTP, null, true],
    ["is there again", null, HTTP, true],
    ["is new", null, null, false],
  ])("is somebody else's too, or not: it %s", (_what, over, now, is) => {
    expect(isRivalled(workOn(over), now)).toBe(is);
  });

  test("is settled once it stands there as it was sent", () => {
    const work = workOn(HTTP);
    const saved = entryOf(work);
    expect(isSettled({ ...work, isSent: true }, saved)).toBe(true);
    expect(isSettled(work, saved)).toBe(false);
    expect(isSettled({ ...work, isSent: true }, HTTP)).toBe(false);
    expect(isSettled({ ...work, isSent: true }, undefined)).toBe(false);
  });

  test("is not settled by what stood there before, where a new secret alone was sent", () => {
    const work = { ...workOn(OF_THE_PAGE, { token: "7f3a" }), isSent: true };
    expect(entryOf(work)).toEqual(OF_THE_PAGE);
    expect(isSettled(work, OF_THE_PAGE)).toBe(false);
  });

  test("keeps what was typed on while the rest of it was saved, and sends no secret twice", () => {
    const sent = workOn(HTTP, { ...URL, token: "7f3a" });
    const saved = entryOf(sent);
    expect(stillTyped(sent, sent, saved)).toBeUndefined();
    const on = { ...sent, typed: { ...sent.typed, evidence: "256" } };
    expect(stillTyped(on, sent, saved)).toEqual({ typed: { evidence: "256" }, over: saved, last: saved });
    const back = { ...sent, typed: { token: "9b1c" } };
    expect(stillTyped(back, sent, saved)?.typed).toEqual({ url: HTTP.url, token: "9b1c" });
  });

  test("has the id under which a new one was saved, whatever was typed there since", () => {
    const sent = workOn(null, { id: "county", url: HTTP.url, token: "7f3a" });
    const on = { ...sent, typed: { ...sent.typed, id: "county-2", kind: "mqtt", topic: "hunan" } as const };
    expect(stillTyped(on, sent, entryOf(sent))?.typed).toEqual({ topic: "hunan" });
  });

  test("that is gone asks anew for what the box has forgotten with it, and for nothing else", () => {
    expect(withoutPageSecrets(HTTP)).toEqual(HTTP);
    const gone = withoutPageSecrets(OF_THE_PAGE);
    expect(upstreamFault(upstreamDraft(gone), gone, [])).toBe("tokenMissing");
    const login = { username: "village-7", password: { secret: "page-county-password" } };
    const county = withoutPageSecrets({ id: "county", kind: "mqtt", url: "mqtts://county.example", login });
    expect(upstreamDraft(county).username).toBe("village-7");
    expect(upstreamFault(upstreamDraft(county), county, [])).toBe("passwordMissing");
    const own = { ...county, login: { ...login, password: { secret: "county-password" } } };
    expect(withoutPageSecrets(own)).toEqual(own);
  });
});
