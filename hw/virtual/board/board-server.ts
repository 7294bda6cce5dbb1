import { unlink } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { errorCode, errorMessage, GatewayError } from "../../../src/core/errors.ts";
import { type Listening, listen, writeIfOpen } from "../serial/listen.ts";
import { type BoardRequest, jsonLine, onJsonLine } from "./board-protocol.ts";
import type { LineRef, VirtualBoard } from "./virtual-board.ts";

/**
 * Serves a board on a Unix socket. A client that vanishes frees its lines and nothing else: an output keeps its level,
 * as a real pin does when the process that drove it dies.
 * @throws the system error when the socket cannot be had; `EADDRINUSE` only if somebody listens on it.
 */
export async function serveBoard(
  board: VirtualBoard,
  address: { readonly socketPath: string },
): Promise<Pick<Listening, "stop">> {
  const owners = new Map<string, Socket>();
  const watchers = new Map<string, Socket>();
  const stopWatching = board.onInput((changed) => {
    const watcher = watchers.get(nameOf(changed));
    if (watcher) writeIfOpen(watcher, jsonLine({ changed }));
  });

  function claim(client: Socket, name: string): void {
    if (owners.has(name)) throw refusal("gpio.busy", `Line ${name} is taken`);
    owners.set(name, client);
  }

  function free(name: string): void {
    owners.delete(name);
    watchers.delete(name);
  }

  /** Tells the present level first, so that the client learns all levels in their order from one kind of message. */
  function watch(client: Socket, { chip, line }: LineRef): void {
    const { level } = board.line({ chip, line });
    watchers.set(nameOf({ chip, line }), client);
    writeIfOpen(client, jsonLine({ changed: { chip, line, level } }));
  }

  function obey(client: Socket, request: BoardRequest): void {
    const name = nameOf(request);
    board.line(request);
    if (request.op === "claim") claim(client, name);
    else if (owners.get(name) !== client) throw refusal("gpio.not_claimed", `Line ${name} is not claimed`);
    else if (request.op === "release") free(name);
    else if (request.op === "write") board.write(request, request.level);
    else if (request.op === "direct") board.setDirection(request, request.direction);
    else if (request.op === "watch") watch(client, request);
    else if (request.op !== "read") throw refusal("gpio.unknown_order", "The board knows no such order");
  }

  function answer(client: Socket, request: BoardRequest): string {
    const { id } = request;
    try {
      obey(client, request);
      const { level, direction } = board.line(request);
      return jsonLine({ id, ok: true, level, direction });
    } catch (error) {
      return jsonLine({ id, ok: false, code: errorCode(error), message: errorMessage(error) });
    }
  }

  await removeStale(address.socketPath);
  const listening = await listen({ path: address.socketPath }, (client) => {
    onJsonLine<BoardRequest>(client, (request) => writeIfOpen(client, answer(client, request)));
    client.on("close", () => {
      for (const [name, owner] of owners) if (owner === client) free(name);
    });
  });
  return {
    stop: () => {
      stopWatching();
      return listening.stop();
    },
  };
}

function nameOf({ chip, line }: LineRef): string {
  return `${chip}/${line}`;
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

/** A killed server leaves its socket file behind, and binding to it fails although nobody listens. */
async function removeStale(socketPath: string): Promise<void> {
  const failure = await new Promise<unknown>((resolve) => {
    const probe = connect(socketPath);
    probe.once("connect", () => {
      probe.destroy();
      resolve(undefined);
    });
    probe.once("error", resolve);
  });
  if (errorCode(failure) === "ECONNREFUSED") await unlink(socketPath);
}
