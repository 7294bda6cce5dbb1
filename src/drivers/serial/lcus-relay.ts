import type { Relay } from "../../core/devices.ts";
import type { Logger } from "../../core/log.ts";
import { createLcusDecoder, encodeLcus } from "./lcus-codec.ts";
import type { SerialLink } from "./serial-link.ts";
import { createSerialRelay } from "./serial-relay.ts";

/** One channel of an LCUS board. Most boards never answer, so an order is known to have left the box and no more. */
export function createLcusRelay(dependencies: { link: SerialLink; log: Logger }, channel: number): Relay {
  const { link } = dependencies;
  const log = dependencies.log.child({ bus: link.bus, channel });
  let reported: boolean | "unknown" = "unknown";
  let decode = createLcusDecoder();

  const stopListening = [
    link.onBytes((bytes) => {
      for (const frame of decode(bytes)) if (frame.channel === channel) reported = frame.on;
    }),
    link.onStateChange(() => {
      reported = "unknown";
    }),
  ];

  return createSerialRelay(
    { link, log },
    {
      order(on) {
        reported = "unknown";
        return link.write(encodeLcus({ channel, on }));
      },
      readBack: async () => reported,
      opened() {
        decode = createLcusDecoder();
      },
      release() {
        for (const stop of stopListening) stop();
      },
    },
  );
}
