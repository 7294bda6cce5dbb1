import { ref, shallowRef, watch } from "vue";
import type { Delivery } from "../../../core/delivery.ts";
import type { LedgerEvent } from "../../../core/event.ts";
import { call } from "./http.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { village } from "./village-store.ts";

const PAGE = 50;
/** Older events than this many are not fetched by themselves, only on demand. */
const MOST_FOR_ALARMS = 500;
const BATCH = 200;
/** A page stays open for months: beyond twice so many the oldest go, and come again on demand. */
const KEPT = 500;
/** As many as somebody may go back through before the oldest go under their eyes; an old office PC draws them all. */
const MOST_READ = 3_000;
const RETRY_MS = 3_000;

/** Newest first, without a gap from the newest on. */
const events = shallowRef<readonly LedgerEvent[]>([]);
const deliveries = shallowRef<readonly Delivery[]>([]);
const loading = ref(false);
const failed = ref(false);
const oldestAsked = ref(Number.POSITIVE_INFINITY);

export const eventLog = { events, loading, failed, hasOlder: () => oldestAsked.value > 1 };

let ledger = "";
let pulling = false;
/** The state changed while we were pulling: what was read may be old already. */
let again = false;
let lastDeliveryState = "";
/** Somebody reads older ones. */
let isReadingOn = false;

// Not everybody may read everything: the next person gets what the box gives to them.
whenSomebodyElseComes(() => {
  ledger = "";
  events.value = [];
  oldestAsked.value = Number.POSITIVE_INFINITY;
});

/** Follows the ledger's head as the village's state tells it. Returns how to stop. */
export function followEvents(): () => void {
  return watch(village.state, () => void pull(), { immediate: true });
}

/** Fetches the next older page. */
export async function loadOlder(): Promise<void> {
  if (loading.value || ledger === "" || oldestAsked.value <= 1) return;
  loading.value = true;
  isReadingOn = true;
  try {
    await older(PAGE);
    await refreshDeliveries();
    failed.value = false;
  } catch {
    failed.value = true;
  } finally {
    loading.value = false;
  }
}

/** Nobody reads older ones any more. */
export function leaveOlder(): void {
  isReadingOn = false;
  letOldestGo();
}

/** Upstreams that acknowledged this event. */
export function deliveredTo({ seq, class: eventClass }: LedgerEvent): readonly string[] {
  return deliveries.value
    .filter((one) => one.class === eventClass && one.firstSeq <= seq && seq <= one.lastSeq)
    .map(({ upstream }) => upstream);
}

async function pull(): Promise<void> {
  if (!village.state.value) return;
  if (pulling) {
    again = true;
    return;
  }
  pulling = true;
  try {
    do {
      again = false;
      await catchUp();
      await reachAlarms();
      await refreshDeliveriesOnChange();
    } while (again);
    failed.value = false;
  } catch {
    failed.value = true;
    // Without a connection the next state brings the next attempt.
    if (village.connection.value === "open") setTimeout(() => void pull(), RETRY_MS);
  } finally {
    pulling = false;
  }
}

async function catchUp(): Promise<void> {
  for (;;) {
    const now = village.state.value?.ledger;
    if (!now) return;
    if (now.id !== ledger) {
      ledger = now.id;
      events.value = [];
      oldestAsked.value = Math.max(1, now.head - PAGE + 1);
    }
    const after = events.value[0]?.seq ?? oldestAsked.value - 1;
    if (after >= now.head) return;
    const batch = await fetchEvents(after, BATCH);
    if (batch.length === 0) return;
    if (ledger !== now.id) continue;
    events.value = [...batch.reverse(), ...events.value];
    letOldestGo();
  }
}

function letOldestGo(): void {
  if (events.value.length <= (isReadingOn ? MOST_READ : 2 * KEPT)) return;
  events.value = events.value.slice(0, KEPT);
  oldestAsked.value = events.value.at(-1)?.seq ?? oldestAsked.value;
}

/** What the box did for an open alarm stands beside it, however long ago it was. */
async function reachAlarms(): Promise<void> {
  const open = village.state.value?.alarms.filter(({ status }) => status !== "cleared") ?? [];
  // Those of a former ledger, whose database was damaged, lie before its first event.
  const oldest = Math.max(1, Math.min(...open.map(({ seq }) => seq)));
  while (ledger !== "" && oldest < oldestAsked.value && events.value.length < MOST_FOR_ALARMS)
    await older(BATCH);
}

async function older(count: number): Promise<void> {
  const before = oldestAsked.value;
  const from = Math.max(1, before - count);
  const batch = (await fetchEvents(from - 1, before - from)).filter(({ seq }) => seq < before);
  // The oldest went meanwhile, or this came by another way: it would leave a gap, or be there twice.
  if (oldestAsked.value !== before) return;
  events.value = [...events.value, ...batch.reverse()];
  oldestAsked.value = from;
}

function fetchEvents(after: number, limit: number): Promise<LedgerEvent[]> {
  return call<LedgerEvent[]>("GET", `/events?after=${after}&limit=${limit}`);
}

async function refreshDeliveriesOnChange(): Promise<void> {
  const { upstreams, ledger: at } = village.state.value ?? {};
  const now = JSON.stringify([
    upstreams?.map(({ lastHeardAt, waitingEvents }) => [lastHeardAt, waitingEvents]),
    at,
  ]);
  if (now === lastDeliveryState) return;
  await refreshDeliveries();
  lastDeliveryState = now;
}

async function refreshDeliveries(): Promise<void> {
  const newest = events.value[0]?.seq;
  const oldest = events.value.at(-1)?.seq;
  if (newest === undefined || oldest === undefined || !village.state.value?.upstreams.length) return;
  deliveries.value = await call<Delivery[]>("GET", `/deliveries?from=${oldest}&to=${newest}`);
}
