import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { connectPostgres } from "../../../src/buffer/postgres.ts";

const REFUSAL = ["SFATAL", "C28P01", "Mwrong", ""].map((field) => `${field}\0`).join("");

/** Says no to whoever comes, as PostgreSQL's protocol 3 has it, and does not hang up. */
async function startRefusing() {
  const comers: Socket[] = [];
  const server = createServer((socket) => {
    comers.push(socket);
    socket.on("error", () => undefined);
    const head = Buffer.from("E\0\0\0\0");
    head.writeUInt32BE(4 + REFUSAL.length, 1);
    socket.once("data", () => socket.write(Buffer.concat([head, Buffer.from(REFUSAL)])));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const comer of comers) comer.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, comers };
}

test("a server that lets nobody in, and does not hang up, is left at once", async () => {
  const { port, comers } = await startRefusing();
  const url = `postgres://keeper@127.0.0.1:${port}/county`;
  const database = connectPostgres({ url, password: "wrong", mostConnections: 1 });
  await expect(database.all("SELECT 1")).rejects.toMatchObject({ code: "copy.unauthorized" });
  const [comer] = comers;
  if (!comer) throw new Error("nobody came");
  // What it says at the end is a Terminate.
  comer.resume();
  if (!comer.readableEnded) await once(comer, "end");
  await database.close();
});
