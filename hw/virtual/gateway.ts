// The real gateway on the virtual board: the only place where a part of the kit stands inside its process, because
// GPIO lines cannot be had from outside it. Everything else reaches the gateway through sockets, ptys and pipes.
import { readEnvironment } from "../../src/config/environment.ts";
import { runGateway } from "../../src/main.ts";
import { connectBoardGpio } from "./board/board-gpio.ts";

const socketPath = process.argv[2] ?? "";
// A kit that was killed must not leave a gateway that holds its port and its data.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.channel?.unref();

const gpio = connectBoardGpio({ socketPath });
const exitCode = await runGateway({
  environment: readEnvironment(process.env),
  systemd: process.env,
  gpio,
});
gpio.close();
process.exit(exitCode);
