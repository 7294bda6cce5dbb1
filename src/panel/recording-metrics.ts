import type { VillageState } from "../core/village.ts";
import { counter, gauge, label } from "./metrics-text.ts";

/** What recording does, what the disk holds and how the card wears. */
export function recordingMetrics({ cameras, storage }: VillageState): string[] {
  const recorded = cameras.flatMap(({ id, recording }) =>
    recording ? [[label("camera", id), Number(recording.state === "recording")] as const] : [],
  );
  const active = gauge("cunshao_recording_active", "1 while a camera is being recorded", recorded);
  if (!storage) return [active];
  const { outlook, writtenPerDay, cardLifeDays, freeBytes, freeInodes } = storage;
  const of = (figure: "daysHeld" | "sizeBytes" | "writtenBytes" | "gaps") =>
    storage.cameras.map((camera) => [label("camera", camera.camera), camera[figure]] as const);
  return [
    active,
    gauge("cunshao_recording_days_held", "Days back to a camera's oldest recording", of("daysHeld")),
    gauge("cunshao_recording_bytes", "Bytes of a camera's recordings on the disk", of("sizeBytes")),
    counter(
      "cunshao_recording_written_bytes_total",
      "Bytes of video written since the start",
      of("writtenBytes"),
    ),
    counter("cunshao_recording_gaps_total", "Gaps that the disk caused since the start", of("gaps")),
    gauge("cunshao_storage_free_bytes", "Free on the disk of the recordings", [["", freeBytes]]),
    gauge("cunshao_storage_free_inodes", "Files that the disk of the recordings still takes", [
      ["", freeInodes],
    ]),
    ...(outlook
      ? [
          gauge("cunshao_recording_days_expected", "Days that the disk will hold", [
            [label("basis", outlook.basis), outlook.days],
          ]),
          gauge("cunshao_recording_days_wanted", "Days that are to be kept", [["", outlook.wantedDays]]),
        ]
      : []),
    ...(writtenPerDay
      ? [
          gauge(
            "cunshao_written_bytes_per_day",
            "Written to the disk at the present pace; other is mostly the ledger",
            [
              [label("kind", "video"), writtenPerDay.videoBytes],
              ...(writtenPerDay.otherBytes === undefined
                ? []
                : [[label("kind", "other"), writtenPerDay.otherBytes] as const]),
            ],
          ),
        ]
      : []),
    ...(cardLifeDays === undefined
      ? []
      : [
          gauge("cunshao_card_life_days", "How long a new card of this endurance lasts", [
            ["", cardLifeDays],
          ]),
        ]),
  ];
}
