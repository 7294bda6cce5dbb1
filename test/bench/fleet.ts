// 200 boxes of a township pulled by one `cunshao pull` that is killed half-way and begun again, over a line that cuts answers off.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Fleet, startFleet } from "../../hw/virtual/fleet/fleet.ts";
import { createVirtualBox, type VirtualBox } from "../../hw/virtual/fleet/virtual-box.ts";
import { PROJECT } from "../support/project.ts";
import { measureStorm } from "./storm.ts";

const BOXES = 200;
const EVENTS_A_BOX = 1000;
const FILES_A_BOX = 2;
const FILE_BYTES = 60_000;
/** One answer in so many is cut off. */
const CUT_ONE_IN = 25;

/** And then a county's reconnect storm. */
export async function measureFleet(): Promise<object> {
  return { ...(await measurePull()), storm: await measureStorm() };
}

async function measurePull(): Promise<object> {
  const boxes = Array.from({ length: BOXES }, (_, index) => fullBox(index));
  const fleet = await startFleet(boxes);
  const folder = await mkdtemp(join(tmpdir(), "cunshao-fleet-"));
  try {
    const cut = cutAnswers(fleet);
    const config = join(folder, "boxes.json");
    const secrets = boxes.map(({ id, token }) => `${id}: "${token}"`).join("\n");
    await writeFile(join(folder, "secrets.yaml"), `${secrets}\n`, { mode: 0o600 });
    const listed = boxes.map(({ id }) => ({ id, url: fleet.url(id), token: { secret: id } }));
    await writeFile(config, JSON.stringify({ boxes: listed }));
    const out = join(folder, "pulled");

    const beganMs = performance.now();
    const killed = startPull(config, out);
    const half = (BOXES * EVENTS_A_BOX) / 2;
    while (killed.child.exitCode === null && pulledSoFar(boxes) < half) await sleep(20);
    const atKill = pulledSoFar(boxes);
    killed.child.kill("SIGKILL");
    await once(killed.child, "close");
    const last = startPull(config, out);
    const [exitCode] = (await once(last.child, "close")) as [number | null];
    const seconds = (performance.now() - beganMs) / 1000;
    if (exitCode !== 0) throw new Error(`cunshao pull ended with ${exitCode}: ${last.stderr().slice(-2000)}`);

    const { lost, duplicates } = await compare(boxes, out);
    const filesLost = await missingFiles(boxes, out);
    const events = BOXES * (EVENTS_A_BOX + FILES_A_BOX);
    return {
      boxes: BOXES,
      events,
      files: BOXES * FILES_A_BOX,
      seconds: round(seconds),
      eventsPerSecond: Math.round(events / seconds),
      killedAtEvent: atKill,
      answersCut: cut(),
      lost,
      duplicates,
      filesLost,
    };
  } finally {
    await fleet.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function fullBox(index: number): VirtualBox {
  const box = createVirtualBox(`village-${index + 1}`, `token-${index + 1}`);
  for (let event = 0; event < EVENTS_A_BOX; event++) {
    const isAlarm = event % 20 === 0;
    box.append({
      type: isAlarm ? "org.cunshao.alarm.raised" : "org.cunshao.camera.changed",
      class: isAlarm ? "alarm" : "state",
      subject: isAlarm ? `alarm-${event}` : "pond-east",
      data: {
        rule: "pond-bank",
        severity: "warning",
        because: { kind: "presence", camera: "pond-east" },
        event,
      },
    });
  }
  for (let file = 0; file < FILES_A_BOX; file++) {
    box.addFile(Buffer.alloc(FILE_BYTES, index * FILES_A_BOX + file), "image/jpeg");
  }
  return box;
}

/** @returns how many were cut off so far. */
function cutAnswers(fleet: Fleet): () => number {
  let answers = 0;
  let cut = 0;
  fleet.misbehave((_request, _path, response) => {
    answers++;
    if (answers % CUT_ONE_IN !== 0) return false;
    cut++;
    response.writeHead(200, { "content-length": "50000" });
    response.write("[", () => response.destroy());
    return true;
  });
  return () => cut;
}

function startPull(config: string, out: string) {
  const words = ["pull", config, "--out", out, "--json", "--tries", "20"];
  const child = spawn(process.execPath, [join(PROJECT, "dist/src/cli.js"), ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, stderr: () => text };
}

function pulledSoFar(boxes: readonly VirtualBox[]): number {
  return boxes.reduce((sum, { cursors }) => sum + (cursors.get("township")?.seq ?? 0), 0);
}

async function compare(
  boxes: readonly VirtualBox[],
  out: string,
): Promise<{ lost: number; duplicates: number }> {
  let lost = 0;
  let duplicates = 0;
  for (const box of boxes) {
    const due = new Map(box.events.map((event) => [event.id, event.hash]));
    const file = createReadStream(join(out, box.id, `${box.ledger}.ndjson`));
    for await (const line of createInterface({ input: file })) {
      const { id, hash } = JSON.parse(line) as { id: string; hash: string };
      if (due.get(id) === hash) due.delete(id);
      else duplicates++;
    }
    lost += due.size;
  }
  return { lost, duplicates };
}

async function missingFiles(boxes: readonly VirtualBox[], out: string): Promise<number> {
  let missing = 0;
  for (const { id, events } of boxes) {
    const folder = join(out, id, "evidence");
    const names = await readdir(folder, { recursive: true });
    const there = new Set(names.map((name) => name.split("/").at(-1)));
    for (const { data } of events) {
      const { sha256, sizeBytes } = data;
      if (typeof sha256 !== "string") continue;
      const isWhole =
        there.has(sha256) &&
        (await readFile(join(folder, sha256.slice(0, 2), sha256))).byteLength === sizeBytes;
      if (!isWhole) missing++;
    }
  }
  return missing;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
