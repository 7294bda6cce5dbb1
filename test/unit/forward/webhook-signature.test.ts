import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import { describe, expect, test } from "vitest";
import { webhookSigner } from "../../../src/forward/webhook-signature.ts";
import { until } from "../../support/until.ts";
import { setUp } from "./set-up.ts";

// The specification's own example secret has 24 bytes.
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("the signature of a batch", () => {
  test("is that of the Standard Webhooks libraries", () => {
    const body = Buffer.from('{"test": 2432232314}');
    expect(webhookSigner(SECRET)("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)).toBe(
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
  });

  test("is verified with the public key where the secret is an Ed25519 key", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
    const open = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
    for (const key of [seed, Buffer.concat([seed, open])]) {
      const [version, signature = ""] = webhookSigner(`whsk_${key.toString("base64")}`)(
        "m",
        7,
        Buffer.from("[]"),
      ).split(",");
      expect(version).toBe("v1a");
      expect(verify(null, Buffer.from("m.7.[]"), publicKey, Buffer.from(signature, "base64"))).toBe(true);
      expect(verify(null, Buffer.from("m.8.[]"), publicKey, Buffer.from(signature, "base64"))).toBe(false);
    }
  });

  test.each(["", "whsec_", "whsec_c2hvcnQ=", "whsk_c2hvcnQ=", "secret", `${SECRET} `])(
    "cannot be made with %j",
    (secret) => {
      expect(() => webhookSigner(secret)).toThrow(
        expect.objectContaining({ code: "upstream.bad_signing_secret" }),
      );
    },
  );

  test("goes with each call, by both secrets while one takes over from the other", async () => {
    const next = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const all = await setUp({ probeMs: 20 }, { signing: [SECRET, next] });
    await all.append(3);
    await all.upstream.start();
    await until(() => all.receiver.calls.length >= 3);
    for (const { headers, body } of all.receiver.calls) {
      const id = String(headers["webhook-id"]);
      const seconds = String(headers["webhook-timestamp"]);
      const of = (secret: string): string =>
        createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
          .update(`${id}.${seconds}.${body}`)
          .digest("base64");
      expect(headers["webhook-signature"]).toBe(`v1,${of(SECRET)} v1,${of(next)}`);
      expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(60);
    }
    const ids = all.receiver.calls.map(({ headers }) => headers["webhook-id"]);
    expect(ids[0]).toBe(all.receiver.calls[0]?.headers["idempotency-key"]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
