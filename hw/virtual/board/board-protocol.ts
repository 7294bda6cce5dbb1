import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Direction, Level, LevelChange, LineRef } from "./virtual-board.ts";

// What goes over the board's socket: one JSON object a line. A client claims a line before it may do more with it,
// and holds it until it releases it or its connection ends.

export type BoardOrder = LineRef &
  (
    | { readonly op: "claim" | "release" | "read" | "watch" }
    | { readonly op: "write"; readonly level: Level }
    | { readonly op: "direct"; readonly direction: Direction }
  );

export type BoardRequest = BoardOrder & { readonly id: number };

/** Every success carries what the line is after it. */
export type BoardReply =
  | { readonly id: number; readonly ok: true; readonly level: Level; readonly direction: Direction }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };

export type BoardMessage = BoardReply | { readonly changed: LevelChange };

/** Calls for each object that arrives. Anything else than JSON ends the connection: both sides are ours. */
export function onJsonLine<T>(socket: Socket, listener: (message: T) => void): void {
  const lines = createInterface({ input: socket });
  // readline repeats the socket's errors, which the socket's owner deals with.
  lines.on("error", () => {});
  lines.on("line", (line) => {
    const message = parse(line);
    if (typeof message === "object" && message !== null) listener(message as T);
    else socket.destroy();
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function jsonLine(message: BoardRequest | BoardMessage): string {
  return `${JSON.stringify(message)}\n`;
}
