import { describe, expect, test } from "vitest";
import { loadProfiles } from "../../../src/config/profiles.ts";
import { encodeGb } from "../../../src/core/gb-text.ts";
import type { AmplifierProfile, ModbusRelayOrder, VoiceModuleProfile } from "../../../src/core/profiles.ts";
import { relayWrite } from "../../../src/drivers/modbus/modbus-relay.ts";
import { encodeAmplifier } from "../../../src/drivers/serial/amplifier-codec.ts";
import { crc16 } from "../../../src/drivers/serial/crc16.ts";
import { dfplayerFrame } from "../../../src/drivers/serial/dfplayer-codec.ts";
import { encodeJq8900, jq8900Message } from "../../../src/drivers/serial/jq8900-codec.ts";
import { encodeLcus } from "../../../src/drivers/serial/lcus-codec.ts";
import { encodeSpeech } from "../../../src/drivers/serial/speech-codec.ts";

const loaded = await loadProfiles();
if (!loaded.ok) throw new Error("the profiles do not load");
const { relays, amplifiers, voiceModules } = loaded.profiles;

function hex(bytes: Uint8Array | undefined): string {
  return [...(bytes ?? [])].map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ");
}

function modbusFrame(profile: Parameters<typeof relayWrite>[0], order: ModbusRelayOrder): Buffer {
  const { address, channel, on, forMs } = order;
  const write =
    forMs !== undefined
      ? relayWrite(profile, channel, { forMs })
      : relayWrite(profile, channel, { on: on ?? false });
  const [code, value] = on === undefined && forMs === undefined ? [1, 1] : [5, write.value];
  const frame = Buffer.alloc(8);
  frame.set([address, code]);
  frame.writeUInt16BE(write.coil, 2);
  frame.writeUInt16BE(value, 4);
  frame.writeUInt16LE(crc16(frame.subarray(0, 6)), 6);
  return frame;
}

function voiceFrame(
  profile: VoiceModuleProfile,
  order: VoiceModuleProfile["examples"][number]["what"],
): Buffer {
  switch (profile.codec) {
    case "dfplayer":
      return dfplayerFrame(order, profile.tracksBy);
    case "jq8900":
      return encodeJq8900(jq8900Message(order));
    default: {
      if (order.say === undefined) return encodeSpeech(profile, order.stop ? "stop" : "status");
      const bytes = encodeGb(order.say, profile.encoding);
      if ("lacks" in bytes) throw new Error(`it lacks ${bytes.lacks.join()}`);
      return encodeSpeech(profile, { say: bytes });
    }
  }
}

describe("the examples of the shipped profiles are what goes out", () => {
  const relayRows = [...relays.values()].flatMap((profile) =>
    profile.codec === "lcus"
      ? profile.examples.map(({ what, bytes }) => [
          profile.id,
          JSON.stringify(what),
          hex(encodeLcus(what)),
          bytes,
        ])
      : profile.examples.map(({ what, bytes }) => [
          profile.id,
          JSON.stringify(what),
          hex(modbusFrame(profile, what)),
          bytes,
        ]),
  );
  const voiceRows = [...voiceModules.values()].flatMap((profile) =>
    profile.examples.map(({ what, bytes }) => [
      profile.id,
      JSON.stringify(what),
      hex(voiceFrame(profile, what)),
      bytes,
    ]),
  );
  const amplifierRows = [...amplifiers.values()].flatMap((profile: AmplifierProfile) =>
    profile.examples.map(({ what, address, bytes }) => [
      profile.id,
      JSON.stringify(what),
      hex(encodeAmplifier(profile, what, address)),
      bytes,
    ]),
  );

  test.each([...relayRows, ...voiceRows, ...amplifierRows])("%s: %s", (_, __, sent, printed) => {
    expect(sent).toBe(printed);
  });
});
