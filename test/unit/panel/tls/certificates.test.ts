import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { KeyPair } from "../../../../src/core/certificates.ts";
import { checkKeyPair } from "../../../../src/core/certificates.ts";
import { silentLogger } from "../../../../src/core/log.ts";
import { issueLeaf, makeAuthority, permittedNames } from "../../../../src/panel/tls/authority.ts";
import { type CertificatesOptions, createCertificates } from "../../../../src/panel/tls/certificates.ts";
import { createSteppedClock } from "../../../support/stepped-clock.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse("2026-07-01T06:00:00Z");
const NAMES = ["box.local", "box", "192.168.1.9", "fd00::9", "localhost", "127.0.0.1", "::1"];

function folder(): string {
  return mkdtempSync(join(tmpdir(), "tls-"));
}

async function box(change: Partial<CertificatesOptions> & { startMs?: number; synced?: boolean } = {}) {
  const clock = createSteppedClock(change.startMs ?? NOW_MS);
  const state = { synced: change.synced ?? true, names: NAMES as readonly string[] };
  const certificates = createCertificates({
    setting: { kind: "auto" },
    folder: folder(),
    siteName: "龙湾村",
    clock,
    isClockSynced: () => state.synced,
    names: () => state.names,
    log: silentLogger,
    ...change,
  });
  await certificates.start();
  onTestFinished(() => certificates.stop());
  const leaf = () => new X509Certificate(certificates.current().certificate);
  const fingerprint = () => certificates.authority()?.fingerprint;
  return { certificates, clock, state, leaf, fingerprint };
}

/** What OpenSSL, which neither made nor signed it, says of a server certificate. */
function opensslVerify(authority: string, leaf: string, name: readonly string[], atMs = NOW_MS): string {
  const at = folder();
  writeFileSync(join(at, "ca.pem"), authority);
  writeFileSync(join(at, "leaf.pem"), leaf);
  const words = ["verify", "-CAfile", "ca.pem", "-attime", String(atMs / 1000), ...name, "leaf.pem"];
  try {
    return execFileSync("openssl", words, { cwd: at, stdio: "pipe" }).toString().trim();
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr);
  }
}

describe("the box's own authority", () => {
  test.each([
    ["-verify_ip", "192.168.1.9"],
    ["-verify_ip", "fd00::9"],
    ["-verify_ip", "127.0.0.1"],
    ["-verify_hostname", "box.local"],
    ["-verify_hostname", "localhost"],
  ])("is believed by openssl with %s %s", async (option, name) => {
    const { certificates } = await box();
    const pem = certificates.authority()?.pem ?? "";
    expect(opensslVerify(pem, certificates.current().certificate, [option, name])).toBe("leaf.pem: OK");
    expect(opensslVerify(pem, certificates.current().certificate, ["-verify_ip", "10.9.9.9"])).toContain(
      "mismatch",
    );
  });

  test("may vouch for nobody outside the village, whatever its key signs", async () => {
    const authority = await makeAuthority("龙湾村", "box", NOW_MS);
    expect(permittedNames(authority, [...NAMES, "www.example.com", "8.8.8.8", "2001:db8::1"])).toEqual(NAMES);
    for (const name of ["www.example.com", "8.8.8.8", "notlocal", "evil.box.example"]) {
      const { certificate } = await issueLeaf(authority, [name], NOW_MS);
      expect(opensslVerify(authority.certificate, certificate, [])).toContain("permitted subtree violation");
    }
  });

  test("is for ten years, and each server certificate for 397 days at most", async () => {
    const { certificates, leaf } = await box();
    const authority = new X509Certificate(certificates.authority()?.pem ?? "");
    expect(Date.parse(authority.validTo) - NOW_MS).toBeGreaterThan(3_650 * DAY_MS);
    expect(authority.ca).toBe(true);
    const days = (Date.parse(leaf().validTo) - Date.parse(leaf().validFrom)) / DAY_MS;
    expect([days, leaf().ca]).toEqual([397, false]);
  });

  test("stands in files that only their owner reads, and is the same after a restart", async () => {
    const at = folder();
    const first = await box({ folder: at });
    for (const file of ["authority.pem", "server.pem"]) {
      expect(statSync(join(at, file)).mode & 0o777).toBe(0o600);
    }
    const second = await box({ folder: at });
    expect(second.fingerprint()).toBe(first.fingerprint());
    expect(second.certificates.current()).toEqual(first.certificates.current());
  });

  test.each(["", "half a fi", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])(
    "is made anew where its file holds %j, and the old one is kept for a technician",
    async (content) => {
      const at = folder();
      writeFileSync(join(at, "authority.pem"), content);
      const { certificates } = await box({ folder: at });
      expect(certificates.authority()).toBeDefined();
      expect(readFileSync(join(at, "authority.pem.unusable"), "utf8")).toBe(content);
    },
  );

  test("works without a disk that takes it, and says so", async () => {
    const inTheWay = join(folder(), "file");
    writeFileSync(inTheWay, "");
    const { certificates } = await box({ folder: join(inTheWay, "tls") });
    expect(certificates.current().certificate).toContain("BEGIN CERTIFICATE");
    expect(certificates.fault()).toBe("tls.keys_not_saved");
  });
});

describe("a server certificate", () => {
  test("is renewed a month before it ends, by itself", async () => {
    const { certificates, clock, leaf } = await box();
    const before = leaf().validTo;
    const changes: KeyPair[] = [];
    certificates.changed.on((pair) => changes.push(pair));
    clock.step(365 * DAY_MS);
    await certificates.look();
    expect(leaf().validTo).toBe(before);
    clock.step(2 * DAY_MS);
    await certificates.look();
    expect(Date.parse(leaf().validTo)).toBeGreaterThan(Date.parse(before) + 360 * DAY_MS);
    expect(changes).toHaveLength(1);
  });

  test("is issued anew for a new address or name, not for one that went", async () => {
    const { certificates, state, leaf } = await box();
    const before = leaf().fingerprint256;
    state.names = NAMES.filter((name) => name !== "192.168.1.9");
    await certificates.look();
    expect(leaf().fingerprint256).toBe(before);
    state.names = [...NAMES, "10.0.0.7", "203.0.113.5"];
    await certificates.look();
    expect(leaf().subjectAltName).toContain("10.0.0.7");
    expect(leaf().subjectAltName).not.toContain("203.0.113.5");
  });

  test.each([
    ["1970", 0],
    ["last year", NOW_MS - 400 * DAY_MS],
    ["ten years ahead", NOW_MS + 3_650 * DAY_MS],
  ])(
    "of a box that starts in %s is good once the time is known, under the same authority",
    async (_when, ms) => {
      const at = folder();
      const wrong = await box({ folder: at, startMs: ms, synced: false });
      const right = await box({ folder: at, startMs: NOW_MS });
      expect(right.fingerprint()).toBe(wrong.fingerprint());
      const pem = right.certificates.authority()?.pem ?? "";
      const { certificate } = right.certificates.current();
      expect(opensslVerify(pem, certificate, ["-verify_ip", "192.168.1.9"])).toBe("leaf.pem: OK");
    },
  );

  test("that was good stays when a box without a battery starts in 1970 again", async () => {
    const at = folder();
    const right = await box({ folder: at });
    const wrong = await box({ folder: at, startMs: 0, synced: false });
    expect(wrong.certificates.current()).toEqual(right.certificates.current());
  });
});

describe("a certificate of the site", () => {
  async function files() {
    const at = folder();
    const authority = await makeAuthority("龙湾村", "box", NOW_MS);
    const pair = await issueLeaf(authority, ["box.local"], NOW_MS);
    const setting = { kind: "files", certificate: join(at, "c.pem"), key: join(at, "k.pem") } as const;
    writeFileSync(setting.certificate, pair.certificate);
    writeFileSync(setting.key, pair.key);
    return { setting, pair, other: await issueLeaf(authority, ["box.local"], NOW_MS) };
  }

  test("is used, and no authority offered; a new file is taken without a restart", async () => {
    const { setting, pair, other } = await files();
    const { certificates } = await box({ setting });
    expect(certificates.current().key).toBe(pair.key);
    expect([certificates.authority(), certificates.fault()]).toEqual([undefined, undefined]);
    writeFileSync(setting.certificate, other.certificate);
    await certificates.look();
    // Half exchanged: the old pair goes on.
    expect([certificates.current().key, certificates.fault()]).toEqual([pair.key, "tls.key_mismatch"]);
    writeFileSync(setting.key, other.key);
    await certificates.look();
    expect([certificates.current().key, certificates.fault()]).toEqual([other.key, undefined]);
  });

  test.each(["missing", "mismatched"])("that is %s is told, and the own authority stands in", async (how) => {
    const { setting, other } = await files();
    if (how === "mismatched") writeFileSync(setting.key, other.key);
    const broken = how === "missing" ? { ...setting, key: "/nowhere/key.pem" } : setting;
    const { certificates } = await box({ setting: broken });
    expect(certificates.authority()).toBeDefined();
    expect(certificates.fault()).toBe(how === "missing" ? "tls.unreadable" : "tls.key_mismatch");
  });

  test("that has ended is told, and used all the same", async () => {
    const { setting, pair } = await files();
    const { certificates } = await box({ setting, startMs: NOW_MS + 500 * DAY_MS });
    expect([certificates.fault(), certificates.current().key]).toEqual(["tls.expired", pair.key]);
  });

  test("is judged by what is wrong with it", async () => {
    const { pair, other } = await files();
    const code = (change: Partial<KeyPair>, nowMs = NOW_MS): string => {
      try {
        checkKeyPair({ ...pair, ...change }, nowMs);
        return "";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect([
      code({}),
      code({ certificate: "no" }),
      code({ key: "no" }),
      code({ key: other.key }),
      code({}, NOW_MS + 500 * DAY_MS),
      code({}, NOW_MS - 500 * DAY_MS),
    ]).toEqual([
      "",
      "tls.bad_certificate",
      "tls.bad_key",
      "tls.key_mismatch",
      "tls.expired",
      "tls.not_yet_valid",
    ]);
  });
});
