import { isDeepStrictEqual } from "node:util";
import { GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { RemovedShape, ShapeChange, ShapeDesk, ShapeOrder, ShapeState } from "../core/shapes.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import { createTurns } from "../core/turns.ts";

/** What is to become of a camera's lines or masks. */
export interface Intent<Drawing> extends ShapeOrder {
  /** Absent: it is to be taken out. */
  readonly drawing?: Drawing | undefined;
  /** All of the camera as they hold now, and as they would. */
  readonly before: readonly Drawing[];
  readonly after: readonly Drawing[];
}

export interface ShapeDeskConfig<Drawing> {
  readonly kind: RemovedShape["kind"];
  /** Of one camera. */
  readonly most: number;
  readonly cameras: readonly {
    readonly id: string;
    readonly shapes: readonly (Drawing & { readonly id: string })[];
  }[];
  /** @throws GatewayError where it cannot be so. */
  readonly check: (intent: Intent<Drawing>) => void;
}

export interface StandingShapes<Drawing> extends ShapeDesk<Drawing> {
  /** A camera whose shapes are others now than they were. */
  readonly changes: Signal<string>;
}

interface Standing<Drawing> {
  readonly id: string;
  readonly configured?: Drawing | undefined;
  readonly change?: ShapeChange<Drawing> | undefined;
}

/** Holds the lines, or the masks, as they are configured and as they were drawn. @param changed in earlier runs. */
export function createShapeDesk<Drawing extends { readonly name: string }>(
  { ledger }: { readonly ledger: Pick<Ledger, "append"> },
  { kind, most, cameras, check }: ShapeDeskConfig<Drawing>,
  changed: readonly ShapeChange<Drawing>[],
): StandingShapes<Drawing> {
  const changes = createSignal<string>();
  const turns = createTurns(1);
  const standing = new Map(
    cameras.map(({ id: camera, shapes }) => {
      const own = changed.filter((change) => change.camera === camera);
      const configured = shapes.map(({ id, ...drawing }): Standing<Drawing> => {
        const change = own.find((one) => one.id === id);
        return { id, configured: drawing as unknown as Drawing, change };
      });
      const isConfigured = (id: string): boolean => shapes.some((shape) => shape.id === id);
      const added = own.flatMap((change): Standing<Drawing>[] =>
        isConfigured(change.id) || !change.drawing ? [] : [{ id: change.id, change }],
      );
      return [camera, [...configured, ...added]] as const;
    }),
  );

  const refused = (what: string, message: string): GatewayError =>
    new GatewayError(message, { code: `${kind}.${what}`, kind: "permanent" });

  function all(camera: string): readonly Standing<Drawing>[] {
    const found = standing.get(camera);
    if (found) return found;
    throw new GatewayError(`there is no camera ${camera}`, { code: "camera.unknown", kind: "permanent" });
  }

  function find({ camera, id }: ShapeOrder): Standing<Drawing> {
    const found = all(camera).find((one) => one.id === id);
    if (found) return found;
    throw refused("unknown", `camera ${camera} has no ${kind} ${id}`);
  }

  function hold(camera: string, id: string, next: Standing<Drawing> | undefined): void {
    const before = all(camera);
    const others = before.filter((one) => one.id !== id);
    const isKnown = others.length < before.length;
    const after = isKnown
      ? before.flatMap((one) => (one.id === id ? (next ?? []) : [one]))
      : [...others, ...(next ? [next] : [])];
    standing.set(camera, after);
    changes.emit(camera);
  }

  /** @param wanted what is to hold of it; undefined: nothing. */
  function weigh(order: ShapeOrder, before: Standing<Drawing>, wanted: Drawing | undefined): void {
    const { camera, id, over } = order;
    if (over !== undefined && over !== (before.change?.at ?? null)) {
      const { by } = before.change ?? {};
      throw refused("changed", by ? `${by.name} has changed it meanwhile` : "it was put back meanwhile");
    }
    const others = all(camera).flatMap((one) => (one.id === id ? [] : drawingsOf(one)));
    const intent = { ...order, drawing: wanted, before: [...others, ...drawingsOf(before)] };
    check({ ...intent, after: wanted ? [...others, wanted] : others });
  }

  async function append(what: string, { camera, id, by, reason }: ShapeOrder, more: object): Promise<string> {
    const data = { camera, [kind]: id, ...more, by, ...(reason !== undefined && { reason }) };
    const type = `org.cunshao.${kind}.${what}`;
    const { time } = await ledger.append({ type, class: "audit", subject: camera, data });
    return time;
  }

  async function draw(order: ShapeOrder, drawing: Drawing): Promise<Standing<Drawing>> {
    const { camera, id, by } = order;
    const known = all(camera).find((one) => one.id === id);
    const before = known ?? { id };
    if (isDeepStrictEqual(known?.change?.drawing, drawing) && isDeepStrictEqual(known?.change?.by, by)) {
      return before;
    }
    const isElsewhere = [...standing].some(
      ([other, shapes]) => other !== camera && shapes.some((one) => one.id === id),
    );
    if (!known && isElsewhere) throw refused("id_taken", `another camera has a ${kind} ${id}`);
    weigh(order, before, drawing);
    const count = all(camera)
      .filter((one) => one.id !== id)
      .flatMap(drawingsOf).length;
    if (count >= most) throw refused("too_many", `a camera has at most ${most}`);
    const at = await append("drawn", order, drawing);
    const next = { ...before, change: { camera, id, by, at, drawing } };
    hold(camera, id, next);
    return next;
  }

  async function remove(order: ShapeOrder): Promise<void> {
    const { camera, id, by } = order;
    const before = find(order);
    const [name] = drawingsOf(before).map((drawing) => drawing.name);
    if (name === undefined) return;
    weigh(order, before, undefined);
    const at = await append("removed", order, { name });
    hold(camera, id, before.configured && { ...before, change: { camera, id, by, at } });
  }

  async function restore(order: ShapeOrder): Promise<Standing<Drawing>> {
    const { camera, id } = order;
    const before = find(order);
    const { configured } = before;
    if (!configured) throw refused("unknown", `the configuration has no ${kind} ${id}`);
    if (!before.change) return before;
    weigh(order, before, configured);
    await append("restored", order, { name: configured.name });
    const next = { id, configured };
    hold(camera, id, next);
    return next;
  }

  return {
    changes,
    of: (camera) => (standing.get(camera) ?? []).flatMap(viewsOf),
    removed: (camera) =>
      (standing.get(camera) ?? []).flatMap(({ id, configured, change }): RemovedShape[] => {
        if (!change || change.drawing) return [];
        return [{ kind, id, name: configured?.name ?? id, by: change.by.name, at: change.at }];
      }),
    draw: async (order, drawing) => firstOf(viewsOf(await turns.take(() => draw(order, drawing)))),
    remove: (order) => turns.take(() => remove(order)),
    restore: async (order) => firstOf(viewsOf(await turns.take(() => restore(order)))),
  };
}

/** None of one that was taken out. */
function drawingsOf<Drawing>({ configured, change }: Standing<Drawing>): Drawing[] {
  const holds = change ? change.drawing : configured;
  return holds === undefined ? [] : [holds];
}

function viewsOf<Drawing>(one: Standing<Drawing>): (Drawing & { readonly id: string } & ShapeState)[] {
  const { id, configured, change } = one;
  return drawingsOf(one).map((drawing) => ({
    ...drawing,
    id,
    ...(configured === undefined && { added: true as const }),
    ...(change && { drawn: { by: change.by.name, at: change.at } }),
  }));
}

function firstOf<View>([first]: readonly View[]): View {
  if (first !== undefined) return first;
  throw new GatewayError("what was drawn is not there", { code: "shape.gone", kind: "bug" });
}
