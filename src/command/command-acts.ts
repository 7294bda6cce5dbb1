import { createHash } from "node:crypto";
import type { z } from "zod";
import type { BroadcastContent, BroadcastSource } from "../core/broadcast.ts";
import type { CommandKind, CommandRoads } from "../core/command.ts";
import { GatewayError } from "../core/errors.ts";
import { faultOfText } from "../core/spoken-text.ts";
import type { Moment } from "../core/time.ts";
import {
  AlarmData,
  BroadcastData,
  type Command,
  ConfigurationData,
  SilenceData,
  TimeData,
} from "./command-form.ts";

export interface ActContext {
  readonly roads: CommandRoads;
  /** A recording of the shelf. */
  readonly clipOf: (id: string) => Promise<BroadcastContent | undefined>;
  readonly by: BroadcastSource;
  readonly address?: string | undefined;
  readonly at: Moment;
}

type Act = (command: Command, context: ActContext) => Promise<Record<string, unknown>>;

/** The broadcast of a command: a name of its own, so that nobody else's order can be taken for it. */
export function broadcastOf(command: string): string {
  return `command:${command}`;
}

/** What each kind does. Doing it twice does no more than doing it once. */
export const ACTS: Readonly<Record<CommandKind, Act>> = {
  async broadcast(command, { roads, clipOf, by, address }) {
    const { text, clip, emergency, notBefore, ...wanted } = dataOf(BroadcastData, command);
    const fault = text === undefined ? undefined : faultOfText(text);
    if (fault) throw refused(fault, "These words cannot be said");
    const content: BroadcastContent | undefined =
      clip === undefined ? { kind: "text", text: text ?? "" } : await clipOf(clip);
    if (!content) throw refused("clips.unknown", "There is no such recording");
    if (emergency && (wanted.reason === undefined || command.person === undefined)) {
      throw refused("command.invalid", "An emergency names who and why");
    }
    const id = broadcastOf(command.id);
    await roads.say({
      id,
      source: by,
      priority: emergency ? "emergency" : "township",
      content,
      ...wanted,
      ...(command.person !== undefined && { person: command.person }),
      ...(address !== undefined && { address }),
      ...(notBefore !== undefined && { notBeforeMs: Date.parse(notBefore) }),
      // What came too late to be a command is too late to be heard.
      expiresMs: Date.parse(command.expires),
    });
    return { broadcast: id };
  },
  async "broadcast.silence"(command, { roads, by }) {
    const { broadcast } = dataOf(SilenceData, command);
    return { silenced: await roads.silence(broadcast, by) };
  },
  async "alarm.acknowledge"(command, { roads, by }) {
    const { alarm } = dataOf(AlarmData, command);
    await roads.acknowledge(alarm, by);
    return { alarm };
  },
  async "alarm.clear"(command, { roads, by }) {
    const { alarm } = dataOf(AlarmData, command);
    await roads.clear(alarm, by);
    return { alarm };
  },
  async configuration(command, { roads }) {
    const { yaml } = dataOf(ConfigurationData, command);
    const { file, problems } = await roads.propose(yaml);
    if (problems.length > 0) {
      throw refused("command.configuration_wrong", `${problems.length} problem(s): ${problems[0]}`);
    }
    return { file, sha256: createHash("sha256").update(yaml, "utf8").digest("hex") };
  },
  async time(command, { roads, at }) {
    const { now } = dataOf(TimeData, command);
    if (!roads.tellTime) throw refused("command.no_clock", "Nobody here takes the time from others");
    roads.tellTime(Date.parse(now), at.monotonicMs);
    return { now };
  },
};

function dataOf<T>(form: z.ZodType<T>, { data }: Command): T {
  const parsed = form.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused(
    "command.invalid",
    `data.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not as it should be"}`,
  );
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
