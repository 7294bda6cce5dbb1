import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import type { BoxDoor } from "../core/township-desk.ts";

const CALL_MS = 10_000;

export interface BoxOrder {
  readonly method: "GET" | "POST";
  /** Below `/api/v1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: object | undefined;
  /** Of the answer. */
  readonly mostBytes: number;
}

export interface BoxAnswer {
  readonly status: number;
  /** Undefined for what is no JSON. */
  readonly body: unknown;
}

/** One small call to a box. @throws GatewayError `box.unreachable`, `box.timeout`, `box.bad_answer` (transient). */
export async function callBox(clock: Clock, door: BoxDoor, order: BoxOrder): Promise<BoxAnswer> {
  let isLate = false;
  const url = new URL(`${door.url.replace(/\/+$/, "")}/api/v1${order.path}`);
  const ask = url.protocol === "https:" ? secureRequest : plainRequest;
  const content = order.body && JSON.stringify(order.body);
  const request = ask(url, {
    method: order.method,
    agent: door.agent,
    headers: {
      accept: "application/json",
      authorization: `Bearer ${door.token}`,
      ...(content !== undefined && {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(content),
      }),
      ...order.headers,
    },
  });
  const timer = clock.after(CALL_MS, () => {
    isLate = true;
    request.destroy();
  });
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once("response", resolve).once("error", reject).end(content);
    });
    const text = await textOf(answer, order.mostBytes);
    return { status: answer.statusCode ?? 0, body: jsonOf(text) };
  } catch (error) {
    if (error instanceof GatewayError && error.code === "box.bad_answer") throw error;
    throw new GatewayError("The box did not answer", {
      code: isLate ? "box.timeout" : "box.unreachable",
      kind: "transient",
      cause: errorCode(error),
    });
  } finally {
    timer.cancel();
    request.destroy();
  }
}

async function textOf(answer: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length;
    if (bytes > mostBytes) {
      throw new GatewayError("The box answers with more than it should", {
        code: "box.bad_answer",
        kind: "transient",
      });
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
