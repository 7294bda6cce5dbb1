import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** The longest answers (all profiles of a recorder with 64 channels) have some hundred kB. */
const MOST_BYTES = 4 * 1024 * 1024;

type Connect = (options: object, done?: (error: Error | null, stream: Duplex) => void) => Duplex;

/** An agent whose connections are cut when a camera sends more than any answer has; the package reads without limit. */
export function createBoundedAgent(isSecure: boolean): HttpAgent {
  const agent = isSecure ? new HttpsAgent() : new HttpAgent();
  const connecting = agent as unknown as { createConnection: Connect };
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (options, done) => {
    const socket = connect(options, done) as Socket;
    let bytes = 0;
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) socket.destroy(new Error("the camera's answer is too long"));
    });
    return socket;
  };
  return agent;
}
