import type { Agent } from "node:http";
import type { ChannelLane } from "./desk-channel.ts";

/**
 * How the API of one box is reached. This is all in which boxes differ to a township: behind the agent stands a TCP connection, TLS
 * to a certificate that is known, or a stream within a channel that the box itself opened.
 */
export interface BoxRoad {
  /** Without `/api/v1`; of a box that cannot be reached from outside its id stands for the host. */
  readonly url: string;
  /** A new agent with connections of its own, so that nobody waits for what somebody else asks. */
  openAgent(options: {
    readonly maxSockets: number;
    /** Where all goes by one line of the box; default `main`. */
    readonly lane?: ChannelLane;
  }): Agent;
}
