import { mosquittoMissing } from "../support/mosquitto.ts";
import { MissingPart } from "./missing-part.ts";
import { type OutageBox, startOutageBox } from "./outage-box.ts";
import { percentiles } from "./percentiles.ts";

// From a press of a button to the first sample that can be heard, without the time that the amplifier needs to settle: while
// the fibre is up and nothing waits, while it is cut and a backlog waits, and while the backlog goes to HTTP and MQTT at once.
// Two villages on one machine: one whose fibre is always up, and one that is cut. Their alarms come by turns, but not while
// the backlog goes: that costs the machine, which the first village would feel as well.

const ALARMS = 150;
const BACKLOG = Number(process.env["CUNSHAO_BENCH_EVENTS"] ?? 40_000);
const LEAST_BACKLOG = 20_000;
/** Alarms of each village in one turn, before the line is mended. */
const PER_TURN = 50;
/** What runs for the first time is not measured. */
const WARM_UP = 3;
const MOST_TURNS = 30;

interface Measured {
  readonly before: number[];
  readonly outage: number[];
  readonly drain: number[];
  /** The smallest backlog that an outage was measured with. */
  leastWaiting: number;
  turns: number;
}

export async function measureOutage(): Promise<object> {
  const missing = mosquittoMissing();
  if (missing) throw new MissingPart(`bench outage: ${missing}`);
  const spared = await startOutageBox();
  const cut = await startOutageBox();
  const measured: Measured = {
    before: [],
    outage: [],
    drain: [],
    leastWaiting: Number.POSITIVE_INFINITY,
    turns: 0,
  };
  try {
    while (measured.drain.length < ALARMS || measured.before.length < ALARMS) {
      if (measured.turns >= MOST_TURNS) throw new Error("the backlog goes too fast to be measured");
      await turn(spared, cut, measured);
      const { before, outage, drain } = measured;
      say(
        `turn ${measured.turns}: ${before.length} before, ${outage.length} in the outage, ${drain.length} in the drain`,
      );
    }
  } finally {
    await spared.stop();
    await cut.stop();
  }
  const { leastWaiting, turns, ...figures } = measured;
  const [before, outage, drain] = [figures.before, figures.outage, figures.drain].map(percentiles);
  if (!before || !outage || !drain) throw new Error("nothing was measured");
  const ratioOf = (one: typeof before) => ({
    p50: Math.round((one.p50 / before.p50) * 1000) / 1000,
    p95: Math.round((one.p95 / before.p95) * 1000) / 1000,
  });
  return {
    ...{ before, outage, drain, ratio: { outage: ratioOf(outage), drain: ratioOf(drain) } },
    alarms: {
      before: figures.before.length,
      outage: figures.outage.length,
      drain: figures.drain.length,
    },
    ...{ leastWaiting, turns },
  };
}

async function turn(spared: OutageBox, cut: OutageBox, measured: Measured): Promise<void> {
  measured.turns += 1;
  cut.cut();
  await cut.restartWithBacklog(BACKLOG);
  // Both alike, though only one has to be.
  await spared.restartWithBacklog(0);
  for (let index = 0; index < WARM_UP; index++) for (const box of [spared, cut]) await box.alarmToSoundMs();
  const { http, mqtt } = await cut.waiting();
  measured.leastWaiting = Math.min(measured.leastWaiting, http, mqtt);
  if (measured.leastWaiting < LEAST_BACKLOG)
    throw new Error(`only ${http} and ${mqtt} events wait, not ${LEAST_BACKLOG}`);
  for (let index = 0; index < PER_TURN; index++) {
    measured.before.push(await spared.alarmToSoundMs());
    measured.outage.push(await cut.alarmToSoundMs());
  }
  cut.mend();
  let last = await cut.waiting();
  for (;;) {
    const tookMs = await cut.alarmToSoundMs();
    const now = await cut.waiting();
    // Counts from the first event that went until nothing but the alarms of now is left.
    const isGoing = (["http", "mqtt"] as const).some((way) => now[way] > PER_TURN && now[way] < last[way]);
    if (isGoing) measured.drain.push(tookMs);
    if (now.http <= PER_TURN && now.mqtt <= PER_TURN) return;
    last = now;
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
