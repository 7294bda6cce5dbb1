import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openBrokerName } from "../support/broker-name.ts";
import { fill, setUpCounty, startBroker } from "../support/county-rig.ts";
import { type Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import type { createMqttBox } from "../support/mqtt-box.ts";
import { createPostgresServer, type PostgresServer, postgresMissing } from "../support/postgres.ts";
import { PROJECT } from "../support/project.ts";
import { makeCertificates, opensslMissing } from "../support/test-authority.ts";
import { until } from "../support/until.ts";

const missing = mosquittoMissing() ?? postgresMissing() ?? opensslMissing;
if (missing) process.stderr.write(`skipped: ${missing}\n`);
/** For what takes brokers, a database and boxes on a busy machine. */
const WAIT = { timeoutMs: 40_000 };
const WHOLE = { missing: 0, waiting: 0, broken: 0, clashes: 0, odd: 0, twins: 0 };

let server: PostgresServer;
let databases = 0;
const countyAt = (broker: Mosquitto) => setUpCounty(server, `county_${databases++}`, broker);
type Box = ReturnType<typeof createMqttBox>;

const done = (boxes: readonly Box[], what: string) =>
  until(() => boxes.every((box) => box.isDone()), { ...WAIT, what });
const allSeqs = ({ source }: Box): number[] => source.events.map(({ seq }) => seq);

describe.skipIf(missing !== undefined)("the brokers of a county", () => {
  beforeAll(async () => {
    server = await createPostgresServer();
    await server.start();
  });
  afterAll(() => server?.remove());

  describe("with TLS and an authority of their own", () => {
    /** @param name of the certificate that it shows. */
    async function startTlsBroker(
      file: (name: string) => string,
      name: string,
      more: readonly string[] = [],
    ) {
      const tls = [
        `cafile ${file("ca.pem")}`,
        `certfile ${file(`${name}.pem`)}`,
        `keyfile ${file(`${name}.key`)}`,
      ];
      return startBroker([...tls, ...more], "mqtts");
    }
    const pem = (path: string): string => readFileSync(path, "utf8");

    test("take the reader with its certificate, and it keeps what the boxes say there", async () => {
      const file = makeCertificates("broker", "county", "box");
      const county = await countyAt(await startTlsBroker(file, "broker", ["require_certificate true"]));
      const tls = { ca: pem(file("ca.pem")), cert: pem(file("county.pem")), key: pem(file("county.key")) };
      const reader = await county.reader("a", { tls });
      const box = county.box("longwan", {
        tls: { authority: file("ca.pem"), certificate: file("box.pem"), key: file("box.key") },
      });
      await fill(box, 25);
      await box.upstream.start();
      await done([box], "all kept");
      expect(await county.seqs(box.source.ledger)).toEqual(allSeqs(box));
      expect(reader.figures()).toMatchObject({ isConnected: true, brokerFault: undefined });
    });

    test.each([
      ["shows a certificate of another authority", [], () => ({ ca: pem(makeCertificates()("ca.pem")) })],
      [
        "wants a certificate, and the reader has none",
        ["require_certificate true"],
        (file: (name: string) => string) => ({ ca: pem(file("ca.pem")) }),
      ],
    ])("one that %s is told of in words, and gets no word of the reader", async (_why, lines, trust) => {
      const file = makeCertificates("broker", "box");
      const county = await countyAt(await startTlsBroker(file, "broker", lines));
      const warnings: { readonly fields: object; readonly message: string }[] = [];
      const reader = await county.reader("a", {
        tls: trust(file),
        warn: (fields, message) => warnings.push({ fields, message }),
      });
      const box = county.box("longwan", {
        tls: { authority: file("ca.pem"), certificate: file("box.pem"), key: file("box.key") },
      });
      await fill(box, 5);
      await box.upstream.start();
      await until(() => reader.figures().brokerFault === "certificate", { ...WAIT, what: "the certificate" });
      await until(() => box.upstream.state().reason === "upstream.unacknowledged", WAIT);
      expect(box.isDone()).toBe(false);
      expect(await county.seqs(box.source.ledger)).toEqual([]);
      expect(county.broker.log()).not.toContain("reader-a");
      // Once, however often it was tried.
      expect(warnings.filter(({ message }) => message.includes("a certificate is not taken"))).toEqual([
        {
          fields: expect.objectContaining({ broker: county.broker.url, code: expect.stringMatching(/CERT/) }),
          message: expect.any(String),
        },
      ]);
    });

    test("are each known by a name of their own when the reader goes from one to the other", async () => {
      const file = makeCertificates("localhost", "broker");
      const named = await startTlsBroker(file, "localhost");
      const county = await countyAt(await startTlsBroker(file, "broker"));
      const urls = [named.url.replace("127.0.0.1", "localhost"), county.broker.url];
      const reader = await county.reader("a", { urls, tls: { ca: pem(file("ca.pem")) } });
      await until(() => reader.figures().isConnected, { ...WAIT, what: "the first broker" });
      expect(named.log()).toContain("reader-a");
      await named.kill();
      await until(() => county.broker.log().includes("reader-a"), { ...WAIT, what: "the second broker" });
      await until(() => reader.figures().isConnected, WAIT);
    });
  });

  test("that let the reader not in are tried again, and the next one is taken meanwhile", async () => {
    const closed = await startBroker(["allow_anonymous false"]);
    const county = await countyAt(await startBroker());
    const warnings: string[] = [];
    const reader = await county.reader("a", {
      urls: [closed.url, county.broker.url],
      warn: (_fields, message) => warnings.push(message),
    });
    await until(() => reader.figures().isConnected, { ...WAIT, what: "the second broker" });
    expect(warnings).toEqual([expect.stringContaining("does not let this reader in")]);
    expect(reader.figures().brokerFault).toBeUndefined();
  });

  describe("two, joined by a bridge as docs/county.md says", () => {
    /** The first one calls the second. */
    async function startPair() {
      const text = await readFile(join(PROJECT, "docs/county.md"), "utf8");
      const [, bridge = ""] = /```\n(# mosquitto.conf of the first[^`]+)```/.exec(text) ?? [];
      const second = await startBroker();
      const first = await startBroker([bridge.replace("broker-2:1883", `127.0.0.1:${second.port}`)]);
      await until(() => second.log().includes("cunshao-bridge"), { ...WAIT, what: "the bridge" });
      return [first, second] as const;
    }

    async function openName(...brokers: readonly Mosquitto[]): Promise<string> {
      const name = await openBrokerName(brokers.map(({ port }) => port));
      onTestFinished(() => name.close());
      return name.url;
    }

    test("lose nothing and double nothing while one after the other is killed, and the figures stay those of the boxes", {
      timeout: 180_000,
    }, async () => {
      const [first, second] = await startPair();
      const county = await countyAt(first);
      const reader = await county.reader("a", { urls: [first.url, second.url] });
      const [toFirst, toSecond] = [await openName(first, second), await openName(second, first)];
      const boxes = [
        ...["longwan", "shuikou"].map((site) => county.box(site, { url: toFirst })),
        ...["sunjia", "zhoujia"].map((site) => county.box(site, { url: toSecond })),
      ];
      for (const box of boxes) {
        await fill(box, 60);
        await box.upstream.start();
      }
      await done(boxes, "the events of boxes at either broker");

      await first.kill();
      for (const box of boxes) await fill(box, 30);
      await done(boxes, "all events at the second broker");

      await first.start();
      for (const box of boxes) await fill(box, 30);
      await done(boxes, "all events while the first broker came back");

      await second.kill();
      for (const box of boxes) await fill(box, 30);
      await done(boxes, "all events at the first broker");

      for (const box of boxes) expect(await county.seqs(box.source.ledger)).toEqual(allSeqs(box));
      const { total } = await county.figures();
      expect(total).toMatchObject({ boxes: 4, there: 4, away: 0, never: 0, ...WHOLE });
      expect(reader.figures()).toMatchObject({ isConnected: true, dropped: 0, nonsense: 0 });
    });

    test("hand each event to a reader at each of them: both do the work, and it is there once", async () => {
      const [first, second] = await startPair();
      const county = await countyAt(first);
      const readers = [
        await county.reader("a", { urls: [first.url, second.url] }),
        await county.reader("b", { urls: [second.url, first.url] }),
      ];
      await until(() => readers.every((reader) => reader.figures().isConnected), WAIT);
      const boxes = [county.box("longwan"), county.box("sunjia", { url: second.url })];
      for (const box of boxes) {
        await fill(box, 50);
        await box.upstream.start();
      }
      await done(boxes, "all kept");
      await until(() => readers.every((reader) => reader.figures().kept >= 100), {
        ...WAIT,
        what: "all events at both readers",
      });
      for (const box of boxes) expect(await county.seqs(box.source.ledger)).toEqual(allSeqs(box));
      expect((await county.figures()).total).toMatchObject({ there: 2, ...WHOLE });
    });

    test("tell at both of them that a box went away", async () => {
      const [first, second] = await startPair();
      const county = await countyAt(first);
      await county.reader("a");
      const box = county.box("sunjia", { url: second.url });
      await fill(box, 3);
      await box.upstream.start();
      await done([box], "all kept");
      await box.upstream.stop();
      await until(async () => (await county.figures()).total.away === 1, { ...WAIT, what: "away" });
    });
  });
});
