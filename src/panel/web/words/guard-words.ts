import type { LedgerEvent } from "../../../core/event.ts";
import { type Phrase, phrase } from "./phrase.ts";

interface Outputs {
  readonly speakers: readonly { readonly speaker: string; readonly name: string }[];
}

/** What the guard did while no gateway could. */
export function tellGuard({ data }: LedgerEvent, { speakers }: Outputs): Phrase {
  const named = (ids: unknown): string =>
    (Array.isArray(ids) ? ids : [])
      .map((id) => speakers.find(({ speaker }) => speaker === id)?.name ?? String(id))
      .join(" ");
  const seconds = Math.max(1, Math.ceil(Number(data["tookMs"] ?? 0) / 1000));
  const unsafe = named(data["unsafe"]);
  if (unsafe !== "") return phrase("event.guardUnsafe", { outputs: unsafe });
  if (data["why"] === "hung") return phrase("event.guardHung");
  if (data["why"] === "overrun") return phrase("event.guardOverrun", { outputs: named(data["outputs"]) });
  return phrase("event.guardEnded", { seconds });
}
