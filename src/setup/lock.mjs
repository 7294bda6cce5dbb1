import { createHash } from "node:crypto";
import net from "node:net";
import { root } from "./run.mjs";
import { say } from "./say.mjs";

/**
 * Waits until no other set-up works in this folder. The lock is an abstract socket: the kernel frees it together with
 * the process that holds it, so that none is ever stale.
 * @returns how to give it back.
 */
export async function lockSetup(folder = root) {
  const name = `\0cunshao-setup-${createHash("sha256").update(folder).digest("hex").slice(0, 16)}`;
  for (let told = false; ; told = true) {
    const server = net.createServer((waiting) => waiting.on("error", () => {})).unref();
    const waiters = new Set();
    server.on("connection", (waiting) => waiters.add(waiting));
    const error = await new Promise((done) => {
      server.once("listening", () => done(undefined)).once("error", done);
      server.listen(name);
    });
    if (error === undefined) {
      return () => {
        server.close();
        for (const waiting of waiters) waiting.destroy();
      };
    }
    if (error.code !== "EADDRINUSE") throw error;
    if (!told) say("another set-up is at work here: waiting for it");
    await new Promise((done) => {
      net
        .connect(name)
        .on("error", () => {})
        .on("close", done)
        .resume();
    });
  }
}
