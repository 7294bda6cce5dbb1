import { errorCode } from "../core/errors.ts";
import { rangesText } from "../core/seq-ranges.ts";
import type { Clock } from "../core/time.ts";
import type { VillageTime } from "../core/village-time.ts";
import { failure, failureOf, readWord } from "./answers.ts";
import { type Carrier, idOf } from "./consignment.ts";
import type { HttpClient } from "./http-client.ts";
import type { WebhookSigner } from "./webhook-signature.ts";

export interface HttpCarrierConfig {
  /** For a whole call with its answer. */
  readonly timeoutMs: number;
  readonly retryAfterCapMs: number;
  readonly ledger: string;
}

/**
 * `POST <url>/events` with a CloudEvents batch. Headers: `Cunshao-Ledger`; `Cunshao-Class` and `Cunshao-Span: <first>-<last>`
 * (all that the box has of the class between these is in the batch); `Cunshao-Absent` (numbers that never come);
 * `Idempotency-Key`; with a signer those of the Standard Webhooks, the id being the idempotency key.
 */
export function createHttpCarrier(
  {
    client,
    clock,
    signers,
    onTime,
  }: {
    readonly client: () => Promise<HttpClient>;
    readonly clock: Clock;
    readonly signers: readonly WebhookSigner[];
    /** Told what time it is by a receiver that knows this ledger, with each of its answers. */
    readonly onTime?: VillageTime["tell"] | undefined;
  },
  { timeoutMs, retryAfterCapMs, ledger }: HttpCarrierConfig,
): Carrier {
  let questions = 0;

  function signed(id: string, body: Buffer): Record<string, string> {
    if (signers.length === 0) return {};
    const seconds = Math.floor(clock.now().wallMs / 1000);
    return {
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": signers.map((sign) => sign(id, seconds, body)).join(" "),
    };
  }

  return {
    // One after the other: a receiver that counts without gaps wants them in order.
    parallel: () => 1,
    asksFirst: false,
    async send(consignment, signal) {
      const { class: eventClass, span, json, absent } = consignment;
      const body = Buffer.from(`[${json.join(",")}]`);
      const key = idOf(consignment);
      questions += 1;
      try {
        const answer = await (await client()).call(
          {
            method: "POST",
            path: "events",
            headers: {
              "content-type": "application/cloudevents-batch+json",
              "cunshao-ledger": ledger,
              ...(eventClass && { "cunshao-class": eventClass }),
              ...(span && { "cunshao-span": rangesText([span]) }),
              ...(absent.length > 0 && { "cunshao-absent": rangesText(absent) }),
              ...(key !== undefined && { "idempotency-key": key }),
              ...signed(key ?? `${ledger}-question-${Math.floor(clock.now().wallMs)}-${questions}`, body),
            },
            body,
            deadlineMs: timeoutMs,
          },
          signal,
        );
        if ("code" in answer) return answer;
        const word = failureOf(answer, clock.now().wallMs, retryAfterCapMs) ?? readWord(answer.body, ledger);
        if (!("code" in word)) onTime?.("township", Date.parse(answer.date ?? ""), clock.now());
        return word;
      } catch (error) {
        return failure(errorCode(error), true);
      }
    },
    // The client is shared with the files on their way; who made it closes it.
    close: async () => undefined,
  };
}
