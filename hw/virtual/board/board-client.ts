import { connect, type Socket } from "node:net";
import { errorCode, GatewayError } from "../../../src/core/errors.ts";
import {
  type BoardMessage,
  type BoardOrder,
  type BoardReply,
  jsonLine,
  onJsonLine,
} from "./board-protocol.ts";
import type { Direction, Level, LevelChange } from "./virtual-board.ts";

export interface LineAnswer {
  readonly level: Level;
  readonly direction: Direction;
}

export interface BoardClient {
  /**
   * @throws GatewayError `gpio.board_lost`, `gpio.no_answer` (transient), `gpio.denied` (permanent) and what the
   * board refuses with (permanent).
   */
  request(order: BoardOrder): Promise<LineAnswer>;
  close(): void;
}

const PATIENCE_MS = 2000;

interface Pending {
  resolve(answer: LineAnswer): void;
  reject(error: GatewayError): void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One connection to the board's socket.
 * @throws GatewayError `gpio.board_lost` (transient) when nobody listens, `gpio.denied` (permanent).
 */
export async function connectBoardClient(
  socketPath: string,
  listeners: { onChanged(changed: LevelChange): void; onLost(error: GatewayError): void },
): Promise<BoardClient> {
  const socket = await open(socketPath);
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let closed = false;

  function settle(reply: BoardReply): void {
    const waiting = pending.get(reply.id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    pending.delete(reply.id);
    if (reply.ok) waiting.resolve(reply);
    else waiting.reject(new GatewayError(reply.message, { code: reply.code, kind: "permanent" }));
  }

  function fail(id: number, error: GatewayError): void {
    const waiting = pending.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    pending.delete(id);
    waiting.reject(error);
  }

  onJsonLine<BoardMessage>(socket, (message) => {
    if ("changed" in message) listeners.onChanged(message.changed);
    else settle(message);
  });
  socket.on("close", () => {
    const error = transient("gpio.board_lost", "The virtual board has gone");
    for (const id of pending.keys()) fail(id, error);
    if (!closed) listeners.onLost(error);
    closed = true;
  });

  return {
    request: (order) =>
      new Promise((resolve, reject) => {
        if (closed || !socket.writable) {
          reject(transient("gpio.board_lost", "The virtual board has gone"));
          return;
        }
        lastId += 1;
        const id = lastId;
        const timer = setTimeout(
          () => fail(id, transient("gpio.no_answer", "The virtual board does not answer")),
          PATIENCE_MS,
        );
        pending.set(id, { resolve, reject, timer });
        socket.write(jsonLine({ ...order, id }));
      }),
    close() {
      closed = true;
      socket.destroy();
    },
  };
}

function open(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once("connect", () => resolve(socket));
    // After the connection stands, an error only announces the close that is handled there.
    socket.on("error", (cause) =>
      reject(
        errorCode(cause) === "EACCES"
          ? new GatewayError("The board's socket may not be used", {
              code: "gpio.denied",
              kind: "permanent",
              cause,
            })
          : transient("gpio.board_lost", "The virtual board cannot be reached", cause),
      ),
    );
  });
}

function transient(code: string, message: string, cause?: unknown): GatewayError {
  return new GatewayError(message, { code, kind: "transient", cause });
}
