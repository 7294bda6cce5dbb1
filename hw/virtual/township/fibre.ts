import { connect, type Socket } from "node:net";
import { type Listening, listen } from "../serial/listen.ts";

/**
 * `up` passes everything; `reset` answers every connection, old or new, with a TCP reset; `blackhole` accepts and
 * carries nothing, so that both ends wait, as behind a fibre that a digger took.
 */
export type FibreMode = "up" | "reset" | "blackhole";

export interface Fibre {
  /** @throws the system error when the port cannot be had. */
  start(): Promise<void>;
  /** Cuts every connection and frees the port. May be called twice. */
  stop(): Promise<void>;
  /** Where the near end listens. */
  readonly port: number;
  readonly mode: FibreMode;
  cut(how?: "reset" | "blackhole"): void;
  /** What waited in a blackhole goes on its way, late but whole, as TCP has it. */
  mend(): void;
}

export interface FibreConfig {
  /** Default 127.0.0.1. */
  readonly listenHost?: string;
  /** 0 takes any free one. */
  readonly listenPort: number;
  readonly targetHost: string;
  readonly targetPort: number;
}

interface Link {
  readonly near: Socket;
  /** Absent as long as the connection has not got through. */
  far?: Socket;
}

/** A TCP path to one target that can really be lost. It works in one process with its ends or in one of its own. */
export function createFibre(config: FibreConfig): Fibre {
  const links = new Set<Link>();
  let mode: FibreMode = "up";
  let listening: Listening | undefined;
  let port = config.listenPort;

  function accept(near: Socket): void {
    if (mode === "reset") {
      near.resetAndDestroy();
      return;
    }
    const link: Link = { near };
    links.add(link);
    near.on("close", () => {
      links.delete(link);
      link.far?.destroy();
    });
    if (mode === "up") carry(link);
    else near.pause();
  }

  function carry(link: Link): void {
    const far = link.far ?? reach(link);
    link.near.pipe(far);
    far.pipe(link.near);
  }

  function reach(link: Link): Socket {
    const far = connect({ host: config.targetHost, port: config.targetPort, noDelay: true });
    link.far = far;
    far.on("error", () => link.near.resetAndDestroy());
    far.on("close", () => link.near.destroySoon());
    return far;
  }

  function hold({ near, far }: Link): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      if (from && to) from.unpipe(to);
      from?.pause();
    }
  }

  function reset({ near, far }: Link): void {
    near.resetAndDestroy();
    far?.resetAndDestroy();
  }

  return {
    get port() {
      return port;
    },
    get mode() {
      return mode;
    },
    async start() {
      listening = await listen({ host: config.listenHost ?? "127.0.0.1", port }, accept);
      port = listening.port;
    },
    async stop() {
      for (const link of [...links]) link.far?.destroy();
      await listening?.stop();
    },
    cut(how = "blackhole") {
      mode = how;
      for (const link of [...links]) {
        if (how === "reset") reset(link);
        else hold(link);
      }
    },
    mend() {
      if (mode === "blackhole") for (const link of links) carry(link);
      mode = "up";
    },
  };
}
