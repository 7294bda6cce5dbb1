import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeCertificates, opensslMissing as missing } from "../../support/test-authority.ts";
import { until } from "../../support/until.ts";
import { setUp } from "./set-up.ts";

describe.skipIf(missing)(`mutual TLS${missing ? `: ${missing}` : ""}`, () => {
  test("shows who the box is, and takes only who the authority vouches for", async () => {
    const file = makeCertificates("township", "box");
    const seen: string[] = [];
    const server = createServer(
      {
        key: readFileSync(file("township.key")),
        cert: readFileSync(file("township.pem")),
        ca: readFileSync(file("ca.pem")),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (request, response) => {
        const { subject } = (request.socket as import("node:tls").TLSSocket).getPeerCertificate();
        seen.push(String(subject.CN));
        response.end(JSON.stringify({ ledger: request.headers["cunshao-ledger"], stored: 0 }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

    const authority = file("ca.pem");
    const known = await setUp(
      {},
      { url, tls: { authority, certificate: file("box.pem"), key: file("box.key") } },
    );
    await known.upstream.start();
    await until(() => known.upstream.state().status === "connected");
    expect(seen).toContain("box");

    const nameless = await setUp({}, { url, tls: { authority } });
    await nameless.upstream.start();
    await until(() => nameless.upstream.state().status === "unreachable");

    const distrustful = await setUp({}, { url });
    await distrustful.upstream.start();
    await until(() => distrustful.upstream.state().reason === "upstream.certificate");

    const fileless = await setUp({}, { url, tls: { authority: file("nowhere.pem") } });
    await fileless.upstream.start();
    await until(() => fileless.upstream.state().reason === "upstream.tls_files");
    expect(fileless.upstream.state().status).toBe("refused");
  });
});
