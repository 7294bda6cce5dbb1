import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { importPlain, productRuntime } from "../../support/product-runtime.ts";
import { PROJECT } from "../../support/project.ts";

test("systemd runs the gateway in the same Node as `npm start`", async () => {
  const unit = readFileSync(join(PROJECT, "systemd/cunshao.service"), "utf8").split("\n");
  const settings = Object.entries(await productRuntime());
  expect(settings).not.toHaveLength(0);
  for (const [name, value] of settings) expect(unit).toContain(`Environment=${name}=${value}`);
});

test("and so does pm2", async () => {
  const { apps } = (await importPlain("ecosystem.config.js")) as { apps: { name: string; env: object }[] };
  expect(apps.map(({ name }) => name)).toEqual(["cunshao", "cunshao-demo"]);
  for (const { env } of apps) expect(env).toMatchObject(await productRuntime());
});
