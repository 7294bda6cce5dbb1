// node-rtsp-stream as its README runs it, for the live bench: ADDRESS of the stream and PORT of its WebSocket server.
import { createRequire } from "node:module";

const [address = "", port = ""] = process.argv.slice(2);
const require = createRequire(import.meta.url);

// Its WebSocket server asks nobody who they are and listens everywhere: here it listens on loopback alone.
const ws = createRequire(require.resolve("node-rtsp-stream"))("ws") as {
  Server: new (options: object) => object;
};
const { Server } = ws;
ws.Server = class extends Server {
  constructor(options: object) {
    super({ ...options, host: "127.0.0.1" });
  }
};

const Stream = require("node-rtsp-stream") as new (options: object) => object;
new Stream({
  name: "name",
  streamUrl: address,
  wsPort: Number(port),
  ffmpegOptions: { "-stats": "", "-r": 30 },
});
