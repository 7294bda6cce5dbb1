import { type Listening, listen, writeIfOpen } from "../serial/listen.ts";
import type { ModbusSlave } from "./modbus-slave.ts";

const HEADER_BYTES = 7;
/** Unit and at least a function code; at most a whole PDU (253) with the unit. */
const SHORTEST = 2;
const LONGEST = 254;

/**
 * Modbus TCP (MBAP). Answers its own unit and the two that mean "no unit matters" (0 and 255), as the
 * Messaging Implementation Guide V1.0b, 4.4.1.2 has it. What is no MBAP costs the client its connection.
 * @throws the system error when the port cannot be had.
 */
export function serveModbusTcp(
  slave: ModbusSlave,
  address: { readonly host: string; readonly port: number },
): Promise<Listening> {
  return listen(address, (socket) => {
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      while (pending.length >= HEADER_BYTES) {
        const length = pending.readUInt16BE(4);
        if (pending.readUInt16BE(2) !== 0 || length < SHORTEST || length > LONGEST) {
          socket.destroy();
          return;
        }
        const end = HEADER_BYTES - 1 + length;
        if (pending.length < end) return;
        const answer = answerTo(slave, pending.subarray(0, end));
        pending = pending.subarray(end);
        if (answer) writeIfOpen(socket, answer);
      }
    });
  });
}

function answerTo(slave: ModbusSlave, request: Buffer): Buffer | undefined {
  const unit = request.readUInt8(HEADER_BYTES - 1);
  if (unit !== slave.unit && unit !== 0 && unit !== 0xff) return undefined;
  const pdu = slave.answer(request.subarray(HEADER_BYTES));
  if (pdu === undefined) return undefined;
  const header = Buffer.from(request.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(1 + pdu.length, 4);
  return Buffer.concat([header, pdu]);
}
