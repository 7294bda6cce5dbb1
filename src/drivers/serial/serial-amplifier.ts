import type { Relay } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { AmplifierWiring } from "../../core/output-wiring.ts";
import { type AmplifierOrder, type AmplifierProfile, tellsState } from "../../core/profiles.ts";
import { createSignal } from "../../core/signals.ts";
import type { Clock } from "../../core/time.ts";
import {
  type AmplifierAnswer,
  type AmplifierStatus,
  answersTo,
  encodeAmplifier,
  readAmplifier,
} from "./amplifier-codec.ts";
import { expectMessage } from "./expect-message.ts";
import { moduleFault } from "./module-fault.ts";
import type { SerialLink } from "./serial-link.ts";
import { createSerialRelay } from "./serial-relay.ts";

const ATTEMPTS = 2;
/** No answer of the codecs is longer; noise beyond it is forgotten. */
const MOST_BYTES = 512;

/**
 * An amplifier that is switched over a serial line. On: power, then input and volume as the site wants them, then its mute
 * off. Off: mute, which is quick, then power. Throws `serial.port_lost`, `serial.timeout`, `amplifier.refused` (transient).
 */
export function createSerialAmplifier(
  dependencies: { readonly link: SerialLink; readonly clock: Clock; readonly log: Logger },
  profile: AmplifierProfile,
  { address, input, volume }: AmplifierWiring,
): Relay {
  const { link, clock } = dependencies;
  const log = dependencies.log.child({ bus: link.bus, device: profile.id, ...(address && { address }) });
  const heard = createSignal<Buffer>();
  let pending: Buffer = Buffer.alloc(0);

  const stopListening = link.onBytes((bytes) => {
    pending = Buffer.concat([pending, bytes]).subarray(-MOST_BYTES);
    heard.emit(pending);
  });

  /** Alone on the line; undefined where the amplifier says nothing to such an order. */
  async function exchange(order: AmplifierOrder): Promise<Exclude<AmplifierAnswer, undefined> | undefined> {
    const frame = encodeAmplifier(profile, order, address);
    if (!frame) return undefined;
    if (!answersTo(profile, order)) {
      await link.write(frame);
      return undefined;
    }
    let failure = moduleFault(
      profile,
      link,
      "serial.timeout",
      "no answer; check its power, its address, A and B",
    );
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      pending = Buffer.alloc(0);
      const answer = expectMessage<Buffer, Exclude<AmplifierAnswer, undefined> | "silent">(
        { clock, messages: heard },
        profile.answerMs,
        () => "silent",
        (bytes) => readAmplifier(profile, order, address, bytes),
      );
      try {
        await link.write(frame);
        const result = await link.whileOpen(answer.outcome);
        if (result === "refused") {
          failure = moduleFault(
            profile,
            link,
            "amplifier.refused",
            "it does not know the order; check its profile",
          );
        } else if (result !== "silent") return result;
      } finally {
        answer.cancel();
      }
    }
    throw failure;
  }

  async function status(): Promise<AmplifierStatus | undefined> {
    const answer = await exchange({ status: true });
    return typeof answer === "object" ? answer.status : undefined;
  }

  /** Whether it lets through what comes in; somebody at its front may have turned it down or away. */
  async function isSounding(): Promise<boolean | "unknown"> {
    const said = await link.exclusive(status);
    if (!said) return "unknown";
    const isRightInput = input === undefined || said.input === undefined || said.input === input;
    return said.power && said.mute !== true && said.volume !== 0 && isRightInput;
  }

  return createSerialRelay(
    { link, log },
    {
      async order(on) {
        if (!on) {
          // A mute that is not heard must not keep the power on.
          const muting = await exchange({ mute: true }).then(
            () => undefined,
            (error: unknown) => error,
          );
          await exchange({ power: false });
          if (muting instanceof GatewayError) log.warn({ code: muting.code }, "the amplifier did not mute");
          return;
        }
        await exchange({ power: true });
        if (input !== undefined) await exchange({ input });
        if (volume !== undefined) await exchange({ volumePercent: volume });
        await exchange({ mute: false });
      },
      async readBack() {
        if (profile.statusAnswer === undefined) return "unknown";
        return (await link.exclusive(status))?.power ?? "unknown";
      },
      ...(tellsState(profile) && { isSounding }),
      opened() {
        pending = Buffer.alloc(0);
      },
      release: stopListening,
    },
  );
}
