import { fstatSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { closingLast, type OpenPort } from "../../../../src/drivers/serial/serial-binding.ts";

function createRig() {
  const fd = openSync("/dev/null", "r+");
  const told: string[] = [];
  const { promise: underWay, resolve: finish, reject: fail } = withResolvers();
  const port = closingLast<OpenPort>({
    fd,
    poller: { stop: () => void told.push("stopped"), destroy: () => void told.push("destroyed") },
    read: () => underWay,
    write: () => underWay,
    close: () => Promise.reject(new Error("closes beside what is under way")),
  });
  const isOpen = (): boolean => {
    try {
      fstatSync(fd);
      return true;
    } catch {
      return false;
    }
  };
  return { port, told, isOpen, finish, fail };
}

function withResolvers() {
  let resolve = (): void => {};
  let reject = (_error: Error): void => {};
  const promise = new Promise<void>((...ends) => {
    [resolve, reject] = ends;
  });
  return { promise, resolve, reject };
}

const read = (port: OpenPort) => port.read(Buffer.alloc(8), 0, 8);
const write = (port: OpenPort) => port.write(Buffer.alloc(8));

describe("the file of a serial port", () => {
  test.each([
    { what: "read", begin: read },
    { what: "write", begin: write },
  ])("keeps its number until a $what that is under way has ended", async ({ begin }) => {
    const { port, told, isOpen, finish } = createRig();
    const work = begin(port);
    const closing = port.close();
    expect(port.fd).toBeNull();
    expect(told).toEqual(["stopped", "destroyed"]);
    // As long as a close takes that waits for nothing.
    const other = await open("/dev/null");
    await other.close();
    expect(isOpen()).toBe(true);
    finish();
    await work;
    await closing;
    expect(isOpen()).toBe(false);
  });

  test("is closed although what was under way failed", async () => {
    const { port, isOpen, fail } = createRig();
    const work = read(port);
    const closing = port.close();
    fail(new Error("canceled"));
    await expect(work).rejects.toThrow("canceled");
    await closing;
    expect(isOpen()).toBe(false);
  });

  test("is closed once", async () => {
    const { port } = createRig();
    await port.close();
    await expect(port.close()).rejects.toThrow("the port is not open");
  });
});
