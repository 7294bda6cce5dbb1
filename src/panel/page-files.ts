import { existsSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import fastifyStatic from "@fastify/static";
import type { Logger } from "../core/log.ts";
import type { PanelApp } from "./context.ts";
import { refusal } from "./problems.ts";

/** Serves the built page: what Vite named by its hash for a year, index.html never from a cache. */
export async function servePage(app: PanelApp, folder: string, log: Logger): Promise<void> {
  const webFolder = resolve(folder);
  if (!existsSync(join(webFolder, "index.html"))) {
    log.warn({ webFolder }, "The village page is not built; only the API is served");
    app.get("/", { schema: { hide: true } }, () => {
      throw refusal("page.missing", "Build the page first: npx vite build");
    });
    return;
  }
  await app.register(fastifyStatic, {
    root: webFolder,
    schemaHide: true,
    dotfiles: "ignore",
    cacheControl: false,
    // As the build left it beside each file: no box has to shrink what never changes.
    preCompressed: true,
    setHeaders: (reply, path) => {
      const hashed = path.startsWith(join(webFolder, "assets") + sep);
      reply.header("cache-control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}
