import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../../src/core/time.ts";
import { createReadBatches } from "../../../../src/drivers/ffmpeg/read-batches.ts";
import { createManualClock } from "../../../support/manual-clock.ts";
import { until } from "../../../support/until.ts";

function runShell(script: string) {
  const child = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

function gather(pipe: Readable): { text(): string; chunks: Buffer[] } {
  const chunks: Buffer[] = [];
  pipe.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { chunks, text: () => Buffer.concat(chunks).toString() };
}

describe("a pipe that is read in batches", () => {
  test("gives everything in order, and its end", async () => {
    const child = runShell('i=0; while [ $i -lt 40 ]; do printf "$i,"; i=$((i+1)); sleep 0.01; done');
    createReadBatches(systemClock).add(child.stdout);
    const { text, chunks } = gather(child.stdout);
    await once(child, "close");
    expect(text()).toBe(Array.from({ length: 40 }, (_, index) => `${index},`).join(""));
    expect(chunks.length).toBeLessThan(40);
  });

  test("gives more than a read holds at once", async () => {
    const child = runShell("printf begin; head -c 3000000 /dev/zero");
    createReadBatches(systemClock).add(child.stdout);
    const { chunks } = gather(child.stdout);
    await once(child, "close");
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(3_000_005);
  });

  test("closes with a child that is killed in the midst of it", async () => {
    const child = runShell("while :; do echo on; sleep 0.01; done");
    createReadBatches(systemClock).add(child.stdout);
    const { chunks } = gather(child.stdout);
    await until(() => chunks.length > 3);
    child.kill("SIGKILL");
    await once(child, "close");
  });

  test("makes the child wait while its listener is paused, and loses nothing", async () => {
    const child = runShell("printf begin; head -c 3000000 /dev/zero");
    createReadBatches(systemClock).add(child.stdout);
    const { chunks } = gather(child.stdout);
    await until(() => chunks.length > 0);
    child.stdout.pause();
    await until(() => child.stdout.readableLength > 0);
    expect(child.stdout.readableLength).toBeLessThan(500_000);
    child.stdout.resume();
    await once(child, "close");
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(3_000_005);
  });

  test("gives each answer of a child that is told more and more, and its end", async () => {
    const child = runShell("cat");
    createReadBatches(systemClock).addAnswers(child);
    const { text } = gather(child.stdout);
    let told = "";
    for (const word of ["one,", "two,", "three,", "four"]) {
      told += word;
      child.stdin.write(word);
      await until(() => text() === told);
    }
    child.stdin.end();
    await once(child, "close");
    expect(text()).toBe("one,two,three,four");
  });

  test("closes with a child that dies after its last answer", async () => {
    const child = runShell("cat");
    createReadBatches(systemClock).addAnswers(child);
    const { text } = gather(child.stdout);
    for (const word of ["one,", "two"]) {
      child.stdin.write(word);
      await until(() => text().endsWith(word));
    }
    child.kill("SIGKILL");
    await once(child, "close");
  });

  test("is read less often while nobody waits for it, and in a hurry again as soon as somebody does", async () => {
    const clock = createManualClock();
    const child = spawn("sh", ["-c", "printf begin; while read word; do printf $word; echo >&2; done"]);
    onTestFinished(() => void child.kill("SIGKILL"));
    /** Until the pipe holds it, which nothing but a read would tell. */
    const say = async (word: string): Promise<void> => {
      const said = once(child.stderr, "data");
      child.stdin.write(`${word}\n`);
      await said;
    };
    let isHurried = false;
    createReadBatches(clock).add(child.stdout, () => isHurried);
    const { text } = gather(child.stdout);
    await until(() => text() === "begin");
    // The first batch after the beginning.
    await clock.advance(80);
    await say("slow");
    await clock.advance(160);
    expect(text()).toBe("begin");
    await clock.advance(80);
    expect(text()).toBe("beginslow");
    isHurried = true;
    await clock.advance(240);
    await say("fast");
    await clock.advance(80);
    expect(text()).toBe("beginslowfast");
  });

  test("is read as usual where it is no pipe of a child", async () => {
    const stream = new PassThrough();
    createReadBatches(systemClock).add(stream);
    const { text } = gather(stream);
    stream.end("whole");
    await once(stream, "close");
    expect(text()).toBe("whole");
  });
});
