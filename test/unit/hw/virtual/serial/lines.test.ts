import { spawnSync } from "node:child_process";
import { constants, existsSync, mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { ByteDevice } from "../../../../../hw/virtual/serial/byte-device.ts";
import { servePty } from "../../../../../hw/virtual/serial/serve-pty.ts";
import { serveTcp } from "../../../../../hw/virtual/serial/serve-tcp.ts";
import { until } from "../../../../support/until.ts";

const echo: ByteDevice = { receive: (bytes, reply) => reply(bytes) };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function client(port: number): { socket: Socket; heard: () => string; closed: () => boolean } {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let closed = false;
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
  });
  socket.on("close", () => {
    closed = true;
  });
  cleanups.push(() => socket.destroy());
  return { socket, heard: () => text, closed: () => closed };
}

describe("a device behind a serial server", () => {
  test("answers each client its own bytes", async () => {
    const line = await serveTcp(echo, { host: "127.0.0.1", port: 0 });
    cleanups.push(line.stop);
    const [one, two] = [client(line.port), client(line.port)];
    one.socket.write("one");
    two.socket.write("two");
    await until(() => one.heard() === "one" && two.heard() === "two");
  });

  test("cuts its clients when it stops and can come back on the same port", async () => {
    const line = await serveTcp(echo, { host: "127.0.0.1", port: 0 });
    const cut = client(line.port);
    cut.socket.write("a");
    await until(() => cut.heard() === "a");
    await line.stop();
    await line.stop();
    await until(cut.closed);
    const again = await serveTcp(echo, { host: "127.0.0.1", port: line.port });
    cleanups.push(again.stop);
    const back = client(again.port);
    back.socket.write("b");
    await until(() => back.heard() === "b");
  });

  test("takes an answer for a client that has gone without harm", async () => {
    let late = (_bytes: Buffer): void => {};
    const line = await serveTcp(
      {
        receive(_bytes, reply) {
          late = reply;
          reply(Buffer.from("!"));
        },
      },
      { host: "127.0.0.1", port: 0 },
    );
    cleanups.push(line.stop);
    const gone = client(line.port);
    gone.socket.write("x");
    await until(() => gone.heard() === "!");
    gone.socket.destroy();
    await until(gone.closed);
    late(Buffer.from("too late"));
    const next = client(line.port);
    next.socket.write("y");
    await until(() => next.heard() === "!");
  });

  test("rejects when the port is taken", async () => {
    const line = await serveTcp(echo, { host: "127.0.0.1", port: 0 });
    cleanups.push(line.stop);
    await expect(serveTcp(echo, { host: "127.0.0.1", port: line.port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});

const socatMissing = spawnSync("socat", ["-V"]).error !== undefined;

describe.skipIf(socatMissing)("a device on a pseudo terminal (needs the Debian package socat)", () => {
  /** Does not block the process's few file threads while nothing comes. */
  async function openPort(path: string): Promise<FileHandle> {
    const port = await open(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    cleanups.push(() => port.close().catch(() => {}));
    return port;
  }

  async function exchange(port: FileHandle, bytes: Buffer): Promise<void> {
    await port.write(bytes);
    let heard = Buffer.alloc(0);
    await until(
      async () => {
        const { bytesRead, buffer } = await port.read(Buffer.alloc(512), 0, 512);
        heard = Buffer.concat([heard, buffer.subarray(0, bytesRead)]);
        return heard.length >= bytes.length;
      },
      { what: "the echo" },
    );
    expect(heard).toEqual(bytes);
  }

  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

  test("passes every byte value both ways", async () => {
    const line = await servePty(echo);
    cleanups.push(line.stop);
    await exchange(await openPort(line.path), everyByte);
  });

  test("outlives the program that used it", async () => {
    const line = await servePty(echo);
    cleanups.push(line.stop);
    const first = await openPort(line.path);
    await exchange(first, everyByte);
    await first.close();
    await exchange(await openPort(line.path), everyByte);
  });

  test("hangs up when the cable is pulled and comes back under the same link", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cunshao-pty-"));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const link = join(folder, "ttyRELAY");
    const line = await servePty(echo, { link });
    expect(line.path).toBe(link);
    const port = await openPort(link);
    await line.stop();
    await line.stop();
    await expect(port.write(Buffer.from("x"))).rejects.toMatchObject({ code: "EIO" });
    expect(existsSync(link)).toBe(false);
    const again = await servePty(echo, { link });
    cleanups.push(again.stop);
    await exchange(await openPort(link), everyByte);
  });
});

test("a missing socat is named", async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = "/nonexistent";
  cleanups.push(() => {
    process.env["PATH"] = path;
  });
  await expect(servePty(echo)).rejects.toMatchObject({ code: "virtual.socat_missing" });
});
