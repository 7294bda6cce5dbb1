// Records an RTSP camera with the real recorder, index and ffmpeg, and says of each flush what is on the disk.
// Arguments: data folder, address, seconds a segment.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { openBuffer, recordingsFolder } from "../../src/buffer/buffer.ts";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createChildRegister } from "../../src/drivers/ffmpeg/child-register.ts";
import { createMediaTools } from "../../src/drivers/ffmpeg/media-tools.ts";
import { FragmentHub } from "../../src/video/fragment-hub.ts";
import { createSplitter } from "../../src/video/fragmented-mp4.ts";
import { createRecorder } from "../../src/video/recorder.ts";

const [dataFolder = "", url = "", segmentSeconds = "4"] = process.argv.slice(2);
const clock = systemClock;
const log = silentLogger;
const buffer = await openBuffer({
  dataFolder,
  siteId: "longwan",
  bootId: "boot-1",
  clock,
  random: Math.random,
  log,
  clockQuality: () => "synced",
});
const hub = new FragmentHub();
const media = createMediaTools({ clock, log, register: createChildRegister(join(dataFolder, "children")) });
const recorder = createRecorder(
  {
    index: buffer.recordings,
    clock,
    clockQuality: () => "synced",
    timezone: "Asia/Shanghai",
    log,
    record: (draft) => void buffer.ledger.append(draft),
    folder: recordingsFolder(dataFolder),
  },
  [
    {
      camera: {
        id: "pond",
        record: {
          mode: "continuous",
          schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
          keep: { days: 30 },
          segmentSeconds: Number(segmentSeconds),
          beforeSeconds: 10,
          afterSeconds: 30,
          expectedKbps: 4000,
        },
      },
      stream: { hub, lease: () => () => {} },
    },
  ],
  { keepFreeBytes: 0, reservePercent: 0 },
);
await recorder.start();
const feed = createSplitter({ onInit: (init) => hub.begin(init), onFragment: (one) => hub.push(one) });
media.ingest({ stream: "main", camera: "pond", url }).stdout.on("data", feed);
writeSync(1, "open\n");
for (;;) {
  await clock.sleep(200);
  await recorder.flush("pond");
  for (const { path, sizeBytes, endMs } of await buffer.recordings.all()) {
    writeSync(1, `durable ${sizeBytes} ${endMs} ${path}\n`);
  }
}
