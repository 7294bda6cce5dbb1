import { execFileSync, spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import type { FoundCamera } from "../../src/core/camera-control.ts";
import { PROJECT } from "../support/project.ts";

/** Node 20 runs no TypeScript: vite, which vitest stands on, loads the child. */
const RUN = `
  import { runnerImport } from "vite";
  const { module } = await runnerImport("./test/contract/onvif-discovery-child.ts", { configFile: false, logLevel: "error" });
  process.stdout.write("\\n" + JSON.stringify(await module.searchAmongCameras()));
  process.exit(0);
`;
/** Multicast on loopback, which stays within the namespace. */
const WITH_MULTICAST = 'ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && exec "$@"';
const inNamespace = (...command: readonly string[]): string[] => [
  ...["--net", "sh", "-c", WITH_MULTICAST, "sh"],
  ...command,
];

const canIsolate = spawnSync("unshare", inNamespace("true")).status === 0;

test.skipIf(!canIsolate)(
  "a search finds every camera once and outlives those that answer nonsense (needs root, unshare and ip)",
  () => {
    const node = [process.execPath, "--input-type=module", "--eval", RUN];
    const output = execFileSync("unshare", inNamespace(...node), {
      cwd: PROJECT,
      encoding: "utf8",
      timeout: 50_000,
    });
    const found = JSON.parse(output.slice(output.lastIndexOf("\n") + 1)) as FoundCamera[];
    const told = found.map(({ serviceUrl, name, hardware }) => [serviceUrl, name, hardware]);
    expect(told).toEqual([
      ["http://127.0.0.1:8001/onvif/device_service", "东塘", "VC-1"],
      ["http://127.0.0.1:8002/onvif/device_service", "村口 2", "VC-1"],
    ]);
  },
);
