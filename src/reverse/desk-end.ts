import { Agent, type AgentOptions } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Duplex } from "node:stream";
import { createWebSocketStream, type WebSocket } from "ws";
import type { BoxRoad } from "../core/box-road.ts";
import type { ChannelLane } from "../core/desk-channel.ts";
import { GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import { type Clock, isoTime } from "../core/time.ts";
import type { ContestedBox } from "../core/township-desk.ts";
import { ChannelConnection } from "./channel-connection.ts";
import {
  CHANNEL_TIMING,
  type ChannelTiming,
  SESSION_MEMORY_MEGABYTES,
  watchOverLine,
  widenOnceOpen,
} from "./channel-settings.ts";

const { HTTP2_HEADER_AUTHORITY, HTTP2_HEADER_METHOD } = constants;

/** For so long the first box of an id is asked whether it is still there when a second one comes. */
const PROVE_MS = 5_000;
/** A box that is refused comes again within minutes: after that somebody has taken it away. */
const CONTESTED_MS = 86_400_000;

/** A box that comes. */
export interface ChannelCaller {
  readonly box: string;
  /** Of the running program at the box. */
  readonly instance: string;
  readonly address: string;
  readonly lane: ChannelLane;
}

export interface DeskEnd {
  /**
   * Whether a box may open a channel now.
   * @throws GatewayError `channel.taken` (permanent): another program has it, and is there. `channel.closed` (transient): a channel for
   *   pictures without the main one of the same program.
   */
  admit(caller: ChannelCaller): Promise<void>;
  /** Takes the channel of a box that was admitted; the box's former one in that lane ends. */
  accept(caller: ChannelCaller, socket: WebSocket): void;
  isOpen(box: string): boolean;
  /** A box came with the token of another village: nothing is opened to it, and the desk says so. */
  turnAway(box: string, caller: { readonly address: string; readonly site: string }): void;
  /** Of the last day. */
  contested(box: string): ContestedBox | undefined;
  /** How a box is reached while its channel is open; otherwise calls fail with `channel.closed`. */
  roadTo(box: string): BoxRoad;
  /** The box whose channel came, went, or was contested. */
  readonly changes: Signal<string>;
  stop(): void;
}

interface Channel {
  readonly instance: string;
  readonly address: string;
  readonly session: ClientHttp2Session;
}

/** The desk's end of the channels that boxes open: one for each box and lane. */
export function createDeskEnd(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  timing: ChannelTiming = CHANNEL_TIMING,
): DeskEnd {
  const lanes: Readonly<Record<ChannelLane, Map<string, Channel>>> = { main: new Map(), pictures: new Map() };
  const channels = lanes.main;
  const contests = new Map<string, ContestedBox>();
  const changes = createSignal<string>();

  function contest(box: string, caller: { readonly address: string; readonly site?: string }): void {
    contests.set(box, { ...caller, at: isoTime(clock.now().wallMs) });
    log.warn({ box, ...caller }, "a box came that is not the one that has this place");
    changes.emit(box);
  }

  /** Whether the box at the other end answers. */
  function answers({ session }: Channel): Promise<boolean> {
    return new Promise((resolve) => {
      if (session.destroyed) return resolve(false);
      const late = clock.after(PROVE_MS, () => resolve(false));
      const isSent = session.ping((error) => {
        late.cancel();
        resolve(error === null);
      });
      if (!isSent) resolve(false);
    });
  }

  function open(box: string, lane: ChannelLane): Duplex {
    // While the lane for pictures is not there yet, they go by the main one.
    const session = [lanes[lane], lanes.main]
      .map((of) => of.get(box)?.session)
      .find((one) => one && !one.destroyed && !one.closed);
    if (!session) throw closed(box);
    const stream = session.request({ [HTTP2_HEADER_METHOD]: "CONNECT", [HTTP2_HEADER_AUTHORITY]: box });
    stream.once("response", ({ ":status": status }) => {
      if (status !== 200) stream.destroy(closed(box));
    });
    return new ChannelConnection(stream);
  }

  return {
    changes,
    async admit({ box, instance, address, lane }) {
      const there = channels.get(box);
      if (lane === "pictures") {
        if (there?.instance !== instance) throw closed(box);
        return;
      }
      // A program that comes again has lost its line, whatever its old channel looks like from here.
      if (!there || there.instance === instance) return;
      if (!(await answers(there))) {
        there.session.destroy();
        return;
      }
      contest(box, { address });
      throw new GatewayError(`Another box is here as ${box}, from ${there.address}`, {
        code: "channel.taken",
        kind: "permanent",
      });
    },
    accept({ box, instance, address, lane }, socket) {
      const there = lanes[lane];
      there.get(box)?.session.destroy();
      if (lane === "main") lanes.pictures.get(box)?.session.destroy();
      const line = createWebSocketStream(socket);
      line.on("error", () => socket.terminate());
      const session = connect(`http://${box}`, {
        createConnection: () => line,
        settings: { enablePush: false },
        maxSessionMemory: SESSION_MEMORY_MEGABYTES,
      });
      const channel: Channel = { instance, address, session };
      session.on("error", () => undefined);
      widenOnceOpen(session);
      session.once("close", () => socket.terminate());
      socket.once("close", () => {
        session.destroy();
        if (there.get(box) !== channel) return;
        there.delete(box);
        if (lane === "pictures") return;
        lanes.pictures.get(box)?.session.destroy();
        log.warn({ box }, "the channel of a box is gone");
        changes.emit(box);
      });
      watchOverLine(clock, session, timing, () => socket.terminate());
      there.set(box, channel);
      if (lane === "pictures") return;
      log.info({ box, address }, "the channel of a box is open");
      changes.emit(box);
    },
    isOpen: (box) => channels.has(box),
    turnAway: contest,
    contested(box) {
      const contested = contests.get(box);
      const isPast = contested && clock.now().wallMs - Date.parse(contested.at) > CONTESTED_MS;
      return isPast ? undefined : contested;
    },
    roadTo: (box) => ({
      url: `http://${box}`,
      openAgent: ({ maxSockets, lane = "main" }) => new ChannelAgent({ maxSockets }, () => open(box, lane)),
    }),
    stop() {
      for (const lane of Object.values(lanes)) for (const { session } of lane.values()) session.destroy();
    },
  };
}

/** Each request is a stream of its own: they cost nothing, and none has to be kept. */
class ChannelAgent extends Agent {
  readonly #open: () => Duplex;

  constructor(options: AgentOptions, open: () => Duplex) {
    super({ ...options, keepAlive: false });
    this.#open = open;
  }

  override createConnection(
    _options: AgentOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    try {
      return this.#open();
    } catch (error) {
      callback?.(error as Error, undefined as never);
      return undefined;
    }
  }
}

function closed(box: string): GatewayError {
  return new GatewayError(`The channel of ${box} is not open`, { code: "channel.closed", kind: "transient" });
}
