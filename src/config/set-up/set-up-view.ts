import type { ProfileCatalogue } from "../../core/profiles.ts";
import type { ModelChoice, SetUpEntry, SetUpPlace, SetUpView, StandingChange } from "../../core/set-up.ts";
import { isSamePlace, type Misfit, writtenEntries } from "./laid-over.ts";
import type { SetUpState } from "./set-up-file.ts";

/** Everything that may be changed, as it is in force, and what there is to choose from. */
export function setUpView(
  written: unknown,
  { version, changes, failed = [] }: SetUpState,
  { running, leftOut }: { readonly running: number; readonly leftOut: readonly Misfit<StandingChange>[] },
  { sensors, relays }: ProfileCatalogue,
): SetUpView {
  const acting = changes.filter((one) => !leftOut.some(({ change }) => change === one));
  const configured = placesIn(written);
  const added = acting.filter((one) => !configured.some(({ place }) => isSamePlace(place, one)));
  return {
    version,
    running,
    entries: [
      ...configured.map(({ place, entry }) => standing(place, entry, acting)),
      ...added.flatMap(({ entry, ...change }) =>
        entry ? [{ ...change, entry, origin: "added" as const }] : [],
      ),
    ],
    leftOut: [
      ...leftOut.map(({ change, problem: { path, expected } }) => ({
        ...change,
        why: "misfit" as const,
        problem: `${path}: expected ${expected}`,
      })),
      ...failed.map((change) => ({ ...change, why: "not-started" as const })),
    ],
    buses: writtenEntries(written, "buses").map(({ id, port, framing }) => ({
      id: String(id),
      port: String(port),
      framing: String(framing ?? "rtu"),
    })),
    sensorModels: [...sensors.values()].map(({ id, name, unit }): ModelChoice => ({ id, name, unit })),
    relayModels: [...relays.values()].map(({ id, name, channels }): ModelChoice => ({ id, name, channels })),
  };
}

function standing(
  place: SetUpPlace,
  entry: SetUpEntry["entry"],
  acting: readonly StandingChange[],
): SetUpEntry {
  const change = acting.find((one) => isSamePlace(one, place));
  if (!change) return { ...place, entry, origin: "file" };
  const { by, at } = change;
  if (change.entry === null) return { ...place, entry, origin: "removed", by, at };
  return { ...place, entry: change.entry, origin: "changed", by, at };
}

function placesIn(written: unknown): { readonly place: SetUpPlace; readonly entry: SetUpEntry["entry"] }[] {
  const plain = (["sensors", "speakers", "upstreams", "rules"] as const).flatMap((list) =>
    writtenEntries(written, list).map((entry) => ({ place: { list, id: String(entry["id"]) }, entry })),
  );
  const zones = writtenEntries(written, "cameras").flatMap(({ id }) => {
    const camera = String(id);
    return writtenEntries(written, "zones", camera).map((entry) => ({
      place: { list: "zones" as const, id: String(entry["id"]), camera },
      entry,
    }));
  });
  return [...plain, ...zones];
}
