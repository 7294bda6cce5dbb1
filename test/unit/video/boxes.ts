import { execFileSync } from "node:child_process";

/** An ISO base media box. */
export function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(8);
  header.write(type, 4, "latin1");
  header.writeUInt32BE(8 + content.reduce((sum, { length }) => sum + length, 0));
  return Buffer.concat([header, ...content]);
}

/** A sample description with nothing in it but the codec. */
function videoTrack(): Buffer {
  const entry = box("avc1", Buffer.alloc(78), box("avcC", Buffer.from([1, 0x42, 0xc0, 0x1e])));
  const description = box("stsd", Buffer.alloc(8), entry);
  return box("trak", box("mdia", box("minf", box("stbl", description))));
}

export const INIT_BYTES = Buffer.concat([box("ftyp", Buffer.from("iso5")), box("moov", videoTrack())]);

/** The smallest `moof` with an `mdat`; `label` makes fragments differ, `decodeTime` counts 90,000 ticks a second. */
export function fragmentBytes(keyFrame: boolean, label = "", decodeTime = 0): Buffer {
  const run = Buffer.alloc(12);
  run.writeUInt32BE(0x4, 0);
  run.writeUInt32BE(1, 4);
  run.writeUInt32BE(keyFrame ? 0x02_00_00_00 : 0x01_01_00_00, 8);
  const time = Buffer.alloc(8);
  time.writeUInt32BE(decodeTime, 4);
  const moof = box("moof", box("traf", box("tfdt", time), box("trun", run)));
  return Buffer.concat([moof, box("mdat", Buffer.from(label))]);
}

/** What the ingest would give of two seconds of a camera with a microphone. */
export function encodeWithSound(): Buffer {
  return execFileSync("ffmpeg", [
    ...["-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25"],
    ...["-f", "lavfi", "-i", "sine=sample_rate=16000", "-t", "2", "-c:v", "libx264", "-preset", "ultrafast"],
    ...["-tune", "zerolatency", "-g", "10", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac"],
    ...["-f", "mp4", "-movflags", "frag_every_frame+empty_moov+default_base_moof+skip_trailer+separate_moof"],
    "pipe:1",
  ]);
}

/** What the ingest would give of 25 frames with a key frame every ten. */
export function encodeFragmentedMp4(codec: "libx264" | "libx265"): Buffer {
  return execFileSync(
    "ffmpeg",
    [
      ...["-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x96:rate=25", "-frames:v", "25"],
      ...["-c:v", codec, "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10", "-pix_fmt", "yuv420p"],
      ...(codec === "libx265"
        ? ["-x265-params", "log-level=none:scenecut=0:open-gop=0"]
        : ["-sc_threshold", "0"]),
      ...["-f", "mp4", "-movflags", "frag_every_frame+empty_moov+default_base_moof+skip_trailer", "pipe:1"],
    ],
    { maxBuffer: 32 * 1024 * 1024 },
  );
}
