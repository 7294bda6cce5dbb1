import { once } from "node:events";
import { createServer, connect as dial, type Socket } from "node:net";

/** What one address before several brokers is to a box: it leads to the first of them that answers. */
export interface BrokerName {
  readonly url: string;
  close(): Promise<void>;
}

/** @param ports of the brokers on loopback, the usual one first. */
export async function openBrokerName(ports: readonly number[]): Promise<BrokerName> {
  const boxes = new Set<Socket>();

  function lead(box: Socket, [port, ...others]: readonly number[]): void {
    if (port === undefined) {
      box.destroy();
      return;
    }
    const broker = dial(port, "127.0.0.1");
    const next = (): void => lead(box, others);
    broker.once("error", next);
    broker.once("connect", () => {
      broker.off("error", next);
      broker.on("error", () => box.destroy());
      broker.on("close", () => box.destroy());
      box.on("close", () => broker.destroy());
      box.pipe(broker).pipe(box);
    });
  }

  const server = createServer((box) => {
    boxes.add(box);
    box.on("error", () => undefined);
    box.on("close", () => boxes.delete(box));
    lead(box, ports);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    async close() {
      server.close();
      for (const box of boxes) box.destroy();
      await once(server, "close");
    },
  };
}
