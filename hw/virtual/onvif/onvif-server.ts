// hw/virtual/onvif: a virtual camera's controls: device, media and movement services over HTTP, answers to searches. May
// use node builtins and src/core only: the real driver must meet foreign code here.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../../src/core/time.ts";
import { answersOf } from "./answers.ts";
import type { VirtualOnvifCamera } from "./camera-model.ts";
import { actionOf, envelope, faultEnvelope } from "./soap.ts";
import { tokenIsRight } from "./username-token.ts";

const MOST_BYTES = 64 * 1024;
/** ONVIF Core Specification, 8.1.2.1: whoever wants to sign must be able to ask for the time first. */
const OPEN_TO_ALL = new Set(["GetSystemDateAndTime", "GetServices"]);

export interface OnvifServer {
  /** Address of the device service. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves `camera` on loopback, or on `host`. */
export async function serveOnvifCamera(
  camera: VirtualOnvifCamera,
  { clock, host = "127.0.0.1", port = 0 }: { clock: Clock; host?: string; port?: number },
): Promise<OnvifServer> {
  const trueMs = (): number => clock.now().wallMs;
  const answers = answersOf(camera, trueMs);

  function answer(request: string, serviceUrl: string): { status: number; xml: string } {
    const action = actionOf(request);
    const mayAsk =
      OPEN_TO_ALL.has(action) || tokenIsRight(request, camera.login, trueMs() + camera.clockAheadMs);
    if (!mayAsk) return { status: 400, xml: faultEnvelope("ter:NotAuthorized", "Sender not authorized") };
    const body = answers[action]?.(request, serviceUrl);
    if (body !== undefined) return { status: 200, xml: envelope(body) };
    return { status: 500, xml: faultEnvelope("ter:ActionNotSupported", `${action} is not supported`) };
  }

  const server = createServer(async (request, reply) => {
    const text = await textOfBody(request);
    const { status, xml } =
      text === undefined
        ? { status: 413, xml: faultEnvelope("ter:InvalidArgVal", "Too long") }
        : answer(text, `http://${request.headers.host ?? host}/onvif/device_service`);
    reply.writeHead(status, { "content-type": "application/soap+xml; charset=utf-8" }).end(xml);
  });
  server.listen(port, host);
  await once(server, "listening");
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${taken}/onvif/device_service`,
    async stop() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, "close");
    },
  };
}

async function textOfBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(chunk);
  }
  return bytes > MOST_BYTES ? undefined : Buffer.concat(chunks).toString();
}
