import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

// Reads what write-log.c wrote down, and makes of it the disk as a power cut at any place could leave it.

export type Operation =
  | { readonly kind: "open"; readonly node: bigint; readonly path: string; readonly how: number }
  | { readonly kind: "write"; readonly node: bigint; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly node: bigint; readonly size: number }
  | { readonly kind: "sync"; readonly node: bigint }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "unlink"; readonly path: string }
  | { readonly kind: "mkdir"; readonly path: string }
  | { readonly kind: "said"; readonly text: string };

const HEAD_BYTES = 32;
const MADE = 1;
const EMPTIED = 2;
const FOLDER = 4;
/** The most that a disk writes as one: what was not synced may be torn between any two. */
const SECTOR = 512;

export function readOperations(log: Buffer): Operation[] {
  const operations: Operation[] = [];
  for (let place = 0; place + HEAD_BYTES <= log.length; ) {
    const op = log.readUInt32LE(place);
    const oneLength = log.readUInt32LE(place + 4);
    const node = log.readBigUInt64LE(place + 8);
    const at = Number(log.readBigUInt64LE(place + 16));
    const twoLength = Number(log.readBigUInt64LE(place + 24));
    place += HEAD_BYTES;
    const one = log.subarray(place, place + oneLength).toString();
    const two = log.subarray(place + oneLength, place + oneLength + twoLength);
    place += oneLength + twoLength;
    operations.push(operationOf(op, node, at, one, two));
  }
  return operations;
}

function operationOf(op: number, node: bigint, at: number, one: string, two: Buffer): Operation {
  switch (op) {
    case 1:
      return { kind: "open", node, path: one, how: at };
    case 2:
      return { kind: "write", node, at, bytes: two };
    case 3:
      return { kind: "truncate", node, size: at };
    case 4:
      return { kind: "sync", node };
    case 5:
      return { kind: "rename", from: one, to: two.toString() };
    case 6:
      return { kind: "unlink", path: one };
    case 7:
      return { kind: "mkdir", path: one };
    case 8:
      return { kind: "said", text: two.toString() };
    default:
      throw new Error(`the log of writes has an operation ${op}`);
  }
}

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };
type Naming =
  | { readonly kind: "link"; readonly path: string; readonly node: bigint }
  | Extract<Operation, { kind: "rename" | "unlink" | "mkdir" }>;

interface Content {
  durable: Buffer;
  pending: Change[];
}

/** `dropped`: nothing is there that was not synced. `torn`: of it any sectors are, in any order. `kept`: all of it. */
export type CutMode = "dropped" | "torn" | "kept";

export interface SimulatedDisk {
  apply(operation: Operation): void;
  /** Writes into an empty folder what a power cut now could leave. @param random 0 to 1. */
  cut(folder: string, mode: CutMode, random: () => number): Promise<void>;
}

/**
 * A disk as strict as POSIX allows but for one thing: a synced file has its name, as on every file system that boxes use. Other names are
 * safe once their folder is synced.
 */
export function createSimulatedDisk(): SimulatedDisk {
  const contents = new Map<bigint, Content>();
  const folders = new Map<bigint, string>();
  const names = new Map<string, bigint | "folder">([["", "folder"]]);
  let pendingNames: Naming[] = [];

  function settle(naming: Naming, into: Map<string, bigint | "folder">): void {
    if (naming.kind === "link") into.set(naming.path, naming.node);
    else if (naming.kind === "mkdir") into.set(naming.path, "folder");
    else if (naming.kind === "unlink") into.delete(naming.path);
    else {
      for (const [path, node] of [...into]) {
        if (path !== naming.from && !path.startsWith(`${naming.from}/`)) continue;
        into.delete(path);
        into.set(naming.to + path.slice(naming.from.length), node);
      }
    }
  }

  function settleNames(isSafe: (naming: Naming) => boolean): void {
    const rest: Naming[] = [];
    for (const naming of pendingNames) {
      if (isSafe(naming)) settle(naming, names);
      else rest.push(naming);
    }
    pendingNames = rest;
  }

  function sync(node: bigint): void {
    const folder = folders.get(node);
    if (folder !== undefined) {
      settleNames((naming) => pathsOf(naming).some((path) => parentOf(path) === folder));
      return;
    }
    const content = contents.get(node);
    if (!content) return;
    for (const change of content.pending) content.durable = changed(content.durable, change);
    content.pending = [];
    settleNames((naming) => naming.kind === "link" && naming.node === node);
  }

  return {
    apply(operation) {
      switch (operation.kind) {
        case "open": {
          const { node, path, how } = operation;
          if (how & FOLDER) {
            folders.set(node, path);
            break;
          }
          if (how & MADE) {
            // The number of a file that is gone is given anew.
            contents.set(node, { durable: Buffer.alloc(0), pending: [] });
            pendingNames.push({ kind: "link", path, node });
          } else if (how & EMPTIED) contents.get(node)?.pending.push({ size: 0 });
          break;
        }
        case "write":
          contents.get(operation.node)?.pending.push({ at: operation.at, bytes: operation.bytes });
          break;
        case "truncate":
          contents.get(operation.node)?.pending.push({ size: operation.size });
          break;
        case "sync":
          sync(operation.node);
          break;
        case "said":
          break;
        default:
          pendingNames.push(operation);
      }
    },
    async cut(folder, mode, random) {
      const left = new Map(names);
      // A journal keeps the order of names: any number of the first of them are there.
      const count =
        mode === "dropped" ? 0 : mode === "kept" ? Infinity : random() * (pendingNames.length + 1);
      for (const naming of pendingNames.slice(0, Math.floor(count))) settle(naming, left);
      for (const [path, node] of left) {
        if (node === "folder") await mkdir(join(folder, path), { recursive: true });
      }
      for (const [path, node] of left) {
        if (node === "folder") continue;
        const { durable, pending } = contents.get(node) ?? { durable: Buffer.alloc(0), pending: [] };
        let bytes = durable;
        if (mode !== "dropped") {
          for (const change of pending)
            for (const piece of piecesOf(change, mode, random)) bytes = changed(bytes, piece);
        }
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      }
    },
  };
}

function piecesOf(change: Change, mode: CutMode, random: () => number): Change[] {
  if (mode === "kept") return [change];
  if (!("bytes" in change)) return random() < 0.5 ? [change] : [];
  const pieces: Change[] = [];
  // Of one write in two it is all or nothing: else hardly any would ever be whole.
  const whole = random();
  if (whole < 0.25) return [change];
  if (whole < 0.5) return [];
  const { at, bytes } = change;
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + SECTOR - ((at + from) % SECTOR));
    if (random() < 0.5) pieces.push({ at: at + from, bytes: bytes.subarray(from, to) });
    from = to;
  }
  return pieces;
}

function changed(content: Buffer, change: Change): Buffer {
  if ("size" in change) {
    if (change.size <= content.length) return Buffer.from(content.subarray(0, change.size));
    return Buffer.concat([content, Buffer.alloc(change.size - content.length)]);
  }
  const end = change.at + change.bytes.length;
  const grown = Buffer.alloc(Math.max(content.length, end));
  content.copy(grown);
  change.bytes.copy(grown, change.at);
  return grown;
}

function pathsOf(naming: Naming): string[] {
  return naming.kind === "rename" ? [naming.from, naming.to] : [naming.path];
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
