// hw/virtual/serial/: devices that speak the real serial protocols of hw/profiles, written from the datasheets and
// apart from src/drivers, so that each checks the other. May import node builtins and src/core, never src/drivers.

/** What hangs on a virtual serial line: takes bytes as they come, in pieces of any size, and answers. */
export interface ByteDevice {
  /**
   * @param reply sends towards whoever sent `bytes`; a device may keep it for later, unasked messages.
   * After the line is gone it does nothing.
   */
  receive(bytes: Buffer, reply: (bytes: Buffer) => void): void;
}

/** Faults that tests and the kit's controls switch on and off while the device runs. */
export interface LineFaults {
  /** Nothing leaves the device, though it still hears and acts. */
  mute: boolean;
  /** The first byte of every answer is wrong, as cheap RS-485 adapters do after the turnaround. */
  garble: boolean;
  /** Every answer is noise of the same length instead. */
  garbage: boolean;
  /** Every answer leaves this much later, 0 or more. */
  slowMs: number;
}

export function createLineFaults(): LineFaults {
  return { mute: false, garble: false, garbage: false, slowMs: 0 };
}

/** The device on a line whose RX hears its own TX, as half-duplex adapters do: what is sent comes back first. */
export function onEchoingLine(device: ByteDevice): ByteDevice {
  return {
    receive(bytes, reply) {
      reply(Buffer.from(bytes));
      device.receive(bytes, reply);
    },
  };
}

/** `reply` as it sounds through the faults that are on at the moment of each answer. */
export function throughFaults(faults: LineFaults, reply: (bytes: Buffer) => void): (bytes: Buffer) => void {
  return (bytes) => {
    if (faults.mute) return;
    const sent = Buffer.from(bytes);
    const first = sent[0];
    if (faults.garble && first !== undefined) sent[0] = first ^ 0xff;
    if (faults.garbage)
      for (const [at, byte] of sent.entries()) sent[at] = (byte * 31 + 17 * at + 0x55) & 0xff;
    if (faults.slowMs > 0) setTimeout(() => reply(sent), faults.slowMs).unref();
    else reply(sent);
  };
}
