import { stat } from "node:fs/promises";
import { z } from "zod";
import type { DetectorSetting } from "../core/detector.ts";
import { errorCode } from "../core/errors.ts";
import { decimal, text, whole } from "./fields.ts";

/** Leaves a box of four cores time for recording, speaking and showing. */
const SHARE = 0.5;
const expected = "people, movement, or {model: <an ONNX file>, sha256: <its sum>, threads, share}";

/** By what people are found: the model that comes with the program, one that a technician brought, or none. */
export const detector = z
  .union(
    [
      z.literal(["people", "movement"]),
      z
        .strictObject({
          model: text(/^\/\S+$/, "the path of an ONNX file, from /").optional(),
          sha256: text(/^[0-9a-fA-F]{64}$/, "64 hexadecimal digits, as sha256sum prints them").optional(),
          /** Cores that one look may use. */
          threads: whole(1, 4).default(1),
          /** Of one core, for the looks of all cameras together. */
          share: decimal(0.05, 4).default(SHARE),
        })
        .refine(({ model, sha256 }) => model === undefined || sha256 !== undefined, {
          message: "the SHA-256 of the model's file, as sha256sum prints it",
          path: ["sha256"],
        })
        .refine(({ model, sha256 }) => model !== undefined || sha256 === undefined, {
          message: "the path of the ONNX file that the sum is of",
          path: ["model"],
        }),
    ],
    { error: expected },
  )
  .transform((setting): DetectorSetting => {
    if (setting === "movement") return { kind: "movement" };
    if (setting === "people") return { kind: "people", model: undefined, threads: 1, share: SHARE };
    const { model: file, sha256, threads, share } = setting;
    const model =
      file === undefined || sha256 === undefined ? undefined : { file, sha256: sha256.toLowerCase() };
    return { kind: "people", model, threads, share };
  });

/**
 * What is wrong with the model file of a configuration, with what to do; undefined when it is there. Whether it is the
 * right one takes seconds to see: the doctor does that.
 */
export async function modelFault(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file);
    return found.isFile() ? undefined : `${file}: is not a file [detector.unreadable]`;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return `${file}: there is no such file [detector.missing]`;
    return `${file}: cannot be read by this user (${code}) [detector.unreadable]`;
  }
}
