import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ByteDevice } from "../../hw/virtual/serial/byte-device.ts";
import { servePty } from "../../hw/virtual/serial/serve-pty.ts";
import { serveTcp } from "../../hw/virtual/serial/serve-tcp.ts";

/** A cable between the driver and a device: `port` stays the same from plug to plug. */
export interface Cable {
  readonly port: string;
  plug(): Promise<void>;
  unplug(): Promise<void>;
}

export interface CableKind {
  readonly line: string;
  readonly cable: (device: ByteDevice) => Promise<Cable>;
  readonly skip: boolean;
}

const hasSocat = spawnSync("socat", ["-V"]).status === 0;

/**
 * The wires that a serial driver can meet.
 * @param host a loopback address of the test's own, so that no other test takes a port between unplugging and replugging.
 * @param cleanups where the cables leave what is to be done after the test.
 */
export function serialCables(host: string, cleanups: (() => Promise<unknown>)[]): readonly CableKind[] {
  return [
    {
      line: "a pseudo terminal (needs socat)",
      cable: (device) => ptyCable(device, cleanups),
      skip: !hasSocat,
    },
    { line: "a raw TCP serial server", cable: (device) => tcpCable(device, host, cleanups), skip: false },
  ];
}

async function ptyCable(device: ByteDevice, cleanups: (() => Promise<unknown>)[]): Promise<Cable> {
  const folder = await mkdtemp(join(tmpdir(), "cunshao-serial-"));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const port = join(folder, "port");
  let served: Awaited<ReturnType<typeof servePty>> | undefined;
  cleanups.push(async () => served?.stop());
  return {
    port,
    async plug() {
      served = await servePty(device, { link: port });
    },
    unplug: async () => served?.stop(),
  };
}

async function tcpCable(
  device: ByteDevice,
  host: string,
  cleanups: (() => Promise<unknown>)[],
): Promise<Cable> {
  // The first plug chooses the port; later ones want it back.
  let served = await serveTcp(device, { host, port: 0 });
  const { port } = served;
  let plugged = true;
  cleanups.push(() => served.stop());
  return {
    port: `tcp://${host}:${port}`,
    async plug() {
      if (plugged) return;
      served = await serveTcp(device, { host, port });
      plugged = true;
    },
    async unplug() {
      await served.stop();
      plugged = false;
    },
  };
}
