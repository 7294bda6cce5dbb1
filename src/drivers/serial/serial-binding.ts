import { close } from "node:fs";
import { promisify } from "node:util";
import { SerialPort } from "serialport";

const closeFile = promisify(close);

/** Of an open port of the package, what its end has to do with. */
export interface OpenPort {
  fd: number | null;
  readonly poller: { stop(): void; destroy(): void };
  read(buffer: Buffer, offset: number, length: number): Promise<unknown>;
  write(bytes: Buffer): Promise<unknown>;
  close(): Promise<void>;
}

/** Of Linux: its port has the number of its file. */
const linux = SerialPort.binding as { open(options: object): Promise<OpenPort> };

/**
 * The package's own way to the ports of this system, but for how a port ends. The package reads and writes in other threads by the number
 * of the open file and closes it beside them. The kernel gives that number to whatever is opened next: what was still under way would
 * read from there, or write into it.
 */
export const serialBinding = {
  open: async (options: object): Promise<OpenPort> => closingLast(await linux.open(options)),
};

/** The same port, whose file is closed only once nothing of it is under way any more. */
export function closingLast<Port extends OpenPort>(port: Port): Port {
  const underWay = new Set<Promise<unknown>>();

  function track<T>(work: Promise<T>): Promise<T> {
    underWay.add(work);
    const ended = (): void => void underWay.delete(work);
    work.then(ended, ended);
    return work;
  }

  const { read, write } = port;
  return Object.assign(port, {
    read: (buffer: Buffer, offset: number, length: number) => track(read.call(port, buffer, offset, length)),
    write: (bytes: Buffer) => track(write.call(port, bytes)),
    async close() {
      const { fd } = port;
      if (fd === null) throw new Error("the port is not open");
      // From here on whatever comes back ends instead of going on, and what waits for the line waits no more.
      port.fd = null;
      port.poller.stop();
      port.poller.destroy();
      await Promise.allSettled(underWay);
      await closeFile(fd);
    },
  });
}
