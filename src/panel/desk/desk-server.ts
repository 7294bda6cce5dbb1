import type { TownshipDesk } from "../../core/township-desk.ts";
import type { MapDesk } from "../../core/village-map.ts";
import { buildApiServer } from "../api-server.ts";
import type { AccessDependencies, AccessRoutes, PanelApp } from "../context.ts";
import { createFront, type Panel } from "../front.ts";
import { accountRoutes } from "../routes/accounts.ts";
import { lockRoutes } from "../routes/locks.ts";
import { sessionRoutes } from "../routes/session.ts";
import { tokenRoutes } from "../routes/tokens.ts";
import type { Certificates } from "../tls/certificates.ts";
import { channelRoutes } from "./channel.ts";
import { actRoutes } from "./desk-acts.ts";
import { auditRoutes } from "./desk-audit.ts";
import type { ChannelDoor, DeskRoutes } from "./desk-context.ts";
import { evidenceRoutes } from "./desk-evidence.ts";
import { deskRoutes } from "./desk-state.ts";
import { proxyRoutes } from "./proxy.ts";

/** A channel's frames hold all that a box answers. */
const MOST_SOCKET_BYTES = 1024 * 1024;

const ACCESS_ROUTES: readonly AccessRoutes[] = [sessionRoutes, accountRoutes, tokenRoutes, lockRoutes];

export interface DeskPanelDependencies extends AccessDependencies {
  readonly desk: TownshipDesk;
  readonly channels: ChannelDoor;
  /** Of the villages. */
  readonly map: MapDesk;
}

const ROUTES: readonly DeskRoutes[] = [
  deskRoutes,
  actRoutes,
  auditRoutes,
  channelRoutes,
  evidenceRoutes,
  proxyRoutes,
];

/** The whole HTTP side of a township's desk, not yet listening. */
export function buildDeskServer(
  { desk: township, channels, map, ...dependencies }: DeskPanelDependencies,
  certificates?: Certificates,
): Promise<PanelApp> {
  const { name } = township.state().desk;
  return buildApiServer(dependencies, {
    name: () => name,
    description: "The desk of a township over many villages",
    desk: { name },
    certificates,
    mostSocketBytes: MOST_SOCKET_BYTES,
    addRoutes(api, access) {
      for (const routes of ACCESS_ROUTES) routes(api, access);
      for (const routes of ROUTES) routes(api, { ...access, township, channels, map });
    },
  });
}

/** The panel of a township's desk. */
export function createDeskPanel(dependencies: DeskPanelDependencies): Panel {
  return createFront(
    {
      ...dependencies,
      name: () => dependencies.desk.state().desk.name,
      // An office PC has a battery clock; what it says is all that there is.
      isClockSynced: () => true,
    },
    (certificates) => buildDeskServer(dependencies, certificates),
  );
}
