import type { PanelApp } from "../../../src/panel/context.ts";

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly needs: string | undefined;
  readonly isOpen: boolean;
  readonly isSocket: boolean;
}
type Documented = { security?: unknown[]; "x-needs"?: string; "x-websocket"?: boolean };

/** Every route as the OpenAPI document tells of it, with something for its parameters. */
export async function operationsOf(app: PanelApp): Promise<Operation[]> {
  const { paths } = (await app.inject("/api/openapi.json")).json<{
    paths: Record<string, Record<string, Documented>>;
  }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, documented]) => ({
      method: method.toUpperCase(),
      path: path.replace(/\{[^}]+\}/g, "pond-east"),
      needs: documented["x-needs"],
      isOpen: documented.security?.length === 0,
      isSocket: documented["x-websocket"] === true,
    })),
  );
}

/** From elsewhere: programs on the box itself are trusted with metrics. @returns the status, and the code of a problem. */
export async function askFromElsewhere(
  app: PanelApp,
  method: string,
  url: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const answer = await app.inject({ method: method as "GET", url, headers, remoteAddress: "192.168.1.9" });
  const isProblem = answer.headers["content-type"]?.toString().includes("application/problem+json");
  return `${answer.statusCode} ${isProblem ? answer.json<{ code: string }>().code : ""}`.trim();
}
