import type { Permission } from "./access.ts";
import type { UpstreamTls } from "./upstream-wiring.ts";

/** A township's desk to which a box opens a channel, because nobody can reach the box from outside. */
export interface DeskWiring {
  /** What the ledger calls the desk. */
  readonly id: string;
  /** `https://` or `http://`, without `/api/v1`. */
  readonly url: string;
  /** By which box and desk know each other: the box shows it when it connects, the desk with each request. */
  readonly token: string;
  /** All that the desk may do here; without, as much as the township. */
  readonly scopes?: readonly Permission[] | undefined;
  readonly tls?: UpstreamTls | undefined;
}

/** Where a channel begins at the desk, below `/api/v1`. */
export const CHANNEL_PATH = "/channel";

/** Names the box that comes. */
export const SITE_HEADER = "cunshao-site";
/** Names the running program: one that comes again takes its own place, another one does not. */
export const INSTANCE_HEADER = "cunshao-instance";

/**
 * A box opens two channels: what waits in one keeps nobody waiting in the other. By `pictures` go moving pictures and files that people
 * look at, by `main` everything else: events, orders, voices.
 */
export type ChannelLane = "main" | "pictures";

/** Names the lane; without it the channel is the main one. */
export const LANE_HEADER = "cunshao-lane";

/** The longest message of a channel; HTTP/2 frames are far shorter. */
export const MOST_CHANNEL_MESSAGE_BYTES = 1024 * 1024;
