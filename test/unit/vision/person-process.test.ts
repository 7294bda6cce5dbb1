import { describe, expect, test } from "vitest";
import type { OwnProgram, ProgramEnd } from "../../../src/core/own-program.ts";
import type { LoadQuestion, LookAnswer, LookQuestion } from "../../../src/vision/people/look-messages.ts";
import type { LookPicture, PersonModelFacts } from "../../../src/vision/people/person-model.ts";
import { createPersonProcess } from "../../../src/vision/people/person-process.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const FACTS: PersonModelFacts = {
  id: "nanodet-g",
  sha256: "ab",
  sides: { multiple: 32, width: 416, height: 416 },
  usualScore: 0.4,
};
const PICTURE: LookPicture = { width: 64, height: 32, pixels: new Uint8Array(64 * 32 * 3) };
const SOMEBODY = [{ box: { x: 0, y: 0, width: 0.5, height: 0.5 }, score: 0.9 }];

type Question = LoadQuestion | LookQuestion;
interface FakeProgram extends OwnProgram {
  readonly asked: Question[];
  wasKilled: boolean;
  end(end: Partial<ProgramEnd>): void;
}

/** @param answers what each program started answers; undefined: nothing, ever. */
function rig(answers: (question: Question, program: number) => LookAnswer | "dies" | undefined) {
  const clock = createManualClock();
  const programs: FakeProgram[] = [];
  const model = createPersonProcess(
    {
      clock,
      startProgram: () => {
        let listener: (message: unknown) => void = () => {};
        let end: FakeProgram["end"] = () => {};
        const ended = new Promise<ProgramEnd>((resolve) => {
          end = (how) => resolve({ code: null, signal: null, lastWords: "", ...how });
        });
        const number = programs.length;
        const program: FakeProgram = {
          asked: [],
          wasKilled: false,
          ended,
          end,
          onMessage: (listen) => {
            listener = listen;
          },
          send(message) {
            program.asked.push(message as Question);
            const answer = answers(message as Question, number);
            if (answer === "dies") end({ signal: "SIGSEGV", lastWords: "bad\nvery bad" });
            else if (answer) queueMicrotask(() => listener(answer));
          },
          kill() {
            program.wasKilled = true;
            end({ signal: "SIGKILL" });
          },
        };
        programs.push(program);
        return program;
      },
    },
    { file: "/models/m.onnx", sha256: "ab", threads: 1 },
  );
  return { clock, model, programs };
}

const healthy = (question: Question): LookAnswer =>
  question.kind === "load" ? { kind: "loaded", facts: FACTS } : { kind: "people", people: SOMEBODY };
const refusal = (code: string): LookAnswer => ({ kind: "refused", code, message: `it is ${code}` });

describe("a model in a process of its own", () => {
  test("is loaded once, by the first who needs it", async () => {
    const { model, programs } = rig(healthy);
    expect(programs).toHaveLength(0);
    expect(await model.detect(PICTURE)).toEqual(SOMEBODY);
    expect(await model.load()).toEqual(FACTS);
    expect(await model.detect(PICTURE)).toEqual(SOMEBODY);
    expect(programs.map(({ asked }) => asked.map(({ kind }) => kind))).toEqual([["load", "look", "look"]]);
  });

  test("is asked one thing after the other", async () => {
    const { clock, model, programs } = rig((question) =>
      question.kind === "load" ? healthy(question) : undefined,
    );
    const looks = [model.detect(PICTURE), model.detect(PICTURE)].map((look) => look.catch(() => "failed"));
    await clock.settle();
    expect(programs[0]?.asked).toHaveLength(2);
    await model.close();
    expect(await Promise.all(looks)).toEqual(["failed", "failed"]);
  });

  test.each([
    ["detector.missing", "permanent"],
    ["detector.wrong_sum", "permanent"],
    ["detector.unreadable", "permanent"],
    ["detector.wrong_shape", "permanent"],
    ["detector.no_runtime", "permanent"],
  ])("that is refused for %s says so, and its process ends", async (code, kind) => {
    const { model, programs } = rig(() => refusal(code));
    await expect(model.load()).rejects.toMatchObject({ code, kind, message: `it is ${code}` });
    expect(programs[0]?.wasKilled).toBe(true);
  });

  test("that dies while it looks rejects that look, and looks again a second later", async () => {
    const { clock, model, programs } = rig((question, program) =>
      program === 0 && question.kind === "look" ? "dies" : healthy(question),
    );
    await expect(model.detect(PICTURE)).rejects.toMatchObject({
      code: "detector.crashed",
      kind: "transient",
      message: expect.stringMatching(/SIGSEGV.*very bad/),
    });
    await expect(model.detect(PICTURE)).rejects.toMatchObject({ code: "detector.crashed" });
    expect(programs).toHaveLength(1);
    await clock.advance(1000);
    expect(await model.detect(PICTURE)).toEqual(SOMEBODY);
  });

  test("that dies between two looks is started again by the next", async () => {
    const { clock, model, programs } = rig(healthy);
    await model.detect(PICTURE);
    programs[0]?.end({ code: 1 });
    await clock.settle();
    expect(await model.detect(PICTURE)).toEqual(SOMEBODY);
    expect(programs).toHaveLength(2);
  });

  test("that hangs is killed after ten seconds", async () => {
    const { clock, model, programs } = rig((question) =>
      question.kind === "load" ? healthy(question) : undefined,
    );
    const look = model.detect(PICTURE).catch((error: unknown) => error);
    await clock.advance(9_999);
    expect(programs[0]?.wasKilled).toBe(false);
    await clock.advance(1);
    expect(await look).toMatchObject({ code: "detector.hung", kind: "transient" });
    expect(programs[0]?.wasKilled).toBe(true);
  });

  test("that hangs while it loads is killed after a minute", async () => {
    const { clock, model, programs } = rig(() => undefined);
    const loading = model.load().catch((error: unknown) => error);
    await clock.advance(60_000);
    expect(await loading).toMatchObject({ code: "detector.hung" });
    expect(programs[0]?.wasKilled).toBe(true);
  });

  test("that fails again and again is started ever more seldom, down to once a minute", async () => {
    const { clock, model, programs } = rig((question) =>
      question.kind === "load" ? healthy(question) : "dies",
    );
    const startsMs: number[] = [];
    for (let ms = 0; ms <= 240_000; ms += 1000) {
      await model.detect(PICTURE).catch(() => {});
      if (programs.length > startsMs.length) startsMs.push(ms);
      await clock.advance(1000);
    }
    const gapsMs = startsMs.slice(1).map((ms, i) => ms - (startsMs[i] ?? 0));
    expect(gapsMs).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  test.each<[string, LookPicture]>([
    ["whose sides do not divide", { width: 60, height: 32, pixels: new Uint8Array(60 * 32 * 3) }],
    ["that is too large", { width: 448, height: 32, pixels: new Uint8Array(448 * 32 * 3) }],
    ["with bytes missing", { width: 64, height: 32, pixels: new Uint8Array(64 * 32 * 3 - 1) }],
    ["of nothing", { width: 0, height: 32, pixels: new Uint8Array() }],
    ["of no number", { width: Number.NaN, height: 32, pixels: new Uint8Array() }],
  ])("never sees a picture %s", async (_what, picture) => {
    const { model, programs } = rig(healthy);
    await expect(model.detect(picture)).rejects.toMatchObject({
      code: "detector.wrong_picture",
      kind: "bug",
    });
    expect(programs[0]?.asked.map(({ kind }) => kind)).toEqual(["load"]);
    expect(await model.detect(PICTURE)).toEqual(SOMEBODY);
  });

  test("that is closed rejects what waits, and leaves no timer behind", async () => {
    const { clock, model, programs } = rig((question) =>
      question.kind === "load" ? healthy(question) : undefined,
    );
    const looks = [model.detect(PICTURE), model.detect(PICTURE)];
    const ends = looks.map((look) => look.catch((error: unknown) => error));
    await clock.settle();
    await model.close();
    expect(await Promise.all(ends)).toEqual([
      expect.objectContaining({ code: "detector.closed" }),
      expect.objectContaining({ code: "detector.closed" }),
    ]);
    expect(programs).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });

  test("that could not be started says so", async () => {
    const { model, programs } = rig(() => undefined);
    const loading = model.load().catch((error: unknown) => error);
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    programs[0]?.end({ lastWords: "spawn EAGAIN" });
    expect(await loading).toMatchObject({
      code: "detector.crashed",
      message: expect.stringContaining("EAGAIN"),
    });
  });
});
