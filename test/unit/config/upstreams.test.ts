import { describe, expect, test } from "vitest";
import { changed, configurationOf, problemsOf } from "./config-rig.ts";

const HTTP = '{id: township, kind: http, url: "https://township.example/cunshao", token: {secret: township}';
const SIGNING = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;

/** The village with these upstreams instead of its own. */
function upstreams(...written: string[]): string {
  const village = changed("upstreams:", "upstreams: []\nOLD:");
  const [kept = "", rest = ""] = village.split("OLD:");
  const after = rest.split("\n").slice(1);
  const next = after.findIndex((line) => /^\S/.test(line));
  const list = written.map((each) => `\n  - ${each}`).join("");
  return `${kept.replace("upstreams: []", `upstreams:${list}`)}${next < 0 ? "" : after.slice(next).join("\n")}`;
}

const secrets = `pond-east: x\ntownship: "t"\nsign: "${SIGNING}"\nbroker: "b"\nbad: "no secret"\n`;

describe("upstreams", () => {
  test("are several at once, with their secrets in place", async () => {
    const village = upstreams(
      `${HTTP}, signing: [{secret: sign}], evidenceKbitPerSecond: 512, tls: {authority: /etc/ca.pem}}`,
      '{id: county, kind: mqtt, url: "mqtts://broker.example:8883", login: {username: box, password: {secret: broker}}}',
    );
    const { upstreams: found } = await configurationOf({ village, secrets });
    expect(found).toEqual([
      {
        id: "township",
        kind: "http",
        url: "https://township.example/cunshao",
        token: "t",
        signing: [SIGNING],
        evidenceKbitPerSecond: 512,
        tls: { authority: "/etc/ca.pem" },
      },
      {
        id: "county",
        kind: "mqtt",
        url: "mqtts://broker.example:8883",
        login: { username: "box", password: "b" },
        topic: "cunshao",
        acknowledge: "ledger",
      },
    ]);
  });

  test.each([
    [`${HTTP}, signing: [{secret: bad}]}`, "signing[0].secret"],
    [`${HTTP}, tls: {certificate: /a.pem}}`, "certificate and key together"],
    ['{id: c, kind: mqtt, url: "https://broker.example"}', "mqtts://"],
    ['{id: c, kind: mqtt, url: "mqtt://broker.example", topic: "a/#"}', "topic"],
    ['{id: c, kind: mqtt, url: "mqtt://broker.example", acknowledge: maybe}', "ledger or puback"],
    ['{id: c, kind: carrier-pigeon, url: "mqtt://broker.example"}', "kind: http or mqtt"],
  ])("%s are refused with what was expected", async (written, expected) => {
    const problems = await problemsOf({ village: upstreams(written), secrets });
    expect(problems.join("\n")).toContain(expected);
    expect(problems.join("\n")).not.toContain("no secret");
  });
});
