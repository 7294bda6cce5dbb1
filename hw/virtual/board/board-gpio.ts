import type { Contact, Gpio, Relay } from "../../../src/core/devices.ts";
import type { GpioLine } from "../../../src/core/output-wiring.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { type BoardClient, connectBoardClient } from "./board-client.ts";
import type { Level, LevelChange } from "./virtual-board.ts";

export interface BoardGpio extends Gpio {
  /** Ends the connection; open lines keep their levels. */
  close(): void;
}

/** A line in use: what to do when the board is there again, and when it speaks or goes. */
interface OpenLine {
  readonly where: GpioLine;
  reclaim(client: BoardClient): Promise<void>;
  onLevel(level: Level): void;
  onLost(error: Error): void;
}

const RECONNECT_MS = 200;

/**
 * The core's `Gpio` on a virtual board. Connects when the first line is opened and, as long as lines are open, again
 * whenever the board went away.
 */
export function connectBoardGpio(config: { readonly socketPath: string }): BoardGpio {
  const lines = new Set<OpenLine>();
  let session: Promise<BoardClient> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let opening = 0;

  function onChanged({ chip, line, level }: LevelChange): void {
    for (const open of lines) {
      if (open.where.chip === chip && open.where.line === line) open.onLevel(level);
    }
  }

  function onLost(error: Error): void {
    session = undefined;
    for (const line of [...lines]) line.onLost(error);
    reconnectLater();
  }

  function reconnectLater(): void {
    clearTimeout(retry);
    if (lines.size === 0) return;
    retry = setTimeout(() => {
      connected().catch(reconnectLater);
    }, RECONNECT_MS);
  }

  async function begin(): Promise<BoardClient> {
    const client = await connectBoardClient(config.socketPath, { onChanged, onLost });
    try {
      for (const line of lines) await line.reclaim(client);
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  function connected(): Promise<BoardClient> {
    if (session) return session;
    const attempt = begin();
    session = attempt;
    attempt.catch(() => {
      if (session === attempt) session = undefined;
    });
    return attempt;
  }

  /** Claims a line and prepares it; leaves nothing behind where that fails. */
  async function take(line: OpenLine, prepare: (client: BoardClient) => Promise<void>): Promise<void> {
    opening += 1;
    try {
      const client = await connected();
      await client.request({ op: "claim", ...refOf(line.where) });
      lines.add(line);
      await prepare(client);
    } catch (error) {
      lines.delete(line);
      throw error;
    } finally {
      opening -= 1;
      disconnectIfIdle();
    }
  }

  async function drop(line: OpenLine): Promise<void> {
    const client = await session?.catch(() => undefined);
    await client?.request({ op: "release", ...refOf(line.where) }).catch(() => {});
    lines.delete(line);
    disconnectIfIdle();
  }

  function disconnectIfIdle(): void {
    if (lines.size === 0 && opening === 0) disconnect();
  }

  function disconnect(): void {
    clearTimeout(retry);
    const ending = session;
    session = undefined;
    ending?.then(
      (client) => client.close(),
      () => {},
    );
  }

  async function openRelay(where: GpioLine): Promise<Relay> {
    const off = levelFor(false, where);
    const line: OpenLine = {
      where,
      // A board that lived on holds the relay as it was; only one that restarted is brought to the safe level.
      reclaim: async (again) => {
        const { direction } = await again.request({ op: "claim", ...refOf(where) });
        if (direction === "in") await driveSafely(again, where, off);
      },
      onLevel: () => {},
      onLost: () => {},
    };
    await take(line, (client) => driveSafely(client, where, off));

    async function write(level: Level): Promise<void> {
      await (await connected()).request({ op: "write", level, ...refOf(where) });
    }
    return {
      switch: (on) => write(levelFor(on, where)),
      async readBack() {
        try {
          return isOn(await (await connected()).request({ op: "read", ...refOf(where) }), where);
        } catch {
          // The port knows "unknown"; the next switch tells why.
          return "unknown";
        }
      },
      async close() {
        if (!lines.has(line)) return;
        await write(off).catch(() => {});
        await drop(line);
      },
    };
  }

  async function openContact(where: GpioLine): Promise<Contact> {
    const changes = createSignal<boolean>();
    const losses = createSignal<Error>();
    let seen: Level | undefined;
    const line: OpenLine = {
      where,
      reclaim: async (again) => {
        await again.request({ op: "claim", ...refOf(where) });
        await listenTo(again, where);
      },
      onLevel(level) {
        const first = seen === undefined;
        if (level === seen) return;
        seen = level;
        if (!first) changes.emit(isOn({ level }, where));
      },
      onLost: losses.emit,
    };
    await take(line, (client) => listenTo(client, where));
    return {
      read: async () => isOn(await (await connected()).request({ op: "read", ...refOf(where) }), where),
      watch(listener, onError) {
        const stops = [changes.on(listener), losses.on(onError)];
        return () => {
          for (const stop of stops) stop();
        };
      },
      async close() {
        if (!lines.has(line)) return;
        await drop(line);
      },
    };
  }

  return {
    openRelay,
    openContact,
    close() {
      lines.clear();
      disconnect();
    },
  };
}

/** The safe level is latched before the pin drives anything, so that the relay never clicks. */
async function driveSafely(client: BoardClient, where: GpioLine, safe: Level): Promise<void> {
  await client.request({ op: "write", level: safe, ...refOf(where) });
  await client.request({ op: "direct", direction: "out", ...refOf(where) });
}

async function listenTo(client: BoardClient, where: GpioLine): Promise<void> {
  await client.request({ op: "direct", direction: "in", ...refOf(where) });
  await client.request({ op: "watch", ...refOf(where) });
}

function refOf({ chip, line }: GpioLine): { chip: string; line: number } {
  return { chip, line };
}

function levelFor(on: boolean, { activeLow }: GpioLine): Level {
  return on === activeLow ? 0 : 1;
}

function isOn({ level }: { readonly level: Level }, { activeLow }: GpioLine): boolean {
  return (level === 1) !== activeLow;
}
