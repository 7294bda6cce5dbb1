import { errorCode, errorMessage, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { type RetryPolicy, retryDelays } from "../../core/retry.ts";
import { createSignal } from "../../core/signals.ts";
import type { Bus } from "../../core/site.ts";
import { type Clock, within } from "../../core/time.ts";
import { type ByteChannel, type ChannelOpener, openChannel } from "./byte-channel.ts";

export type LinkState = "stopped" | "opening" | "open" | "waiting";

/** One bus for as long as the gateway runs: opens its port, and again whenever it went away. */
export interface SerialLink {
  readonly bus: string;
  readonly state: LinkState;
  /** Begins to open, for ever; resolves after the first attempt, whether it succeeded or not. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** @throws GatewayError `serial.port_lost`, `serial.write_timeout` (transient). */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Runs `job` alone on the line, after those before it.
   * @throws GatewayError `serial.port_lost` at once when the port is away; and whatever the job throws.
   */
  exclusive<T>(job: () => Promise<T>): Promise<T>;
  /** `work`, or `serial.port_lost` as soon as the port goes away. */
  whileOpen<T>(work: Promise<T>): Promise<T>;
  onBytes(listener: (bytes: Buffer) => void): () => void;
  onStateChange(listener: (state: LinkState) => void): () => void;
}

export interface SerialLinkDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly open?: ChannelOpener;
}

/**
 * A device that is plugged in again is to be safe within 5 s: an attempt that began too early may take up to its time-out, then
 * comes one pause.
 */
const REOPEN: RetryPolicy = { firstMs: 250, capMs: 1_500 };
const OPEN_TIMEOUT_MS = 3_000;
/** The longest frame at 1200 baud takes 2.2 s; a port that holds on to bytes for longer is stuck. */
const WRITE_TIMEOUT_MS = 3_000;

/** An open port, and how to end its use from any side. */
interface Session {
  readonly channel: ByteChannel;
  readonly end: (reason: Error | undefined) => void;
}

export function createSerialLink(dependencies: SerialLinkDependencies, bus: Bus): SerialLink {
  const { clock, random, open = openChannel } = dependencies;
  const log = dependencies.log.child({ bus: bus.id });
  const bytesSeen = createSignal<Buffer>();
  const states = createSignal<LinkState>();
  const lossListeners = new Set<(error: GatewayError) => void>();
  let state: LinkState = "stopped";
  let session: Session | undefined;
  let running:
    | { readonly abort: AbortController; readonly attempted: Promise<void>; readonly loop: Promise<void> }
    | undefined;
  let lastJob: Promise<unknown> = Promise.resolve();

  function become(next: LinkState): void {
    if (state === next) return;
    state = next;
    states.emit(next);
  }

  function portLost(cause?: unknown): GatewayError {
    const why = cause === undefined ? "the port is not open" : errorMessage(cause);
    return new GatewayError(`bus ${bus.id}: ${why}; check the cable, the adapter and the port's name`, {
      code: "serial.port_lost",
      kind: "transient",
      device: bus.id,
      cause,
    });
  }

  function whileOpen<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (session) lossListeners.add(reject);
      else reject(portLost());
      work.then(resolve, reject).finally(() => lossListeners.delete(reject));
    });
  }

  async function openWithin(signal: AbortSignal, onLost: (reason: Error) => void): Promise<ByteChannel> {
    const attempt = new AbortController();
    const giveUp = (): void => attempt.abort();
    const timer = clock.after(OPEN_TIMEOUT_MS, giveUp);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await open(bus, { onBytes: bytesSeen.emit, onLost }, attempt.signal);
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Opens the port and stays until it is lost or `signal` aborts; throws why it did not open or was lost. */
  async function useOnce(signal: AbortSignal, opened: () => void): Promise<void> {
    let end: Session["end"] = () => {};
    const ended = new Promise<Error | undefined>((resolve) => {
      end = resolve;
    });
    const onAbort = (): void => end(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const channel = await openWithin(signal, end);
      session = { channel, end };
      opened();
      become("open");
      const reason = await ended;
      session = undefined;
      for (const reject of [...lossListeners]) reject(portLost(reason));
      await channel.close();
      if (reason) throw reason;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async function run(signal: AbortSignal, attempted: () => void): Promise<void> {
    let delays = retryDelays(REOPEN, random);
    let reported = false;
    while (!signal.aborted) {
      become("opening");
      try {
        await useOnce(signal, () => {
          delays = retryDelays(REOPEN, random);
          reported = false;
          log.info({}, "serial port open");
          attempted();
        });
      } catch (error) {
        const fields = { code: errorCode(error), reason: errorMessage(error) };
        if (reported) log.debug(fields, "serial port still away");
        else log.warn(fields, "serial port away");
        reported = true;
      }
      attempted();
      if (signal.aborted) break;
      become("waiting");
      await clock.sleep(delays.next().value, signal).catch(() => {});
    }
    become("stopped");
  }

  async function write(bytes: Uint8Array): Promise<void> {
    const current = session;
    if (!current) throw portLost();
    try {
      const written = current.channel.write(bytes);
      await whileOpen(within(clock, WRITE_TIMEOUT_MS, `a write to bus ${bus.id}`, written));
    } catch (error) {
      if (errorCode(error) === "serial.port_lost") throw error;
      // The bytes may still go out or not: only a fresh port is in a known state.
      current.end(error instanceof Error ? error : new Error(errorMessage(error)));
      if (errorCode(error) !== "time.out") throw portLost(error);
      throw new GatewayError(`bus ${bus.id}: the port takes no bytes`, {
        code: "serial.write_timeout",
        kind: "transient",
        device: bus.id,
        cause: error,
      });
    }
  }

  async function exclusive<T>(job: () => Promise<T>): Promise<T> {
    if (!session) throw portLost();
    const result = lastJob.then(() => {
      if (!session) throw portLost();
      return job();
    });
    lastJob = result.catch(() => {});
    return result;
  }

  return {
    bus: bus.id,
    get state() {
      return state;
    },
    start() {
      if (running) return running.attempted;
      const abort = new AbortController();
      let attemptDone = (): void => {};
      const attempted = new Promise<void>((resolve) => {
        attemptDone = resolve;
      });
      running = { abort, attempted, loop: run(abort.signal, attemptDone) };
      return attempted;
    },
    async stop() {
      running?.abort.abort();
      await running?.loop;
      running = undefined;
    },
    write,
    exclusive,
    whileOpen,
    onBytes: bytesSeen.on,
    onStateChange: states.on,
  };
}
