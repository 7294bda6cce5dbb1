import type { WebSocket } from "ws";
import type { TownshipDesk } from "../../core/township-desk.ts";
import type { MapDesk } from "../../core/village-map.ts";
import type { AccessContext, PanelApp } from "../context.ts";

/** A box that comes. */
export interface Caller {
  readonly box: string;
  readonly instance: string;
  readonly address: string;
}

/** Who takes the channels of boxes. */
export interface ChannelDoor {
  /** The box that has this token; undefined for a token that is no box's. Its time tells nothing of the token. */
  boxOf(token: string): string | undefined;
  /** @throws GatewayError `channel.taken` (permanent). */
  admit(caller: Caller): Promise<void>;
  turnAway(box: string, caller: { readonly address: string; readonly site: string }): void;
  accept(caller: Caller, socket: WebSocket): void;
}

/** What the routes of a desk get. */
export interface DeskContext extends AccessContext {
  readonly township: TownshipDesk;
  /** Of the villages. */
  readonly map: MapDesk;
  readonly channels: ChannelDoor;
}

export type DeskRoutes = (app: PanelApp, context: DeskContext) => void;
