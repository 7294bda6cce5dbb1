import { parse } from "yaml";
import { createRuleReviser } from "../../src/config/rule-revision.ts";
import { siteFileSchema } from "../../src/config/schema.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { Ledger } from "../../src/core/event.ts";
import { type HornLimits, USUAL_LIMITS } from "../../src/core/horn-limits.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { ProfileCatalogue } from "../../src/core/profiles.ts";
import type { RuleChange } from "../../src/core/rule-edit.ts";
import { createRuleDesk } from "../../src/rules/rule-desk.ts";
import type { VillageDouble } from "./village-double.ts";

/** The rules of the village double as a configuration file has them. */
const FILE: unknown = parse(`
site: {id: test, name: 龙湾村}
board: virtual
cameras:
  - id: pond-east
    name: 东塘
    main: rtsp://192.168.1.21/main
    zones: [{id: bank, name: 塘埂, polygon: [[0.1, 0.5], [0.9, 0.5], [0.9, 1]]}]
buses: [{id: rs485, port: /dev/null}]
sensors: [{id: pond-level, name: 东塘水位, profile: generic-level, bus: rs485, address: 1}]
inputs: [{id: sos, name: 塘边求助按钮, gpio: {chip: virtual-gpio, line: 1}}]
speakers: [{id: pond, name: 东塘喇叭, audio: "alsa:default"}]
rules:
  - id: pond-bank
    name: 东塘有人靠近
    when: {person: {camera: pond-east, zone: bank}}
    cooldownSeconds: 60
    then:
      - {say: "水边危险，请速离开", on: [pond], repeat: 2}
      - {alarm: {severity: warning}, evidence: true}
    escalate: [{afterSeconds: 20, say: "塘边的人请马上离开，已通知村干部"}]
  - id: pond-high
    name: 东塘水位过高
    when: {sensor: pond-level, above: 3.2, clearBelow: 3, holdSeconds: 60}
    cooldownSeconds: 600
    then: [{alarm: {severity: danger}}]
  - id: sos
    name: 有人求助
    when: {input: sos}
    cooldownSeconds: 10
    then: [{alarm: {severity: emergency}}]
`);

/** No model is asked for: what is checked is a rule. */
const NO_MODELS = new Proxy({}, { get: () => new Map() }) as ProfileCatalogue;

export interface RulesOf {
  readonly limits?: Partial<HornLimits>;
  readonly last?: readonly RuleChange[];
}

/** The real desk on the rules of the village double, which shows them; no voice can say 龘. */
export function createRulesDouble(
  { ledger, village }: { readonly ledger: Pick<Ledger, "append">; readonly village: VillageDouble },
  { limits, last = [] }: RulesOf = {},
) {
  const desk = createRuleDesk(
    {
      ledger,
      revise: createRuleReviser(FILE, siteFileSchema.parse(FILE), NO_MODELS),
      async rehearse(says) {
        if (says.every(({ text }) => !text.includes("龘"))) return;
        throw new GatewayError("not to be said", {
          code: "speech.script",
          kind: "permanent",
          device: "pond",
        });
      },
      limits: { ...USUAL_LIMITS, ...limits },
      log: silentLogger,
    },
    village.state().rules,
    last,
  );
  desk.changes.on(() => village.update({ rules: desk.list() }));
  return desk;
}
