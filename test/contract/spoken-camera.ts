import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface SpokenCamera {
  readonly url: string;
  /** Connections made so far. */
  readonly connections: number;
  close(): Promise<void>;
}

/** What a made-up camera says to one request; undefined hangs up. */
export type Say = (method: string, head: string) => string | Buffer | undefined;

/** An RTSP camera on loopback that says whatever a test wants, right or wrong. */
export async function serveCamera(say: Say): Promise<SpokenCamera> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    let text = "";
    // Clients that give up in mid-sentence are expected here.
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        const answer = say(head.split(" ", 1)[0] ?? "", head);
        if (answer === undefined) socket.destroy();
        else socket.write(answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `rtsp://127.0.0.1:${port}/pond`,
    get connections() {
      return connections;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** An answer of RTSP 1.0 to a request with this head. */
export function rtspAnswer(
  head: string,
  headers: readonly string[] = [],
  body = "",
  status = "200 OK",
): string {
  const cseq = /^CSeq: *(\d+)/im.exec(head)?.[1] ?? "0";
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return `${[`RTSP/1.0 ${status}`, `CSeq: ${cseq}`, ...headers, ...length].join("\r\n")}\r\n\r\n${body}`;
}

/** A camera that plays along but describes its stream by these media lines, and then sends nothing. */
export function describing(media: readonly string[]): Say {
  const sdp = [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=pond",
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    "a=control:*",
    ...media,
  ];
  return (method, head) => {
    if (method === "DESCRIBE")
      return rtspAnswer(head, ["Content-Type: application/sdp"], `${sdp.join("\r\n")}\r\n`);
    if (method !== "SETUP") return rtspAnswer(head, ["Public: OPTIONS, DESCRIBE, SETUP, PLAY", "Session: 1"]);
    return rtspAnswer(head, ["Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]);
  };
}
