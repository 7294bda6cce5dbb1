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
  expect(apps.map(({ name }) => name)).toEqual(["cunshao", "cunshao-guard", "cunshao-demo"]);
  for (const { env } of apps.filter(({ name }) => name !== "cunshao-guard")) {
    expect(env).toMatchObject(await productRuntime());
  }
});

test("the guard's Node is the same small one under both", async () => {
  const { GUARD_RUNTIME } = (await importPlain("src/setup/runtime.mjs")) as {
    GUARD_RUNTIME: Record<string, string>;
  };
  const unit = readFileSync(join(PROJECT, "systemd/cunshao-guard.service"), "utf8")
    .replaceAll('"', "")
    .split("\n");
  for (const [name, value] of Object.entries(GUARD_RUNTIME))
    expect(unit).toContain(`Environment=${name}=${value}`);
  const { apps } = (await importPlain("ecosystem.config.js")) as { apps: { name: string; env: object }[] };
  expect(apps.find(({ name }) => name === "cunshao-guard")?.env).toMatchObject(GUARD_RUNTIME);
});
