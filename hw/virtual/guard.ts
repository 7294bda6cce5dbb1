// The real guard on the virtual board, as gateway.ts is the real gateway on it.
import { readEnvironment } from "../../src/config/environment.ts";
import { runGuard } from "../../src/guard-run.ts";
import { connectBoardGpio } from "./board/board-gpio.ts";

const socketPath = process.argv[2] ?? "";
const gone = new AbortController();
process.once("disconnect", () => gone.abort());
process.channel?.unref();

const gpio = connectBoardGpio({ socketPath });
const exitCode = await runGuard({
  environment: readEnvironment(process.env),
  systemd: process.env,
  gpio,
  signal: gone.signal,
});
gpio.close();
process.exit(exitCode);
