// panel/: the HTTP API and the village page. It only asks: everything it knows and orders goes through the ports in core/.
// It may import core/ and nothing else of the gateway. main.ts starts it last and stops it first.

import type { PanelDependencies } from "./context.ts";
import { createFront, type Panel } from "./front.ts";
import { buildServer } from "./server.ts";

/** The panel of a village. */
export function createPanel(dependencies: PanelDependencies): Panel {
  const { village } = dependencies;
  return createFront(
    {
      ...dependencies,
      name: () => village.state().site.name,
      isClockSynced: () => village.state().clock === "synced",
    },
    (certificates) => buildServer(dependencies, certificates),
  );
}
