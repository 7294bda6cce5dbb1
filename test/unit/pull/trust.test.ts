import { X509Certificate } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { createVirtualBox } from "../../../hw/virtual/fleet/virtual-box.ts";
import { systemClock } from "../../../src/core/time.ts";
import { issueLeaf, makeAuthority } from "../../../src/panel/tls/authority.ts";
import type { Issued } from "../../../src/panel/tls/issued.ts";
import { createBoxClient } from "../../../src/pull/box-client.ts";
import type { Trust } from "../../../src/pull/trust.ts";
import { fill } from "./pull-rig.ts";

let authority: Issued;
let stranger: Issued;
let leaf: Issued;
let elsewhere: Issued;
beforeAll(async () => {
  const nowMs = systemClock.now().wallMs;
  authority = await makeAuthority("龙湾村", "longwan", nowMs);
  stranger = await makeAuthority("龙湾村", "longwan", nowMs);
  leaf = await issueLeaf(authority, ["longwan.local", "127.0.0.1"], nowMs);
  elsewhere = await issueLeaf(authority, ["longwan.local", "192.168.1.10"], nowMs);
});

function pinOf({ certificate }: Issued): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(":", "").toLowerCase();
}

async function ask(shown: Issued, trust: Trust) {
  const box = createVirtualBox("longwan", "token");
  fill(box, 3);
  const tokens: unknown[] = [];
  const server = createServer({ cert: shown.certificate, key: shown.key }, (request, response) => {
    tokens.push(request.headers.authorization);
    const url = new URL(request.url ?? "/", "https://box");
    box.answer(request, url.pathname.slice("/api/v1/".length), url.searchParams, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = createBoxClient(
    { clock: systemClock },
    { url: `https://127.0.0.1:${port}`, token: "token", ...trust },
  );
  onTestFinished(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  const { signal } = new AbortController();
  const answer = await client.events({ after: 0, limit: 10 }, signal).then(
    ({ events }) => events.length,
    (error: { code: string }) => error.code,
  );
  return { answer, tokens };
}

test("a box is believed by the authority that it made itself", async () => {
  expect((await ask(leaf, { ca: authority.certificate })).answer).toBe(3);
});

test("a box is believed by the fingerprint of its own certificate, whatever name it goes by", async () => {
  expect((await ask(elsewhere, { fingerprint: pinOf(elsewhere) })).answer).toBe(3);
});

test.each([
  ["nobody vouches for it", () => leaf, () => ({})],
  ["another authority does", () => leaf, () => ({ ca: stranger.certificate })],
  ["its certificate is of another address", () => elsewhere, () => ({ ca: authority.certificate })],
  ["its fingerprint is another one", () => leaf, () => ({ fingerprint: pinOf(elsewhere) })],
])("a box gets no token where %s", async (_why, shown, trust) => {
  const { answer, tokens } = await ask(shown(), trust());
  expect([answer, tokens]).toEqual(["box.certificate", []]);
});
