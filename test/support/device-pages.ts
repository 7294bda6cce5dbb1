import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator } from "playwright-core";
import { beforeAll } from "vitest";
import { type ExaminedSite, loadConfiguration } from "../../src/config/load.ts";
import { loadProfiles } from "../../src/config/profiles.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { ProfileCatalogue } from "../../src/core/profiles.ts";
import type { WiringView } from "../../src/core/wiring.ts";
import { PASSWORD_HASH } from "../unit/panel/panel-fixture.ts";
import { type PageRig, setUpPages } from "./page-rig.ts";
import { createSetUpDouble, type SetUpDouble } from "./set-up-double.ts";

export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true };
export const DESK = { viewport: { width: 1366, height: 800 } };

export const level = { id: "pond-level", name: "东塘水位", profile: "qdy30a", bus: "rs485", address: 1 };
export const rain = {
  id: "rain",
  name: "雨量",
  profile: "qingyi-cg04",
  bus: "rs485",
  address: 2,
  pollSeconds: 60,
};
export const pond = {
  ...{ id: "pond", name: "东塘喇叭", audio: "rtp://192.168.1.40:5004" },
  power: { relay: { modbus: { bus: "relays", profile: "waveshare-modbus", channel: 2, address: 3 } } },
};
export const weir = {
  ...{ id: "weir-horn", name: "水坝喇叭", audio: "alsa:default" },
  power: { relay: { gpio: { chip: "pinctrl-bcm2711", line: 17 } } },
};
// JSON is YAML, too.
const VILLAGE = `
site: {id: longwan, name: 龙湾村}
board: raspberry-pi-4b
buses:
  - {id: rs485, port: /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0}
  - {id: relays, port: "tcp://192.168.1.30:502"}
sensors: ${JSON.stringify([level, rain])}
speakers: ${JSON.stringify([pond, weir])}
rules:
  - id: pond-high
    name: 东塘水位过高
    when: {sensor: pond-level, above: 3.2, clearBelow: 3}
    then: [{say: 水位过高, on: [pond]}]
`;
const WIRING: WiringView = {
  speakers: [],
  sensors: [{ sensor: "pond-level", model: "QDY30A", port: "/dev/ttyUSB0", address: 1, pollSeconds: 5 }],
  upstreams: [],
};

export interface DevicePages {
  readonly rig: PageRig;
  /** The real desk over the village above. */
  readonly setUp: SetUpDouble;
  /** No sensor answers from now on. */
  silence(): void;
  form(): Locator;
  field(name: string): Locator;
  /** A button of the form. */
  press(name: string): Promise<void>;
  open(name: string): Promise<void>;
  save(): Locator;
  inForce(): Promise<void>;
}

/** Where sensors and speakers of a village are set up, opened as `installer`; adds the hooks, as `setUpPages`. */
export function setUpDevicePages(): DevicePages {
  let [site, profiles] = [undefined, undefined] as [ExaminedSite | undefined, ProfileCatalogue | undefined];
  let setUp: SetUpDouble;
  let isSilent = false;

  beforeAll(async () => {
    const found = await loadProfiles();
    if (!found.ok) throw new Error("no profiles");
    profiles = found.profiles;
    const file = join(mkdtempSync(join(tmpdir(), "set-up-")), "cunshao.yaml");
    writeFileSync(file, VILLAGE);
    const loaded = await loadConfiguration(file, profiles);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    site = loaded.site;
  });

  const rig = setUpPages({
    place: "setup",
    site: { wiring: WIRING },
    async prepare(dependencies) {
      const { accounts, drills } = dependencies;
      await accounts.add({ username: "installer", passwordHash: PASSWORD_HASH, role: "technician" });
      drills.show(
        { plan: { text: "试音", volume: 30 }, speakers: [{ speaker: "pond", running: false }] },
        [],
      );
      if (!site) throw new Error("the village has not been read");
      setUp = createSetUpDouble(dependencies, site, profiles);
      dependencies.setUp = setUp;
      isSilent = false;
      dependencies.sensorTrial = {
        async read() {
          if (!isSilent) return { value: 2.31, unit: "m" };
          throw new GatewayError("no answer", { code: "modbus.timeout", kind: "transient" });
        },
      };
    },
  });

  const form = () => rig.page.getByRole("dialog");
  return {
    rig,
    get setUp() {
      return setUp;
    },
    silence() {
      isSilent = true;
    },
    form,
    field: (name) => form().getByLabel(name),
    press: (name) => rig.button(name, form()).click(),
    open: (name) => rig.button(`改：${name}`).click(),
    save: () => rig.button("保存", form()),
    inForce: () => form().getByText("新的设置已经在用").waitFor(),
  };
}
