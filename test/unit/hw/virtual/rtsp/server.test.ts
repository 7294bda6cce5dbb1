import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRtspServer, type RtspServer } from "../../../../../hw/virtual/rtsp/server.ts";
import { until } from "../../../../support/until.ts";
import { connectRtsp, play, type RtspClient } from "./rtsp-client.ts";
import { createScriptedSource, type ScriptedSource } from "./scripted-source.ts";

let server: RtspServer;
let source: ScriptedSource;
let port: number;
let url: string;
const clients: RtspClient[] = [];

beforeEach(async () => {
  source = createScriptedSource();
  server = createRtspServer({ host: "127.0.0.1", port: 0, maxQueueBytes: 100_000 });
  server.mount("/pond", source);
  ({ port } = await server.start());
  url = `rtsp://127.0.0.1:${port}/pond`;
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await server.stop();
});

async function client(): Promise<RtspClient> {
  const made = await connectRtsp(port);
  clients.push(made);
  return made;
}

/** NAL unit types of the packets: 1 a picture, 5 a key, 7 and 8 parameter sets, 28 a fragment. */
function nalTypes(packets: readonly Buffer[]): number[] {
  return packets.map((packet) => packet.readUInt8(12) & 0x1f);
}

describe("answers", () => {
  test("describe the stream with its parameter sets", async () => {
    const { status, headers, body } = await (await client()).ask("DESCRIBE", url);
    expect(status).toBe(200);
    expect(headers.get("content-base")).toBe(`${url}/`);
    expect(body).toContain("a=rtpmap:96 H264/90000");
    expect(body).toContain("profile-level-id=42c01e;sprop-parameter-sets=Z0LAHg==,aM4=");
  });

  test.each([
    ["an unknown path", "DESCRIBE", "/nowhere", {}, 404],
    ["UDP", "SETUP", "/pond/trackID=0", { Transport: "RTP/AVP;unicast;client_port=5000-5001" }, 461],
    ["multicast", "SETUP", "/pond/trackID=0", { Transport: "RTP/AVP;multicast" }, 461],
    ["playing before setting up", "PLAY", "/pond", {}, 455],
    ["a session that is none", "TEARDOWN", "/pond", { Session: "1234" }, 454],
    ["a method cameras do not have", "RECORD", "/pond", {}, 501],
  ])("refuse %s", async (_what, method, path, headers, status) => {
    const reply = await (await client()).ask(method, `rtsp://127.0.0.1:${port}${path}`, headers);
    expect(reply.status).toBe(status);
    expect(reply.headers.get("cseq")).toBe("1");
  });

  test("take the TCP transport among several offers, on the channels it names", async () => {
    const reply = await (await client()).ask("SETUP", `${url}/trackID=0`, {
      Transport: "RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=4-5",
    });
    expect(reply.headers.get("transport")).toBe("RTP/AVP/TCP;unicast;interleaved=4-5");
  });

  test("keep the order of requests that came at once", async () => {
    const asker = await client();
    asker.send(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 7\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 8\r\n\r\n`);
    expect((await asker.reply()).headers.get("cseq")).toBe("7");
    expect((await asker.reply()).headers.get("cseq")).toBe("8");
  });

  test("end the connection after what cannot be understood", async () => {
    const asker = await client();
    asker.send("GET / HTTP/1.1\r\n\r\n");
    expect((await asker.reply()).status).toBe(400);
    await until(asker.closed);
  });
});

describe("playing", () => {
  test("begins with the pictures since the last key, parameter sets first", async () => {
    for (const kind of ["key", "delta", "key", "delta", "delta"] as const) source.emit(kind);
    const viewer = await client();
    expect((await play(viewer, url)).status).toBe(200);
    await until(() => viewer.packets.length === 5);
    expect(nalTypes(viewer.packets)).toEqual([7, 8, 5, 1, 1]);
    source.emit("delta");
    await until(() => viewer.packets.length === 6);
  });

  test("waits for a key where there was none", async () => {
    source.emit("delta");
    const viewer = await client();
    await play(viewer, url);
    source.emit("delta");
    source.emit("key");
    await until(() => viewer.packets.length >= 3);
    expect(nalTypes(viewer.packets)).toEqual([7, 8, 5]);
  });

  test("numbers packets from what it said in RTP-Info, and stamps later pictures later", async () => {
    source.emit("key", 5000);
    const viewer = await client();
    const reply = await play(viewer, url);
    await until(() => viewer.packets.length === 6);
    source.emit("delta");
    await until(() => viewer.packets.length === 7);
    const first = Number(/seq=(\d+)/.exec(reply.headers.get("rtp-info") ?? "")?.[1]);
    expect(viewer.packets.map((packet) => packet.readUInt16BE(2))).toEqual(
      viewer.packets.map((_, index) => (first + index) % 65_536),
    );
    const stamps = viewer.packets.map((packet) => packet.readUInt32BE(4));
    expect(new Set(stamps.slice(0, 6)).size).toBe(1);
    expect(stamps[6]).not.toBe(stamps[0]);
  });

  test("stops at TEARDOWN and goes on answering", async () => {
    source.emit("key");
    const viewer = await client();
    const { headers } = await play(viewer, url);
    expect(server.players("/pond")).toBe(1);
    const teardown = await viewer.ask("TEARDOWN", url, { Session: headers.get("session") ?? "" });
    expect(teardown.status).toBe(200);
    expect(server.players("/pond")).toBe(0);
    expect((await viewer.ask("OPTIONS", "*")).status).toBe(200);
  });

  test("keeps a session alive by GET_PARAMETER", async () => {
    const viewer = await client();
    const { headers } = await play(viewer, url);
    const reply = await viewer.ask("GET_PARAMETER", url, { Session: headers.get("session") ?? "" });
    expect(reply.status).toBe(200);
  });

  test("drops a viewer who does not read, and no other", async () => {
    source.emit("key");
    const [slow, quick] = [await client(), await client()];
    await play(slow, url);
    await play(quick, url);
    slow.socket.pause();
    await until(
      () => {
        source.emit("delta", 60_000);
        return server.players("/pond") === 1;
      },
      { what: "the slow viewer to be dropped" },
    );
    const before = quick.packets.length;
    source.emit("delta");
    await until(() => quick.packets.length > before);
  });
});

describe("a camera whose cable is out", () => {
  test("hangs up on viewers and on whoever asks, until it is back", async () => {
    source.emit("key");
    const viewer = await client();
    await play(viewer, url);
    server.unplug("/pond");
    await until(viewer.closed);
    const asker = await client();
    asker.send(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
    await until(asker.closed);
    expect(asker.received()).toBe(0);
    server.plug("/pond");
    expect((await (await client()).ask("DESCRIBE", url)).status).toBe(200);
  });

  test("or falls silent without hanging up", async () => {
    source.emit("key");
    const viewer = await client();
    await play(viewer, url);
    await until(() => viewer.packets.length === 3);
    server.unplug("/pond", "silent");
    const asker = await client();
    const describe = `DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`;
    const [silentFor, before] = [viewer.received(), server.players("/pond")];
    source.emit("delta");
    viewer.send(describe);
    asker.send(describe);
    // An answer on another path shows that the server has read on.
    expect((await (await client()).ask("DESCRIBE", `${url}-none`)).status).toBe(404);
    expect([viewer.received(), before, asker.received()]).toEqual([silentFor, 0, 0]);
    expect([viewer.closed(), asker.closed()]).toEqual([false, false]);
    server.plug("/pond");
    await until(() => viewer.closed() && asker.closed());
    expect(asker.received()).toBe(0);
  });

  test("leaves the other cameras alone", async () => {
    const other = createScriptedSource();
    server.mount("/road", other);
    other.emit("key");
    const viewer = await client();
    await play(viewer, `rtsp://127.0.0.1:${port}/road`);
    server.unplug("/pond");
    const before = viewer.packets.length;
    other.emit("delta");
    await until(() => viewer.packets.length > before);
  });
});

test("rubbish never takes the server down", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => socket.destroy());
      await once(socket, "connect");
      socket.resume();
      socket.end(bytes);
      await once(socket, "close");
    }),
    { numRuns: 40 },
  );
  expect((await (await client()).ask("OPTIONS", "*")).status).toBe(200);
});
