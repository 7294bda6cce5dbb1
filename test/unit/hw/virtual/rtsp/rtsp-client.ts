import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { until } from "../../../../support/until.ts";

export interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RtspClient {
  readonly socket: Socket;
  /** Sends text as it is. */
  send(text: string | Uint8Array): void;
  /** Sends a request and waits for its reply. */
  ask(method: string, url: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Waits for the next reply. */
  reply(): Promise<Reply>;
  /** Payload of the RTP packets so far, by channel 0. */
  readonly packets: Buffer[];
  readonly closed: () => boolean;
  /** Bytes received in all. */
  readonly received: () => number;
}

/** A client as small as can be, for what well-behaved clients never do. */
export async function connectRtsp(port: number): Promise<RtspClient> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const replies: Reply[] = [];
  const packets: Buffer[] = [];
  let pending: Buffer = Buffer.alloc(0);
  let received = 0;
  let closed = false;
  let cseq = 0;

  function take(): boolean {
    if (pending[0] === 0x24) {
      if (pending.length < 4) return false;
      const end = 4 + pending.readUInt16BE(2);
      if (pending.length < end) return false;
      if (pending[1] === 0) packets.push(Buffer.from(pending.subarray(4, end)));
      pending = pending.subarray(end);
      return true;
    }
    const end = pending.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [first = "", ...lines] = pending.toString("utf8", 0, end).split("\r\n");
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const bodyEnd = end + 4 + Number(headers.get("content-length") ?? 0);
    if (pending.length < bodyEnd) return false;
    replies.push({
      status: Number(first.split(" ")[1]),
      headers,
      body: pending.toString("utf8", end + 4, bodyEnd),
    });
    pending = pending.subarray(bodyEnd);
    return true;
  }

  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
    pending = Buffer.concat([pending, chunk]);
    while (pending.length > 0 && take());
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    closed = true;
  });

  const client: RtspClient = {
    socket,
    packets,
    closed: () => closed,
    received: () => received,
    send: (text) => void socket.write(text),
    reply: async () => {
      await until(() => replies.length > 0, { what: "a reply" });
      return replies.shift() as Reply;
    },
    ask(method, url, headers = {}) {
      cseq += 1;
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      client.send(`${method} ${url} RTSP/1.0\r\nCSeq: ${cseq}\r\n${lines.join("")}\r\n`);
      return client.reply();
    },
  };
  return client;
}

/** Sets up and plays; resolves with the reply to PLAY. */
export async function play(client: RtspClient, url: string): Promise<Reply> {
  const setup = await client.ask("SETUP", `${url}/trackID=0`, {
    Transport: "RTP/AVP/TCP;unicast;interleaved=0-1",
  });
  const session = setup.headers.get("session")?.split(";")[0] ?? "";
  return client.ask("PLAY", url, { Session: session });
}
