import { GatewayError } from "../../core/errors.ts";
import { type ChildDependencies, type ChildRequest, startChild } from "./child-process.ts";

const PICTURE_TIMEOUT_MS = 5000;
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);

/** Runs a command that makes JPEG on stdout of what is on stdin, and gives the last. @throws GatewayError with `code` (transient). */
export async function makePicture(
  dependencies: ChildDependencies,
  request: Pick<ChildRequest, "command" | "arguments" | "title">,
  input: Uint8Array,
  code: string,
): Promise<Buffer> {
  const child = startChild(dependencies, { ...request, quit: "end-of-input", explain: () => code });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(input);
  const late = dependencies.clock.after(PICTURE_TIMEOUT_MS, () => void child.kill());
  const { signal } = await child.ended;
  late.cancel();
  const pictures = Buffer.concat(chunks);
  const start = pictures.lastIndexOf(JPEG_START);
  // A process that was ended may have left half a picture.
  if (start < 0 || signal !== null) {
    throw new GatewayError(`${request.title}: no picture came of it`, { code, kind: "transient" });
  }
  return pictures.subarray(start);
}
