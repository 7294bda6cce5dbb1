import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Logger, silentLogger } from "../../../../src/core/log.ts";
import { systemClock } from "../../../../src/core/time.ts";
import { createSystemdNotify } from "../../../../src/drivers/systemd/notify.ts";
import { until } from "../../../support/until.ts";

// Node has no such socket itself, and socat keeps the descriptor by which systemd-notify learns that it was heard.
const SYSTEMD = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
while True:
    print(receiver.recv(4096).decode(), flush=True)
`;

const missing = ["systemd-notify", "python3"].filter((tool) => spawnSync(tool, ["--version"]).error);

describe.skipIf(missing.length > 0)(`systemd is told (needs ${missing.join(", ") || "nothing more"})`, () => {
  let folder: string;
  let socket: string;
  let received: string;
  let systemd: ChildProcess;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "cunshao-notify-"));
    socket = join(folder, "notify");
    received = "";
    systemd = spawn("python3", ["-c", SYSTEMD, socket]);
    systemd.stdout?.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    await until(() => existsSync(socket), { what: "the socket" });
  });

  afterEach(() => {
    systemd.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  it("of readiness, status, life and stopping, in the order of the calls", async () => {
    const notify = createSystemdNotify({
      environment: { NOTIFY_SOCKET: socket },
      log: silentLogger,
      clock: systemClock,
    });
    await Promise.all([
      notify.ready(),
      notify.status("3 cameras,\n1 blind"),
      notify.watchdog(),
      notify.stopping(),
    ]);
    await until(() => received.includes("STOPPING=1"), { what: "the last message" });
    const ours = received.split("\n").filter((line) => line !== "" && !line.startsWith("BARRIER"));
    expect(ours).toEqual(["READY=1", "STATUS=3 cameras, 1 blind", "WATCHDOG=1", "STOPPING=1"]);
  });

  it("once, however often life is reported while the first report is under way", async () => {
    const notify = createSystemdNotify({
      environment: { NOTIFY_SOCKET: socket },
      log: silentLogger,
      clock: systemClock,
    });
    await Promise.all([notify.watchdog(), notify.watchdog(), notify.watchdog()]);
    await notify.stopping();
    await until(() => received.includes("STOPPING=1"), { what: "the last message" });
    expect(received.match(/WATCHDOG=1/g)).toHaveLength(1);
  });

  it("or the log says that it was not", async () => {
    const warnings: object[] = [];
    const log: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields) };
    const environment = { NOTIFY_SOCKET: join(folder, "nobody-here") };
    await createSystemdNotify({ environment, log, clock: systemClock }).ready();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ message: ["READY=1"] });
  });
});

describe("without systemd", () => {
  const notify = createSystemdNotify({
    environment: { WATCHDOG_USEC: "20000000" },
    log: silentLogger,
    clock: systemClock,
  });

  it("nothing is told to nobody", async () => {
    await expect(Promise.all([notify.ready(), notify.watchdog(), notify.stopping()])).resolves.toBeDefined();
  });

  it("nobody watches, even when a parent's watchdog stands in the environment", () => {
    expect(notify.watchdogMs).toBeUndefined();
  });
});

describe("the watchdog's time", () => {
  it.each([
    ["20000000", 20_000],
    ["1500", 1.5],
    ["0", undefined],
    ["soon", undefined],
    [undefined, undefined],
  ])("WATCHDOG_USEC %s is %s ms", (text, expected) => {
    const environment = { NOTIFY_SOCKET: "/run/systemd/notify", WATCHDOG_USEC: text };
    const notify = createSystemdNotify({ environment, log: silentLogger, clock: systemClock });
    expect(notify.watchdogMs).toBe(expected);
  });
});
