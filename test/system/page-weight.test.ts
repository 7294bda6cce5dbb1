import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BUILT_PAGE } from "../support/project.ts";

/** As gzip leaves it: over 2 Mbit/s this is one second. */
const MOST_BYTES = 250_000;

test("the first load of the page is at most 250 kB; video, map and drawing come when they are needed", () => {
  const document = join(BUILT_PAGE, "index.html");
  const named = [...readFileSync(document, "utf8").matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)];
  const files = named.map(([, path = ""]) => join(BUILT_PAGE, path));
  expect(files.filter((file) => file.endsWith(".js")).length).toBeGreaterThan(0);
  expect(files.filter((file) => file.endsWith(".css")).length).toBeGreaterThan(0);
  const bytes = [document, ...files].reduce((sum, file) => sum + statSync(`${file}.gz`).size, 0);
  expect(bytes).toBeLessThan(MOST_BYTES);
});
