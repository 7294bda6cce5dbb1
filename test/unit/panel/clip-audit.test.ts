import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bearer, makeServer, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;

beforeAll(async () => {
  server = await makeServer();
});

afterAll(() => server.app.close());

async function fetchClip(clip: string, headers: Record<string, string>): Promise<number> {
  const answer = await server.app.inject({
    url: `/api/v1/evidence/${clip}`,
    headers,
    remoteAddress: "192.168.1.9",
  });
  return answer.statusCode;
}

describe("a clip that is looked at", () => {
  test.each([
    ["bytes=1-", undefined],
    ["bytes=-2", undefined],
    ["bytes=1-2,3-4", undefined],
    ["bytes=1-", '"another"'],
  ])("stands in the audit once, also by the range %s with If-Range %s", async (range, ifRange) => {
    const clip = await server.evidence.put(Buffer.from(`clip ${range} ${ifRange}`), "video/mp4");
    const headers = { ...bearer, range, ...(ifRange ? { "if-range": ifRange } : {}) };
    for (let part = 0; part < 3; part++) {
      expect(await fetchClip(clip, headers)).toBeOneOf([200, 206]);
    }
    const seen = await server.ledger.read({ after: 0, limit: 1000, class: "audit" });
    expect(seen.filter(({ subject }) => subject === clip)).toMatchObject([
      { type: "org.cunshao.evidence.viewed", data: { address: "192.168.1.9" } },
    ]);
  });

  test("stands in the audit again for another reason", async () => {
    const clip = await server.evidence.put(Buffer.from("clip for two reasons"), "video/mp4");
    const cookie = await server.logIn();
    for (const reason of ["check", "check", "police"]) {
      await fetchClip(`${clip}?reason=${reason}`, { cookie });
    }
    const seen = await server.ledger.read({ after: 0, limit: 1000, class: "audit" });
    const reasons = seen.filter(({ subject }) => subject === clip).map(({ data }) => data["reason"]);
    expect(reasons).toEqual(["check", "police"]);
  });
});
