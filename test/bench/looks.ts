import { join } from "node:path";
import { silentLogger } from "../../src/core/log.ts";
import { systemClock } from "../../src/core/time.ts";
import { createOwnPrograms } from "../../src/drivers/node/own-program.ts";
import { loadModel } from "../../src/vision/people/onnx-model.ts";
import { defaultModel } from "../../src/vision/people/people.ts";
import type { LookPicture, PersonBox } from "../../src/vision/people/person-model.ts";
import { createPersonProcess } from "../../src/vision/people/person-process.ts";
import { footagePicture, missing, NANODET, YOLOX } from "../support/footage-pictures.ts";
import { PROJECT } from "../support/project.ts";
import { footage } from "../support/rtsp-cameras.ts";
import { MissingPart } from "./missing-part.ts";

// What a look costs on one thread: the model that comes with the program, beside YOLOX-nano from the same run.

const TARGET_MS = 25;
const ROUNDS = 40;
const SIZES = [
  { width: 320, height: 192 },
  { width: 416, height: 224 },
  { width: 416, height: 416 },
] as const;
const CLIP = "worker-zone.mp4";
const YOLOX_SHA256 = "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14";

type Look = (picture: LookPicture) => Promise<readonly PersonBox[]>;

interface Cost {
  readonly medianMs: number;
  readonly fastestMs: number;
  /** By processor time, so that who else is busy here does not count. */
  readonly looksPerSecondPerCore: number;
}

export async function measureLooks(): Promise<object> {
  const obstacle = missing(NANODET, YOLOX, footage(CLIP));
  if (obstacle) throw new MissingPart(`bench looks: ${obstacle}`);
  const own = { ...defaultModel(join(PROJECT, "dist/models")), threads: 1 };
  const nanodet = await loadModel(own);
  const yolox = await loadModel({ file: YOLOX, sha256: YOLOX_SHA256, threads: 1 });
  const startProgram = createOwnPrograms({ log: silentLogger });
  const apart = createPersonProcess({ clock: systemClock, startProgram }, own);
  try {
    const pictures = SIZES.map((size) => footagePicture(CLIP, 2, size));
    const [small, wide, square] = pictures as [LookPicture, LookPicture, LookPicture];
    // In turns, so that a machine that grows busy grows busy for all.
    const contestants: readonly (readonly [string, Look, LookPicture])[] = [
      ["nanodet-g 320x192", nanodet.look, small],
      ["nanodet-g 416x224", nanodet.look, wide],
      ["nanodet-g 416x416", nanodet.look, square],
      ["nanodet-g 416x224, in its process", apart.detect, wide],
      ["yolox-nano 416x416", yolox.look, wide],
    ];
    const costs = await takeTurns(contestants);
    const [ours, theirs] = ["nanodet-g 416x224", "yolox-nano 416x416"].map((name) => costs[name]);
    const medianMs = ours?.medianMs ?? Number.NaN;
    return {
      model: nanodet.facts.id,
      medianMs,
      looksPerSecondPerCore: ours?.looksPerSecondPerCore,
      targetMs: TARGET_MS,
      withinTarget: medianMs <= TARGET_MS,
      ratio: rounded(medianMs / (theirs?.medianMs ?? Number.NaN), 2),
      threads: 1,
      looks: ROUNDS,
      costs,
    };
  } finally {
    await apart.close();
  }
}

async function takeTurns(
  contestants: readonly (readonly [string, Look, LookPicture])[],
): Promise<Readonly<Record<string, Cost>>> {
  const times = new Map(contestants.map(([name]) => [name, { wallMs: [] as number[], cpuMs: 0 }]));
  for (const [, look, picture] of contestants) await look(picture);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, look, picture] of contestants) {
      const cpuBefore = process.cpuUsage();
      const began = performance.now();
      await look(picture);
      const { user, system } = process.cpuUsage(cpuBefore);
      const spent = times.get(name);
      spent?.wallMs.push(performance.now() - began);
      if (spent) spent.cpuMs += (user + system) / 1000;
    }
    process.stderr.write(`\r${round + 1} of ${ROUNDS} rounds `);
  }
  process.stderr.write("\n");
  return Object.fromEntries(
    [...times].map(([name, { wallMs, cpuMs }]) => {
      wallMs.sort((a, b) => a - b);
      const medianMs = rounded(wallMs[ROUNDS >> 1] ?? Number.NaN, 1);
      // What runs in another process is not in this one's processor time.
      const apart = name.endsWith("process");
      const looksPerSecondPerCore = rounded(apart ? 1000 / medianMs : (1000 * ROUNDS) / cpuMs, 1);
      return [name, { medianMs, fastestMs: rounded(wallMs[0] ?? Number.NaN, 1), looksPerSecondPerCore }];
    }),
  );
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
