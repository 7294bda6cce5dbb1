import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { compressALaw, expandALaw, readAudioPacket } from "../../../../../hw/virtual/horn/rtp-audio.ts";
import { createVirtualMicrophone } from "../../../../../hw/virtual/horn/virtual-microphone.ts";
import { until } from "../../../../support/until.ts";

test("every byte of A-law is what its own sample is compressed to", () => {
  for (let byte = 0; byte < 256; byte++) expect(compressALaw(expandALaw(byte))).toBe(byte);
});

test("what a horn gives off is heard a little later and once more as an echo, and not at all when the cable is cut", async () => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const heard: number[] = [];
  socket.on("message", (bytes) => heard.push(...(readAudioPacket(bytes)?.samples ?? [])));
  const microphone = createVirtualMicrophone({
    ...{ host: "127.0.0.1", port: socket.address().port, delayMs: 60, noise: 0 },
    echo: { share: 0.5, afterMs: 100 },
  });
  microphone.start();
  onTestFinished(() => {
    microphone.stop();
    socket.close();
  });
  await until(() => heard.length > 800);
  microphone.hear(new Int16Array(400).fill(16_000), 8000);
  const first = await until(() => heard.findIndex((sample) => sample > 7000) + 1);
  await until(() => heard.length > first + 2000);
  expect(heard[first + 810]).toBeGreaterThan(3500);
  expect(heard[first + 810]).toBeLessThan(4500);
  expect(heard.slice(first + 420, first + 780).every((sample) => Math.abs(sample) < 100)).toBe(true);
  microphone.setFault("silent");
  const before = heard.length;
  microphone.hear(new Int16Array(400).fill(16_000), 8000);
  await until(() => heard.length > before + 2000);
  expect(heard.slice(before + 200).every((sample) => Math.abs(sample) < 2000)).toBe(true);
});
