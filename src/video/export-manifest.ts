import type { ExportedVideo, ExportOrder } from "../core/footage.ts";
import type { Site } from "../core/site.ts";
import { isoTime } from "../core/time.ts";

/** Everything that the papers of an export say. */
export interface ExportFacts {
  readonly site: Site;
  readonly cameraName: string;
  readonly order: ExportOrder;
  readonly videos: readonly ExportedVideo[];
  /** `unsynced` as soon as one recording in it began without a sure clock. */
  readonly clock: "synced" | "unsynced";
  readonly madeAtMs: number;
  readonly version: string;
  readonly audit: { readonly id: string; readonly seq: number };
  readonly certificateSha256: string;
}

/** What is signed: these very bytes. */
export function manifestOf(facts: ExportFacts): Buffer {
  const { site, order, audit } = facts;
  const local = localTime(site.timezone);
  const span = ({ fromMs, toMs }: { fromMs: number; toMs: number }) => ({
    from: isoTime(fromMs),
    to: isoTime(toMs),
    fromLocal: local(fromMs),
    toLocal: local(toMs),
  });
  const manifest = {
    format: "org.cunshao.export.1",
    site: { id: site.id, name: site.name, timezone: site.timezone },
    camera: { id: order.camera, name: facts.cameraName },
    requested: span(order),
    videos: facts.videos.map(({ file, sizeBytes, sha256, spans }) => {
      let atMs = 0;
      return {
        file,
        sizeBytes,
        sha256,
        contains: spans.map((one) => {
          const place = { atSeconds: Math.round(atMs) / 1000, ...span(one) };
          atMs += one.toMs - one.fromMs;
          return place;
        }),
      };
    }),
    clock: facts.clock,
    made: { by: order.by, reason: order.reason, at: isoTime(facts.madeAtMs), atLocal: local(facts.madeAtMs) },
    software: `cunshao ${facts.version}`,
    audit,
    certificateSha256: facts.certificateSha256,
  };
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** `2026-07-01 22:03:22 GMT+8`. */
function localTime(timezone: string): (wallMs: number) => string {
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: timezone,
    dateStyle: "short",
    timeStyle: "long",
  });
  return (wallMs) => format.format(wallMs);
}

export function readmeOf({ site, cameraName, videos }: ExportFacts): Buffer {
  const names = videos.map(({ file }) => file);
  const hashes = names.map((name) => `    openssl dgst -sha256 ${name}`).join("\n");
  const signature = "    openssl dgst -sha256 -verify box.pub -signature manifest.sig manifest.json";
  const key = "    openssl x509 -in certificate.pem -pubkey -noout";
  return Buffer.from(`${site.name} · ${cameraName}

这是村哨导出的录像。manifest.json 写明了村名、摄像机、时间、时钟是否校准、由谁因何导出，以及录像的 SHA-256。

怎样核对（电脑上要有 openssl）：
1. 录像没有改过：下面算出的值应与 manifest.json 里的 sha256 相同
${hashes}
2. 说明没有改过，出自这台村哨：应显示 Verified OK
${signature}
3. box.pub 就是证书里的公钥：下面显示的应与 box.pub 相同
${key}
证书的指纹记在村哨和乡镇的记录里（manifest.json 的 audit 指明是哪一条）。


These are recordings exported by a Cunshao box. manifest.json tells the site, camera, times, clock quality, who
exported them and why, and the SHA-256 of each video.

How to check them with openssl:
1. The video is unchanged; the output equals "sha256" in manifest.json:
${hashes}
2. The manifest is unchanged and comes from this box; it says "Verified OK":
${signature}
3. box.pub is the certificate's public key; the output equals box.pub:
${key}
The certificate's fingerprint stands in the ledgers of the box and of the township ("audit" in manifest.json says where).
`);
}
