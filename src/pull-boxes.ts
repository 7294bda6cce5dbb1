// `cunshao pull`: fetches what the boxes of a township hold, or says how far behind it is. Composes pull/, buffer/ and config/;
// called by cli.ts.
import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type CopyOptions, openPulledCopy } from "./buffer/copies/pulled-copy.ts";
import { type Box, loadBoxes, normalFingerprint } from "./config/boxes.ts";
import { lockDataFolder } from "./config/data-folder-lock.ts";
import { formatProblem } from "./config/problems.ts";
import { errorCode, GatewayError } from "./core/errors.ts";
import type { BoxView, PullRun } from "./core/pull-view.ts";
import type { Clock, Timer } from "./core/time.ts";
import { chosenCursor } from "./pull/cursor-telling.ts";
import { boxText, isTelling, tableText, totalText } from "./pull/progress-text.ts";
import { createPuller } from "./pull/puller.ts";
import { askStandings, standingText } from "./pull/standing.ts";

const REDRAW_MS = 500;
const SAY_EVERY_MS = 10_000;

export interface PullOptions {
  readonly url?: string;
  /** A file with the token in its first line. */
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly fingerprint?: string;
  readonly out: string;
  readonly format: string;
  /** Of PostgreSQL, with `--format postgres`. */
  readonly database?: string;
  readonly name: string;
  readonly takeOver?: boolean;
  /** False with `--no-evidence`. */
  readonly evidence: boolean;
  readonly follow?: boolean;
  readonly status?: boolean;
  readonly atOnce: string;
  readonly tries: string;
  readonly json?: boolean;
}

/** What the command knows of ending a process. */
export interface Endings {
  readonly codes: Readonly<Record<"ok" | "usage" | "data" | "unavailable" | "config", number>>;
  codeOf(error: unknown): number;
  printProblems(lines: readonly string[]): void;
}

interface PullContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly endings: Endings;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** @param file of the boxes; without it the one in `options`. @returns the exit code. */
export async function pullBoxes(
  file: string | undefined,
  options: PullOptions,
  { token, ...context }: PullContext & { readonly token: string | undefined },
): Promise<number> {
  const { clock, signal, endings } = context;
  const EXIT = endings.codes;
  const wrong = faultOfOptions(file, options);
  if (wrong !== undefined) {
    process.stderr.write(`cunshao: ${wrong}\n`);
    return EXIT.usage;
  }
  const boxes = file === undefined ? await oneBox(options, token) : await boxesOf(file, endings);
  if (!boxes) return EXIT.config;
  const atOnce = Number(options.atOnce);
  if (options.status) {
    const standings = await askStandings({ clock }, { boxes, cursor: options.name, atOnce }, signal);
    process.stdout.write(
      options.json ? `${JSON.stringify(standings)}\n` : standingText(standings, clock.now().wallMs),
    );
    return standings.every(({ reason }) => reason === undefined) ? EXIT.ok : EXIT.unavailable;
  }
  await mkdir(options.out, { recursive: true }).catch((cause: unknown) => {
    throw new GatewayError(`Cannot make the folder ${options.out} (${errorCode(cause)})`, {
      code: "data.no_folder",
      kind: "permanent",
      cause,
    });
  });
  const unlock = await lockDataFolder(options.out);
  try {
    return await pullInto(boxes, options, { ...context, atOnce });
  } finally {
    unlock();
  }
}

async function pullInto(
  boxes: readonly Box[],
  options: PullOptions,
  { clock, signal, endings, random, atOnce }: PullContext & { readonly atOnce: number },
): Promise<number> {
  const startedMs = clock.now().monotonicMs;
  const copy = await openPulledCopy({
    folder: options.out,
    format: formatOf(options),
    newHolder: () => randomBytes(12).toString("hex"),
  });
  const puller = createPuller(
    { copy, cursor: chosenCursor(options.name, copy.holder), clock, random },
    {
      boxes,
      atOnce,
      takeOver: options.takeOver ?? false,
      withFiles: options.evidence,
      follow: options.follow ?? false,
      tries: Number(options.tries),
    },
  );
  const quiet = showProgress(puller, clock);
  let broken: unknown;
  try {
    await puller.run(signal);
  } catch (error) {
    broken = error;
  } finally {
    quiet();
    await copy.close();
  }
  const views = puller.views();
  process.stderr.write(`${totalText(views)}\n`);
  if (options.json) {
    const seconds = Number(((clock.now().monotonicMs - startedMs) / 1000).toFixed(3));
    process.stdout.write(`${JSON.stringify(summaryOf(views, seconds))}\n`);
  }
  if (broken !== undefined) {
    process.stderr.write(`cunshao: ${String((broken as Error).message)} [${errorCode(broken)}]\n`);
    return endings.codeOf(broken);
  }
  return exitCodeOfViews(views, signal.aborted, endings.codes);
}

function summaryOf(views: readonly BoxView[], seconds: number): object {
  const sum = (of: (view: BoxView) => number): number => views.reduce((total, view) => total + of(view), 0);
  return {
    boxes: views.length,
    upToDate: views.filter(({ phase }) => phase === "done").length,
    seconds,
    events: sum(({ events }) => events),
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    missing: sum(({ missing }) => missing),
    broken: sum(({ broken }) => broken),
    each: views,
  };
}

/** What is not as it was written weighs more than who did not answer. */
function exitCodeOfViews(views: readonly BoxView[], isEnded: boolean, EXIT: Endings["codes"]): number {
  if (views.some(({ missing, broken, filesChanged }) => missing + broken + filesChanged > 0))
    return EXIT.data;
  if (isEnded) return EXIT.ok;
  return views.every(({ phase }) => phase === "done") ? EXIT.ok : EXIT.unavailable;
}

/** A table that is drawn anew on a terminal; elsewhere a line where there is something to tell. @returns how to end it. */
function showProgress(puller: PullRun, clock: Clock): () => void {
  const { stderr } = process;
  const told = new Map<string, BoxView>();
  let drawn = 0;
  let timer: Timer | undefined;

  function draw(): void {
    const lines = tableText(puller.views(), stderr.rows ?? 24, stderr.columns ?? 80);
    stderr.write(`${drawn > 0 ? `\x1b[${drawn}A` : ""}\x1b[J${lines.join("\n")}\n`);
    drawn = lines.length;
    timer = clock.after(REDRAW_MS, draw);
  }
  function say(): void {
    stderr.write(`${totalText(puller.views())}\n`);
    timer = clock.after(SAY_EVERY_MS, say);
  }
  if (stderr.isTTY) draw();
  else timer = clock.after(SAY_EVERY_MS, say);
  const stop = puller.changes.on((view) => {
    if (stderr.isTTY || !isTelling(told.get(view.box), view)) return;
    told.set(view.box, view);
    stderr.write(`${boxText(view)}\n`);
  });
  return () => {
    timer?.cancel();
    stop();
    if (stderr.isTTY) draw();
    timer?.cancel();
  };
}

function formatOf({ format, database = "" }: PullOptions): CopyOptions["format"] {
  if (format === "postgres") return { postgres: database };
  return format === "sqlite" ? "sqlite" : "ndjson";
}

function faultOfOptions(file: string | undefined, options: PullOptions): string | undefined {
  const { url, format, database, name, atOnce, tries, fingerprint } = options;
  if ((file === undefined) === (url === undefined)) return "give a file of boxes, or one box by --url";
  if (file === undefined && !URL.canParse(url ?? ""))
    return "--url is no address like https://192.168.1.10:8080";
  if (!["ndjson", "sqlite", "postgres"].includes(format)) return "--format is ndjson, sqlite or postgres";
  if ((format === "postgres") !== (database !== undefined))
    return "--format postgres and --database together";
  if (database !== undefined && !/^postgres(ql)?:\/\/\S+$/.test(database))
    return "--database is an address like postgres://user@host/database";
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return "--name: letters, digits and . _ -, at most 64";
  if (!isCount(atOnce, 200)) return "--at-once is a number from 1 to 200";
  if (!isCount(tries, 1000)) return "--tries is a number from 1 to 1000";
  if (fingerprint !== undefined && normalFingerprint(fingerprint) === undefined)
    return "--fingerprint is a SHA-256: 64 hex digits";
  return undefined;
}

function isCount(text: string, most: number): boolean {
  return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= most;
}

async function boxesOf(file: string, { printProblems }: Endings): Promise<readonly Box[] | undefined> {
  const loaded = await loadBoxes(file);
  if (loaded.ok) return loaded.boxes;
  printProblems(loaded.problems.map(formatProblem));
  return undefined;
}

async function oneBox(
  { url = "", tokenFile, ca, fingerprint }: PullOptions,
  tokenOfEnvironment: string | undefined,
): Promise<readonly Box[] | undefined> {
  try {
    const token = tokenFile === undefined ? tokenOfEnvironment : (await readFile(tokenFile, "utf8")).trim();
    if (!token) {
      process.stderr.write("cunshao: no token: name its file with --token-file, or set CUNSHAO_TOKEN\n");
      return undefined;
    }
    const { hostname } = new URL(url);
    return [
      {
        id:
          hostname
            .toLowerCase()
            .replace(/[^a-z0-9-]+/g, "-")
            .replace(/^-+|-+$/g, "") || "box",
        url,
        token,
        ca: ca === undefined ? undefined : await readFile(ca, "utf8"),
        fingerprint: fingerprint === undefined ? undefined : normalFingerprint(fingerprint),
      },
    ];
  } catch (error) {
    process.stderr.write(
      `cunshao: a file cannot be read in ${dirname(tokenFile ?? ca ?? ".")} [${errorCode(error)}]\n`,
    );
    return undefined;
  }
}
