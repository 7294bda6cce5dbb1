import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../core/errors.ts";
import type { LessonBook } from "../core/lesson.ts";
import { fileError } from "./database-errors.ts";
import { makeFolder, writeDurably } from "./durable-files.ts";

export interface LessonPictures {
  readonly keep: LessonBook["keepPicture"];
  readonly find: LessonBook["picture"];
  readonly keepOnly: LessonBook["keepOnly"];
}

/** Keeps one JPEG a lesson in `folder`, for people to look at: no evidence, the next takes its place. */
export function createLessonPictures(folder: string): LessonPictures {
  // An id may be anything that a file's name may not.
  const nameOf = (lesson: string): string =>
    `${createHash("sha256").update(lesson).digest("hex").slice(0, 32)}.jpg`;
  return {
    async keep(lesson, jpeg) {
      const path = join(folder, nameOf(lesson));
      try {
        await makeFolder(folder);
        await rm(`${path}.draft`, { force: true });
        await writeDurably(`${path}.draft`, path, jpeg);
      } catch (error) {
        throw fileError("lessons", error);
      }
    },
    async find(lesson) {
      const path = join(folder, nameOf(lesson));
      try {
        const [jpeg, { mtimeMs }] = await Promise.all([readFile(path), stat(path)]);
        return { jpeg, atMs: mtimeMs };
      } catch (error) {
        if (errorCode(error) === "ENOENT") return undefined;
        throw fileError("lessons", error);
      }
    },
    async keepOnly(lessons) {
      const kept = new Set(lessons.map(nameOf));
      try {
        const names = await readdir(folder);
        for (const name of names) if (!kept.has(name)) await rm(join(folder, name), { force: true });
      } catch (error) {
        if (errorCode(error) !== "ENOENT") throw fileError("lessons", error);
      }
    },
  };
}
