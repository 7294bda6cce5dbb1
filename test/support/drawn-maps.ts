import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** A drawn village: fields, a pond, two roads. */
export function drawVillage(path: string): void {
  const shapes = [
    "drawbox=x=0:y=300:w=1200:h=26:c=0xd8cba8:t=fill",
    "drawbox=x=760:y=0:w=26:h=900:c=0xd8cba8:t=fill",
    "drawbox=x=180:y=380:w=340:h=260:c=0x8fc3d8:t=fill",
    "drawbox=x=560:y=160:w=150:h=110:c=0xb7a58c:t=fill",
    "drawbox=x=840:y=480:w=240:h=180:c=0xc9b59a:t=fill",
  ];
  draw("color=c=0xc5d6a0:s=1200x900", path, ["-vf", shapes.join(",")]);
}

/** Lays four tiles into a folder, and tells what part of the earth they cover. */
export function layTiles(folder: string, [zoom, west, north]: readonly [number, number, number]) {
  for (const x of [west, west + 1]) {
    for (const y of [north, north + 1]) {
      const colour = (x + y) % 2 === 0 ? "0xc5d6a0" : "0xb3c48c";
      draw(`color=c=${colour}:s=256x256`, join(folder, String(zoom), String(x), `${y}.png`));
    }
  }
  const scale = 2 ** zoom;
  return {
    left: west / scale,
    right: (west + 2) / scale,
    top: north / scale,
    bottom: (north + 2) / scale,
  };
}

function draw(source: string, path: string, more: readonly string[] = []): void {
  mkdirSync(dirname(path), { recursive: true });
  const ground = ["-f", "lavfi", "-i", source, ...more];
  execFileSync("ffmpeg", ["-v", "error", "-y", ...ground, "-frames:v", "1", path]);
}
