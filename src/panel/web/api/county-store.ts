import { readonly, ref, shallowRef } from "vue";
import type { CountyFigures, CountyReport } from "../../../core/county.ts";

/** The county's database is asked for all its boxes each time. */
const EVERY_MS = 10_000;
const PATIENCE_MS = 8_000;

const report = shallowRef<CountyReport>();
const figures = shallowRef<CountyFigures>();
const lost = ref(false);

/** `figures` are the last ones that came; `lost`: nothing answers at all. */
export const county = { report, figures, lost: readonly(lost) };

let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks again and again until `stopCounty`; a page that nobody sees rests. */
export function startCounty(): void {
  document.addEventListener("visibilitychange", askWhenSeen);
  void askOn();
}

export function stopCounty(): void {
  document.removeEventListener("visibilitychange", askWhenSeen);
  clearTimeout(timer);
}

function askWhenSeen(): void {
  if (document.hidden) return;
  clearTimeout(timer);
  void askOn();
}

async function askOn(): Promise<void> {
  await ask();
  if (!document.hidden) timer = setTimeout(askOn, EVERY_MS);
}

async function ask(): Promise<void> {
  const late = new AbortController();
  const ending = setTimeout(() => late.abort(), PATIENCE_MS);
  try {
    const answer = await fetch("/figures", { signal: late.signal });
    // Without figures where the database is away; anything else is not the county's program.
    if (!answer.ok && answer.status !== 503) throw new Error(`${answer.status}`);
    const next = (await answer.json()) as CountyReport;
    report.value = next;
    lost.value = false;
    if (isWhole(next)) figures.value = next;
  } catch {
    lost.value = true;
  } finally {
    clearTimeout(ending);
  }
}

function isWhole(next: CountyReport): next is CountyReport & CountyFigures {
  return next.total !== undefined;
}
