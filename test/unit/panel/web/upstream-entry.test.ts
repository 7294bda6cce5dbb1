import { describe, expect, test } from "vitest";
import { upstream as upstreamSchema } from "../../../../src/config/upstreams.ts";
import {
  isPlain,
  LONGEST_ID,
  typedOf,
  type UpstreamDraft,
  untouchedParts,
  upstreamDraft,
  upstreamEntry,
  upstreamFault,
} from "../../../../src/panel/web/words/upstream-entry.ts";

const HTTP = {
  id: "township",
  kind: "http",
  url: "https://township.example/cunshao",
  token: { secret: "township-token" },
  signing: [{ secret: "township-signing" }],
  tls: { authority: "/etc/cunshao/township.pem" },
  evidenceKbitPerSecond: 256,
};
const MQTT = {
  id: "county",
  kind: "mqtt",
  url: "mqtts://county.example:8883",
  login: { username: "village-7", password: { secret: "county-password" } },
  topic: "hunan/cunshao",
  acknowledge: "puback",
};

const draftOf = (entry: object, part: Partial<UpstreamDraft> = {}): UpstreamDraft => ({
  ...upstreamDraft({ ...entry }),
  ...part,
});

describe("an upstream while it is changed", () => {
  test("is the same entry, with all that has no field, as long as nothing is typed", () => {
    for (const entry of [HTTP, MQTT, { ...MQTT, login: undefined, topic: undefined }]) {
      const { entry: same, secrets } = upstreamEntry(draftOf(entry), entry);
      expect(JSON.parse(JSON.stringify(same))).toEqual(JSON.parse(JSON.stringify(entry)));
      expect(secrets).toEqual({});
      expect(typedOf(draftOf(entry), entry)).toEqual({});
    }
    expect(untouchedParts(HTTP)).toEqual(["tls", "signing"]);
    expect(untouchedParts(MQTT)).toEqual(["acknowledge"]);
  });

  test("shows no secret, and gives a new one by a name of its own", () => {
    expect(draftOf(HTTP).token).toBe("");
    expect(upstreamEntry(draftOf(HTTP, { token: " 7f3a " }), HTTP)).toMatchObject({
      entry: { token: { secret: "page-township-token" }, signing: HTTP.signing },
      secrets: { "page-township-token": "7f3a" },
    });
    expect(upstreamEntry(draftOf(MQTT, { password: "7f3a" }), MQTT)).toMatchObject({
      entry: { login: { username: "village-7", password: { secret: "page-county-password" } } },
      secrets: { "page-county-password": "7f3a" },
    });
  });

  test("loses its limit and its log-in with the words in their fields", () => {
    expect(upstreamEntry(draftOf(HTTP, { evidence: "" }), HTTP).entry).not.toHaveProperty(
      "evidenceKbitPerSecond",
    );
    const { entry, secrets } = upstreamEntry(draftOf(MQTT, { username: "", topic: "" }), MQTT);
    expect(entry).toEqual({ id: "county", kind: "mqtt", url: MQTT.url, acknowledge: "puback" });
    expect(secrets).toEqual({});
  });

  test("keeps by itself what was typed, on top of what somebody else has made of the rest", () => {
    const typed = typedOf(draftOf(HTTP, { url: "https://new.example/in" }), HTTP);
    expect(typed).toEqual({ url: "https://new.example/in" });
    const theirs = { ...HTTP, evidenceKbitPerSecond: 512 };
    expect(upstreamEntry({ ...upstreamDraft(theirs), ...typed }, theirs).entry).toEqual({
      ...theirs,
      url: "https://new.example/in",
    });
  });
});

const NEW = draftOf({}, { id: "township", url: HTTP.url, token: "7f3a" });
const NEW_MQTT = draftOf({}, { id: "county", kind: "mqtt", url: MQTT.url });

describe("what is typed of an upstream", () => {
  test.each<[fault: string, draft: UpstreamDraft]>([
    ["idMissing", { ...NEW, id: " " }],
    ["idBad", { ...NEW, id: "乡镇" }],
    ["idBad", { ...NEW, id: "Township" }],
    ["idBad", { ...NEW, id: "-township" }],
    ["idBad", { ...NEW, id: "a".repeat(LONGEST_ID + 1) }],
    ["idTaken", { ...NEW, id: "there-already" }],
    ["urlMissing", { ...NEW, url: "" }],
    ["urlBad", { ...NEW, url: "township.example" }],
    ["urlBad", { ...NEW, url: "https://" }],
    ["urlBad", { ...NEW, url: "https://township.example/a b" }],
    ["urlBad", { ...NEW, url: MQTT.url }],
    ["urlLogin", { ...NEW, url: "https://me:secret@township.example" }],
    ["tokenMissing", { ...NEW, token: "" }],
    ["evidenceBad", { ...NEW, evidence: "15" }],
    ["evidenceBad", { ...NEW, evidence: "1000001" }],
    ["evidenceBad", { ...NEW, evidence: "256k" }],
    ["urlBad", { ...NEW_MQTT, url: HTTP.url }],
    ["usernameMissing", { ...NEW_MQTT, password: "7f3a" }],
    ["passwordMissing", { ...NEW_MQTT, username: "village-7" }],
    ["topicBad", { ...NEW_MQTT, topic: "/cunshao" }],
    ["topicBad", { ...NEW_MQTT, topic: "cun#shao" }],
  ])("is told to be wrong before it is sent: %s", (fault, draft) => {
    expect(upstreamFault(draft, undefined, ["there-already"])).toBe(fault);
  });

  test("is told to need its secret again where it goes to another machine, or in the clear", () => {
    const login = { username: "village-7", password: { secret: "broker" } };
    for (const url of ["https://elsewhere.example/in", HTTP.url.replace("https:", "http:")]) {
      expect(upstreamFault(draftOf(HTTP, { url }), HTTP, [])).toBe("tokenMoved");
      expect(upstreamFault(draftOf(HTTP, { url, token: "7f3a" }), HTTP, [])).toBeUndefined();
    }
    const named = { ...MQTT, login };
    const moved = { url: "mqtts://elsewhere.example" };
    expect(upstreamFault(draftOf(named, moved), named, [])).toBe("passwordMoved");
    expect(upstreamFault(draftOf(MQTT, { ...moved, username: "" }), MQTT, [])).toBeUndefined();
    expect(upstreamFault(draftOf(HTTP, { url: `${HTTP.url}/2` }), HTTP, [])).toBeUndefined();
  });

  test("is what the configuration file takes, once nothing is wrong", () => {
    const drafts = [
      NEW,
      { ...NEW, url: " http://192.168.1.9:8080/in ", evidence: "16" },
      NEW_MQTT,
      { ...NEW_MQTT, username: "village-7", password: "7f3a", topic: "hunan/cunshao" },
      { ...NEW_MQTT, url: "mqtt://192.168.1.9" },
    ];
    for (const draft of drafts) {
      expect(upstreamFault(draft, undefined, [])).toBeUndefined();
      expect(upstreamSchema.safeParse(upstreamEntry(draft).entry).error).toBeUndefined();
    }
    for (const entry of [HTTP, MQTT]) {
      expect(upstreamFault(draftOf(entry), entry, [entry.id])).toBeUndefined();
    }
  });

  test("has names of secrets that the configuration takes, however long the id", () => {
    const entry = { ...HTTP, id: "a".repeat(63) };
    const made = upstreamEntry(draftOf(entry, { token: "7f3a" }), entry).entry;
    expect(upstreamSchema.safeParse(made).error).toBeUndefined();
  });
});

test.each([
  ["http://township.example", true],
  ["MQTT://township.example", true],
  ["https://township.example", false],
  ["mqtts://township.example", false],
  ["", false],
])("%s can be read by others on the way: %s", (url, plain) => {
  expect(isPlain(url)).toBe(plain);
});
