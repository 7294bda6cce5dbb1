// One run of a gateway within the process: what main.ts does again when the configuration was changed on the page.
import { type Environment, runtimeFolderOf } from "./config/environment.ts";
import { loadConfiguration } from "./config/load.ts";
import { propose } from "./config/proposal.ts";
import type { loadSite } from "./config/set-up/load-site.ts";
import { createSetUpDesk, type StandingSetUp } from "./config/set-up/set-up-desk.ts";
import type { Gpio } from "./core/devices.ts";
import { errorCode } from "./core/errors.ts";
import type { Logger } from "./core/log.ts";
import type { ProfileCatalogue } from "./core/profiles.ts";
import { systemClock, type Timer, within } from "./core/time.ts";
import { createProcesses } from "./drivers/process/processes.ts";
import { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
import { createHeart } from "./guard/heart.ts";
import { safePlan } from "./safe-plan.ts";

/** systemd and pm2 kill after 10 s; a stop that takes longer than this is broken off before. */
const STOP_MS = 9000;
/** Whoever ordered a start anew gets the answer before the page goes, and nobody is cut off in the middle of a word. */
const ANSWER_MS = 500;
/** A change has proven itself when the gateway has run with it for so long. */
const PROVEN_AFTER_MS = 30_000;

export interface RunDependencies {
  readonly environment: Environment;
  readonly configFile: string;
  readonly dataFolder: string;
  readonly gpio: Gpio;
  readonly installed: Pick<GatewayOptions, "version" | "webFolder" | "modelsFolder" | "soundsFolder">;
  readonly log: Logger;
  /** Resolves when the process is to end; with an error where it cannot go on. */
  readonly ending: Promise<Error | undefined>;
}

type Loaded = Extract<Awaited<ReturnType<typeof loadSite>>, { ok: true }> & {
  readonly profiles: ProfileCatalogue;
};

/** Why a run is over: `anew` where another is to follow, an error where it could not go on. */
export type RunEnd = Error | "anew" | undefined;

export interface GatewayRun {
  /** Of this process, from 1. */
  readonly number: number;
  readonly gateway: Gateway;
  /** False where the process is to end before it is up. @throws what keeps it from coming up. */
  start(): Promise<boolean>;
  readonly ended: Promise<RunEnd>;
  /** Makes outputs safe and stops everything; false where something did not stop in time. */
  stop(): Promise<boolean>;
  /** Where the panel listened, for the next run to do so again. */
  port(): number | undefined;
}

export function openRun(
  { environment, configFile, dataFolder, gpio, installed, log, ending }: RunDependencies,
  { configuration, secretsFile, reviseRule, profiles, setUpFile, found, beginning }: Loaded,
  before: GatewayRun | undefined,
): GatewayRun {
  const { panel } = configuration;
  const number = (before?.number ?? 0) + 1;
  const heart = createHeart(
    { clock: systemClock, processes: createProcesses({ log }), log },
    { folder: runtimeFolderOf(environment), plan: safePlan(configuration, profiles), start: number },
  );
  let end: (how: RunEnd) => void = () => {};
  const ended = new Promise<RunEnd>((resolve) => {
    end = resolve;
  });
  void ending.then(end);
  const fileFault = async () => {
    const read = await loadConfiguration(configFile, profiles);
    return read.ok ? undefined : read.problems[0];
  };
  let setUp: StandingSetUp | undefined;
  let isUp = false;
  let port: number | undefined;
  let timer: Timer | undefined;
  const gateway = createGateway({
    configuration: {
      ...configuration,
      panel: {
        ...panel,
        host: environment.host ?? panel.host,
        port: before?.port() ?? environment.port ?? panel.port,
      },
    },
    ...installed,
    profiles,
    dataFolder,
    adminPassword: environment.adminPassword,
    propose: (yaml) => propose(yaml, { dataFolder, secretsFile, profiles, siteId: configuration.site.id }),
    reviseRule,
    openSetUp(dependencies, isNeeded) {
      const startAnew = (): void => {
        timer?.cancel();
        timer = systemClock.after(ANSWER_MS, () => {
          if (isUp && !isNeeded()) void endForAnother().catch(end);
          else startAnew();
        });
      };
      const endForAnother = async (): Promise<void> => {
        await desk.hold();
        // Edited since it was looked at: what runs goes on running.
        if ((await fileFault()) === undefined) return end("anew");
        desk.release();
        startAnew();
      };
      const desk = createSetUpDesk(
        dependencies,
        { file: setUpFile, fileFault, profiles, startAnew },
        beginning,
      );
      setUp = desk;
      return desk;
    },
    gpio,
    heart,
    onDamage: end,
    log,
  });

  /** A full disk must not keep a village from its horns: then this start does not count. */
  async function countStart(): Promise<void> {
    try {
      await setUpFile.write(beginning.state);
    } catch (error) {
      log.error({ code: errorCode(error) }, "that this change was begun with is not kept");
    }
  }

  async function prove(): Promise<boolean> {
    try {
      await setUp?.prove();
      return true;
    } catch (error) {
      log.error({ code: errorCode(error) }, "what was changed on the page is still on trial");
      return false;
    }
  }

  async function keepProving(): Promise<void> {
    if (!(await prove())) timer = systemClock.after(PROVEN_AFTER_MS, () => void keepProving());
  }

  return {
    number,
    gateway,
    ended,
    port: () => port,
    async start() {
      if (beginning.state !== found) await countStart();
      await heart.begin();
      // A start that hangs can be ended like a run.
      isUp = await Promise.race([gateway.start().then(() => true), ended.then(() => false)]);
      if (!isUp) return false;
      heart.running();
      port = Number(new URL(gateway.url() ?? "").port);
      timer = systemClock.after(PROVEN_AFTER_MS, () => void keepProving());
      return true;
    },
    async stop() {
      timer?.cancel();
      heart.stopping();
      // Who is ended in good order has come up, and not because of what was changed.
      if (isUp && (await Promise.race([ended, undefined])) === undefined) await prove();
      try {
        await within(systemClock, STOP_MS, "stopping", gateway.stop());
      } catch (error) {
        log.error({ code: errorCode(error), error: String(error) }, "the gateway did not stop cleanly");
        return false;
      }
      // Of a start that failed half-way nobody knows what it had opened: the guard is to see to it.
      if (isUp || gateway.isGone()) heart.stopped();
      return true;
    },
  };
}
