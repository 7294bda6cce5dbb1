import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { checkKeyPair, type KeyPair, type TlsSetting } from "../../core/certificates.ts";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { createSignal, type Signal } from "../../core/signals.ts";
import type { Clock, Timer } from "../../core/time.ts";
import { derOf, fingerprintOf, type Issued, readIssued } from "./issued.ts";
import { readPair, setAside, writePair } from "./key-files.ts";

/** The box cannot have been made before: a clock that says so has not been set. */
const EARLIEST_MS = Date.parse("2026-01-01T00:00:00Z");
const LOOK_MS = 60_000;
const DAY_MS = 86_400_000;
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** A leaf of the last weeks of an authority would be short: the next authority comes before. */
const NEW_AUTHORITY_BEFORE_MS = 400 * DAY_MS;

/** What people install so that their browsers trust the box. */
export interface Authority {
  readonly der: Buffer;
  readonly pem: string;
  readonly fingerprint: string;
  readonly notAfterMs: number;
}

export interface Certificates {
  /** Makes or reads everything, so that `current` answers; looks after it until `stop`. Never rejects for a bad file. */
  start(): Promise<void>;
  stop(): void;
  /** @throws when not started. */
  current(): KeyPair;
  /** Undefined where the site gave a certificate of its own. */
  authority(): Authority | undefined;
  /** A stable code when something is not as configured: a bad file of the site, or keys that could not be saved. */
  fault(): string | undefined;
  /** The server is to use another pair from now on. */
  readonly changed: Signal<KeyPair>;
  /** Looks now for changed names, files and dates. */
  look(): Promise<void>;
}

export interface CertificatesOptions {
  readonly setting: Exclude<TlsSetting, { kind: "off" }>;
  /** Keys stand here, mode 0600. */
  readonly folder: string;
  readonly siteName: string;
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  /** Names and addresses of this machine; asked again and again. */
  readonly names: () => readonly string[];
  readonly log: Logger;
}

/** The certificates of one panel. A bad file of the site is told, and the box's own authority stands in for it. */
export function createCertificates(options: CertificatesOptions): Certificates {
  const { setting, folder, siteName, clock, isClockSynced, names, log } = options;
  const authorityPath = join(folder, "authority.pem");
  const leafPath = join(folder, "server.pem");
  const changed = createSignal<KeyPair>();
  let authority: Issued | undefined;
  let leaf: Issued | undefined;
  let pair: KeyPair | undefined;
  let given: KeyPair | undefined;
  let fileFault: string | undefined;
  let saveFault: string | undefined;
  let timer: Timer | undefined;
  let stopped = false;

  /** What can be true at the least: a clock that was never set says 1970. */
  const nowMs = (): number => Math.max(clock.now().wallMs, EARLIEST_MS);

  async function read(path: string) {
    try {
      const found = await readPair(path);
      if (!found) return undefined;
      checkKeyPair(found, undefined);
      return readIssued(found);
    } catch (error) {
      log.error({ path, code: errorCode(error), error: errorMessage(error) }, "A key file is unusable");
      await setAside(path).catch(() => undefined);
      return undefined;
    }
  }

  async function save(path: string, made: KeyPair): Promise<void> {
    try {
      await writePair(path, made);
      saveFault = undefined;
    } catch (error) {
      // On a full disk the page must still be had: with these keys until the next start.
      saveFault = "tls.keys_not_saved";
      log.error({ path, code: errorCode(error), error: errorMessage(error) }, "A key could not be saved");
    }
  }

  async function ensureAuthority(): Promise<Issued> {
    authority ??= await read(authorityPath);
    const ends = authority?.notAfterMs ?? 0;
    // A clock that jumped must not cost every phone its trust: only a known time ends an authority.
    if (authority && !(isClockSynced() && ends - nowMs() < NEW_AUTHORITY_BEFORE_MS)) return authority;
    const { makeAuthority } = await import("./authority.ts");
    authority = await makeAuthority(siteName, hostname().toLowerCase().split(".")[0] || "cunshao", nowMs());
    leaf = undefined;
    await save(authorityPath, authority);
    log.info({ fingerprint: fingerprintOf(derOf(authority.certificate)) }, "Made the box's own authority");
    return authority;
  }

  function isGood(leaf: Issued, wanted: readonly string[]): boolean {
    if (!wanted.every(leaf.covers)) return false;
    const now = nowMs();
    // While the time is not known, what was good stays: it may well be the clock that is wrong.
    if (!isClockSynced()) return now <= leaf.notAfterMs;
    return leaf.notBeforeMs <= now && now <= leaf.notAfterMs - RENEW_BEFORE_MS;
  }

  async function ensureOwn(): Promise<KeyPair> {
    const issuer = await ensureAuthority();
    if (!leaf) {
      const found = await read(leafPath);
      // One of another authority would be refused by whoever installed this one.
      if (found?.certificate.trim().endsWith(issuer.certificate.trim())) leaf = found;
    }
    if (leaf && isGood(leaf, names())) return leaf;
    const { issueLeaf, permittedNames } = await import("./authority.ts");
    const wanted = permittedNames(issuer, names());
    if (leaf && isGood(leaf, wanted)) return leaf;
    // Unsynced, time has at least come as far as when the last one was issued.
    const begin = isClockSynced() ? nowMs() : Math.max(nowMs(), (leaf?.notBeforeMs ?? 0) + DAY_MS);
    leaf = await issueLeaf(issuer, wanted, begin);
    await save(leafPath, leaf);
    log.info({ names: wanted }, "Issued a server certificate");
    return leaf;
  }

  async function readGiven(): Promise<KeyPair | undefined> {
    if (setting.kind !== "files") return undefined;
    let found: KeyPair | undefined;
    let fault: string | undefined;
    try {
      const certificate = await readFile(setting.certificate, "utf8");
      const read = { certificate, key: await readFile(setting.key, "utf8") };
      checkKeyPair(read, undefined);
      // Out of date is better than another one: browsers tell the date, and who insists gets in.
      found = read;
      checkKeyPair(found, isClockSynced() ? clock.now().wallMs : undefined);
    } catch (error) {
      const code = errorCode(error);
      fault = code.startsWith("tls.") ? code : "tls.unreadable";
      if (fault !== fileFault) {
        log.error({ code: fault, error: errorMessage(error) }, "The configured certificate is not in order");
      }
    }
    fileFault = fault;
    // Files that are just being exchanged do not belong together for a moment.
    return found ?? given;
  }

  async function look(): Promise<void> {
    given = await readGiven();
    const { certificate, key } = given ?? (await ensureOwn());
    if (certificate === pair?.certificate && key === pair.key) return;
    pair = { certificate, key };
    changed.emit(pair);
  }

  function plan(): void {
    if (stopped) return;
    timer = clock.after(LOOK_MS, () => {
      look()
        .catch((error: unknown) => {
          log.error(
            { code: errorCode(error), error: errorMessage(error) },
            "Certificates were not looked after",
          );
        })
        .finally(plan);
    });
  }

  return {
    changed,
    look,
    async start() {
      stopped = false;
      await look();
      plan();
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
    current() {
      if (!pair) throw new TypeError("The certificates are not started");
      return pair;
    },
    authority() {
      if (given || !authority) return undefined;
      const der = derOf(authority.certificate);
      const { certificate: pem, notAfterMs } = authority;
      return { der, pem, fingerprint: fingerprintOf(der), notAfterMs };
    },
    fault: () => fileFault ?? saveFault,
  };
}
