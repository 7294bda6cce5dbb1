import type { SetUpEntry, SetUpView, WrittenEntry } from "../../../../src/core/set-up.ts";

/** What the page is told of the set-up, with these entries as the file has them. */
export function viewOf(
  lists: Partial<Record<SetUpEntry["list"], readonly WrittenEntry[]>>,
  more: Partial<SetUpView> = {},
): SetUpView {
  const entries = Object.entries(lists).flatMap(([list, written]) =>
    written.map((entry) => ({
      list: list as SetUpEntry["list"],
      id: String(entry["id"]),
      entry,
      origin: "file" as const,
    })),
  );
  return {
    ...{ version: 0, running: 0, entries, leftOut: [] },
    buses: [
      { id: "levels", port: "/dev/ttyUSB0", framing: "rtu" },
      { id: "relays", port: "tcp://192.168.1.30:502", framing: "rtu" },
    ],
    sensorModels: [{ id: "qdy30a", name: "QDY30A", unit: "m" }],
    relayModels: [{ id: "waveshare", name: "Waveshare", channels: 8 }],
    ...more,
  };
}
