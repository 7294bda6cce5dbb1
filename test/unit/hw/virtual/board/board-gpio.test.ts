import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BoardGpio, connectBoardGpio } from "../../../../../hw/virtual/board/board-gpio.ts";
import { serveBoard } from "../../../../../hw/virtual/board/board-server.ts";
import { createVirtualBoard, type VirtualBoard } from "../../../../../hw/virtual/board/virtual-board.ts";
import { until } from "../../../../support/until.ts";

const CHIP = "virtual-gpio";
const config = { chips: [{ label: CHIP, lines: 32, pulledDown: [5] }] };
const relayLine = (line: number, activeLow = false) => ({ chip: CHIP, line, activeLow });
const button = (line: number) => ({ chip: CHIP, line, activeLow: true });

let folder: string;
let socketPath: string;
let board: VirtualBoard;
let server: { stop(): Promise<void> };
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cunshao-board-"));
  socketPath = join(folder, "board.sock");
  board = createVirtualBoard(config);
  server = await serveBoard(board, { socketPath });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function gpio(): BoardGpio {
  const made = connectBoardGpio({ socketPath });
  cleanups.push(() => made.close());
  return made;
}

const driven = (line: number) => board.line({ chip: CHIP, line }).history.map(({ level }) => level);

describe("a relay on the virtual board", () => {
  test.each([
    ["active high", false, [0, 1, 0]],
    ["active low", true, [1, 0, 1]],
  ])("wired %s never clicks when it is taken, and switches", async (_wiring, activeLow, levels) => {
    const heard: unknown[] = [];
    board.onOutput((change) => heard.push(change));
    const relay = await gpio().openRelay(relayLine(17, activeLow));
    expect(await relay.readBack()).toBe(false);
    await relay.switch(true);
    expect(await relay.readBack()).toBe(true);
    await relay.switch(true);
    await relay.switch(false);
    expect(driven(17)).toEqual(levels);
    expect(heard).toEqual(levels.map((level) => ({ chip: CHIP, line: 17, level })));
  });

  test("is off after it was closed, and free for another", async () => {
    const relay = await gpio().openRelay(relayLine(17));
    await relay.switch(true);
    await relay.close();
    await relay.close();
    expect(board.line({ chip: CHIP, line: 17 }).level).toBe(0);
    await (await gpio().openRelay(relayLine(17))).switch(true);
  });

  test.each([
    ["a chip that is not there", { chip: "pinctrl-rp1", line: 1, activeLow: false }, "gpio.chip_missing"],
    ["a line that the chip has not", { chip: CHIP, line: 32, activeLow: false }, "gpio.line_missing"],
  ])("cannot be had on %s", async (_what, line, code) => {
    await expect(gpio().openRelay(line)).rejects.toMatchObject({ code, kind: "permanent" });
  });

  test("belongs to one program at a time, and to one user in it", async () => {
    const mine = gpio();
    await mine.openRelay(relayLine(17));
    const busy = { code: "gpio.busy", kind: "permanent" };
    await expect(gpio().openRelay(relayLine(17))).rejects.toMatchObject(busy);
    await expect(mine.openContact(button(17))).rejects.toMatchObject(busy);
    await gpio().openRelay(relayLine(18));
  });
});

describe("a contact on the virtual board", () => {
  test("tells each press and release", async () => {
    const contact = await gpio().openContact(button(4));
    const seen: boolean[] = [];
    const stop = contact.watch(
      (closed) => seen.push(closed),
      () => {},
    );
    expect(await contact.read()).toBe(false);
    board.press({ chip: CHIP, line: 4 });
    board.press({ chip: CHIP, line: 4 });
    expect(await contact.read()).toBe(true);
    board.release({ chip: CHIP, line: 4 });
    await until(() => seen.length === 2);
    stop();
    board.press({ chip: CHIP, line: 4 });
    expect(await contact.read()).toBe(true);
    expect(seen).toEqual([true, false]);
  });

  test("rests low where it is pulled down", async () => {
    const contact = await gpio().openContact({ chip: CHIP, line: 5, activeLow: false });
    expect(await contact.read()).toBe(false);
    board.press({ chip: CHIP, line: 5 });
    expect(await contact.read()).toBe(true);
  });
});

describe("when the board restarts", () => {
  async function restart(): Promise<void> {
    await server.stop();
    board = createVirtualBoard(config);
    server = await serveBoard(board, { socketPath });
  }

  test("a relay comes back off and obeys again", async () => {
    const relay = await gpio().openRelay(relayLine(17, true));
    await relay.switch(true);
    await restart();
    await until(() => driven(17).length > 0);
    expect(driven(17)).toEqual([1]);
    expect(await relay.readBack()).toBe(false);
    await relay.switch(true);
    expect(driven(17)).toEqual([1, 0]);
  });

  test("a contact reports the loss once, and later what changed meanwhile", async () => {
    const contact = await gpio().openContact(button(4));
    const seen: boolean[] = [];
    const errors: Error[] = [];
    contact.watch(
      (closed) => seen.push(closed),
      (error) => errors.push(error),
    );
    await server.stop();
    await until(() => errors.length === 1);
    await expect(contact.read()).rejects.toMatchObject({ code: "gpio.board_lost", kind: "transient" });
    board = createVirtualBoard(config);
    board.press({ chip: CHIP, line: 4 });
    server = await serveBoard(board, { socketPath });
    await until(() => seen.length === 1);
    expect(seen).toEqual([true]);
    expect(errors).toHaveLength(1);
  });

  test("a switch while it is away fails as transient and the state is unknown", async () => {
    const relay = await gpio().openRelay(relayLine(17));
    await server.stop();
    await expect(relay.switch(true)).rejects.toMatchObject({ code: "gpio.board_lost", kind: "transient" });
    expect(await relay.readBack()).toBe("unknown");
  });
});

describe("when the program dies", () => {
  /** A program of its own that energises line 17 and waits for its death. */
  function program(): ChildProcess {
    const orders = [
      { id: 1, op: "claim" },
      { id: 2, op: "write", level: 1 },
      { id: 3, op: "direct", direction: "out" },
    ].map((order) => `${JSON.stringify({ chip: CHIP, line: 17, ...order })}\n`);
    const script = `
      const socket = require("node:net").connect(${JSON.stringify(socketPath)});
      socket.write(${JSON.stringify(orders.join(""))});
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["-e", script], { stdio: "inherit" });
    cleanups.push(() => child.kill("SIGKILL"));
    return child;
  }

  test("its relay stays as it was, and the next program gets the line and makes it safe", async () => {
    const child = program();
    await until(() => board.line({ chip: CHIP, line: 17 }).level === 1 && driven(17).length === 1);
    await expect(gpio().openRelay(relayLine(17))).rejects.toMatchObject({ code: "gpio.busy" });
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    const next = gpio();
    expect(board.line({ chip: CHIP, line: 17 }).level).toBe(1);
    // The board learns of the death a moment later.
    const relay = await until(() => next.openRelay(relayLine(17)));
    expect(driven(17)).toEqual([1, 0]);
    expect(await relay.readBack()).toBe(false);
  });
});

describe("the board's socket", () => {
  test("refuses what is not claimed and cuts off what is not JSON", async () => {
    const socket = connect(socketPath);
    cleanups.push(() => socket.destroy());
    let heard = "";
    let closed = false;
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard += bytes.toString();
    });
    socket.on("close", () => {
      closed = true;
    });
    socket.write(`{"id":1,"op":"write","chip":"${CHIP}","line":3,"level":1}\n`);
    await until(() => heard.includes("gpio.not_claimed"));
    expect(board.line({ chip: CHIP, line: 3 }).direction).toBe("in");
    socket.write("hello\n");
    await until(() => closed);
  });

  test("is taken over from a server that was killed, not from one that lives", async () => {
    await expect(serveBoard(board, { socketPath })).rejects.toMatchObject({ code: "EADDRINUSE" });
    const stale = join(folder, "stale.sock");
    const script = `require("node:net").createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, "SIGKILL"))`;
    await new Promise((resolve) => spawn(process.execPath, ["-e", script]).once("exit", resolve));
    const second = await serveBoard(board, { socketPath: stale });
    await second.stop();
  });
});
