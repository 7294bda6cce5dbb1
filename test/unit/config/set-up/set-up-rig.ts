import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { loadConfiguration } from "../../../../src/config/load.ts";
import { loadSite } from "../../../../src/config/set-up/load-site.ts";
import { createSetUpDesk, type StandingSetUp } from "../../../../src/config/set-up/set-up-desk.ts";
import { type SetUpState, setUpFileIn } from "../../../../src/config/set-up/set-up-file.ts";
import type { EventDraft } from "../../../../src/core/event.ts";
import { createSteppedClock } from "../../../support/stepped-clock.ts";
import { createLedgerDouble } from "../../../support/stores-double.ts";
import { profiles, SECRETS, VILLAGE } from "../config-rig.ts";

export interface SetUpBox {
  readonly dataFolder: string;
  readonly told: readonly EventDraft[];
  readonly starts: () => number;
  write(village: string): void;
  /** A start of the gateway, as far as the configuration goes. */
  begin(): Promise<StandingSetUp & { readonly names: (list: "sensors" | "speakers") => readonly string[] }>;
  kept(): Promise<SetUpState>;
}

/** A box in a folder of its own, which is gone after the test. */
export async function setUpBox(village = VILLAGE): Promise<SetUpBox> {
  const folder = mkdtempSync(join(tmpdir(), "cunshao-set-up-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [file, secrets] = [join(folder, "cunshao.yaml"), join(folder, "secrets.yaml")];
  const dataFolder = join(folder, "data");
  mkdirSync(dataFolder);
  writeFileSync(secrets, SECRETS);
  chmodSync(secrets, 0o600);
  writeFileSync(file, village);
  const clock = createSteppedClock();
  const ledger = createLedgerDouble(clock);
  const told: EventDraft[] = [];
  const append: typeof ledger.append = (draft) => {
    told.push(draft);
    return ledger.append(draft);
  };
  const catalogue = await profiles();
  let starts = 0;
  return {
    dataFolder,
    told,
    starts: () => starts,
    write: (text) => writeFileSync(file, text),
    kept: async () => (await setUpFileIn(dataFolder).read()).state,
    async begin() {
      const loaded = await loadSite(file, catalogue, dataFolder);
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      if (loaded.beginning.state !== loaded.found) await loaded.setUpFile.write(loaded.beginning.state);
      const fileFault = async () => {
        const now = await loadConfiguration(file, catalogue);
        return now.ok ? undefined : now.problems[0];
      };
      const startAnew = (): void => void starts++;
      const workings = { file: loaded.setUpFile, fileFault, profiles: catalogue, startAnew };
      const desk = createSetUpDesk({ ledger: { append }, clock }, workings, loaded.beginning);
      await desk.begun();
      return { ...desk, names: (list) => loaded.configuration[list].map(({ name }) => name) };
    },
  };
}
