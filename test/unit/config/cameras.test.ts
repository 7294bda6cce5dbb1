import { expect, test } from "vitest";
import { configurationOf, load, SECRETS, VILLAGE } from "./config-rig.ts";

test("takes no camera's microphone along unless told so", async () => {
  expect((await configurationOf()).cameras[0]?.audio).toBe(false);
  const told = VILLAGE.replace(/^cameras:\n {2}- id: (\S+)\n/m, "cameras:\n  - id: $1\n    audio: true\n");
  const result = await load({ village: told, secrets: SECRETS });
  expect(result.ok && result.configuration.cameras[0]?.audio).toBe(true);
});
