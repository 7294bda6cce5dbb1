import { redactUrl } from "../core/log.ts";
import type { HttpUpstreamWiring } from "../core/upstream-wiring.ts";
import { createEvidenceDelivery } from "./evidence-delivery.ts";
import { createEvidenceUpload } from "./evidence-upload.ts";
import { createHttpCarrier } from "./http-carrier.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";
import { readTlsFiles } from "./tls-files.ts";
import {
  createUpstream,
  type RunningUpstream,
  type UpstreamDependencies,
  type UpstreamTiming,
} from "./upstream.ts";
import { webhookSigner } from "./webhook-signature.ts";

const BATCH = { events: 200, bytes: 524_288 };

const DEFAULT_TIMING: UpstreamTiming = {
  timeoutMs: 15_000,
  probeMs: 30_000,
  retry: { firstMs: 1000, capMs: 60_000 },
  refusedRetry: { firstMs: 60_000, capMs: 600_000 },
  retryAfterCapMs: 300_000,
};

export interface HttpUpstreamOptions extends UpstreamDependencies, Omit<HttpUpstreamWiring, "kind"> {
  readonly timing?: Partial<UpstreamTiming> | undefined;
}

/** @throws GatewayError `upstream.bad_signing_secret` (permanent). */
export function createHttpUpstream(options: HttpUpstreamOptions): RunningUpstream {
  const { id, url, token, signing = [], tls, evidenceKbitPerSecond, ledger, clock, onTime } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const log = options.log.child({ upstream: id, url: redactUrl(url) });
  const signers = signing.map(webhookSigner);

  return createUpstream({ ...options, log }, { id, kind: "http", timing, batch: BATCH }, () => {
    let opened: Promise<HttpClient> | undefined;
    const client = (): Promise<HttpClient> => {
      opened ??= readTlsFiles(tls).then((material) =>
        createHttpClient({ clock }, { url, token, tls: material }),
      );
      // Files that cannot be read now may be there at the next try.
      opened.catch(() => {
        opened = undefined;
      });
      return opened;
    };
    const contract = { ...timing, ledger: ledger.id };
    const carrier = createHttpCarrier({ client, clock, signers, onTime }, contract);
    return {
      carrier: {
        ...carrier,
        async send(consignment, signal) {
          const answer = await carrier.send(consignment, signal);
          // A certificate may have been renewed: the next call reads the files again.
          if ("code" in answer && answer.code === "upstream.certificate") {
            const old = opened;
            opened = undefined;
            (await old)?.close();
          }
          return answer;
        },
      },
      files: (mayRun, onDelivered) =>
        createEvidenceDelivery(
          {
            ...options,
            log,
            mayRun,
            onDelivered,
            upload: createEvidenceUpload(
              { client, clock },
              {
                ...contract,
                bytesPerSecond: evidenceKbitPerSecond === undefined ? undefined : evidenceKbitPerSecond * 125,
              },
            ),
          },
          { upstream: id, ...timing },
        ),
      async close() {
        (await opened?.catch(() => undefined))?.close();
      },
    };
  });
}
