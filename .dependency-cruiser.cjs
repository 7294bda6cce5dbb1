// The rooms and arrows of the architecture (README.md), as rules. test/architecture proves that each of them bites.

/** Rooms that know core/ and themselves, nothing else: they meet through the ports in core/, main.ts hands them out. */
const ROOMS = [
  "drivers",
  "video",
  "vision",
  "sense",
  "rules",
  "act",
  "buffer",
  "forward",
  "pull",
  "reverse",
  "desk",
  "county",
  "command",
  "panel",
  "config",
  "guard",
];

const roomRules = ROOMS.map((room) => ({
  name: `${room}-imports-core-only`,
  severity: "error",
  comment: `${room}/ may import itself and core/; what else it needs comes through a port that main.ts hands out.`,
  from: { path: `^src/${room}/` },
  to: { path: "^(src|hw|test)/", pathNot: `^src/(${room}|core)/` },
}));

/** Packages and modules that touch the outside world, and the only places that may. */
const CONFINED = [
  {
    name: "wires-and-processes-in-drivers",
    packages: [
      "serialport",
      "@serialport/[^/]+",
      "onoff",
      "epoll",
      "modbus-serial",
      "node-rtsp-stream",
      "onvif",
    ],
    builtins: ["child_process"],
    allowed: "^(src/drivers/|src/setup/|src/setup\\.mjs|hw/virtual/|test/)",
  },
  { name: "sqlite-in-buffer", packages: ["sqlite3"], allowed: "^(src/buffer/|test/)" },
  { name: "postgres-in-buffer", packages: ["pg"], allowed: "^(src/buffer/|test/)" },
  { name: "onnx-in-vision", packages: ["onnxruntime-node"], allowed: "^(src/vision/|test/)" },
  // The two that call others over HTTP: the box the township, and the township the box.
  { name: "axios-in-forward", packages: ["axios"], allowed: "^(src/(forward|pull)/|test/)" },
  {
    name: "mqtt-in-forward",
    packages: ["mqtt", "mqtt-packet"],
    allowed: "^(src/(forward|county)/|hw/virtual/township/|test/)",
  },
  // AGPL: it is run as a tool.
  { name: "pm2-nowhere", packages: ["pm2"], allowed: "^$" },
];

const confinedRules = CONFINED.flatMap(({ name, packages, builtins = [], allowed }) => {
  const from = { path: "^(src|hw|test)/", pathNot: allowed };
  const rule = (path) => ({ name, severity: "error", from, to: { path } });
  const rules = [rule(`(^|/)node_modules/(${packages.join("|")})/|^(${packages.join("|")})$`)];
  return builtins.length > 0 ? [...rules, rule(`^(node:)?(${builtins.join("|")})$`)] : rules;
});

module.exports = {
  forbidden: [
    ...roomRules,
    ...confinedRules,
    {
      name: "core-imports-no-room",
      severity: "error",
      from: { path: "^src/core/" },
      to: { path: "^(src|hw|test)/", pathNot: "^src/core/" },
    },
    {
      name: "core-imports-no-package",
      severity: "error",
      comment: "The words of the project depend on nothing that can be replaced.",
      from: { path: "^src/core/" },
      to: { path: "node_modules" },
    },
    {
      name: "rules-are-pure",
      severity: "error",
      from: { path: "^src/rules/" },
      to: { dependencyTypes: ["npm", "npm-dev", "core"] },
    },
    {
      name: "provision-imports-core-and-config",
      severity: "error",
      from: { path: "^src/provision/" },
      to: { path: "^(src|hw|test)/", pathNot: "^src/(provision|core|config)/" },
    },
    {
      name: "page-imports-core-types-only",
      severity: "error",
      comment: "The page runs in a browser: nothing of the gateway but types of core/ may get there.",
      from: { path: "^src/panel/web/" },
      to: { path: "^(src|hw|test)/", pathNot: "^src/(panel/web|core)/" },
    },
    {
      name: "nobody-imports-the-composition",
      severity: "error",
      comment: "Only the command, the virtual kit's gateway and tests may start a whole gateway.",
      from: {
        path: "^(src|hw)/",
        pathNot:
          "^(src/(cli|main|township|county|gateway|gateway-run|gateway-devices|gateway-flow|gateway-upkeep|guard|guard-run|safe-plan)\\.ts|hw/virtual/(gateway|guard)\\.ts)$",
      },
      to: {
        path: "^src/(cli|main|gateway|gateway-run|gateway-devices|gateway-flow|gateway-upkeep|guard|guard-run|safe-plan)\\.ts$",
      },
    },
    {
      name: "virtual-kit-knows-core-only",
      severity: "error",
      comment:
        "It speaks the real protocols from the other side of the wire; sharing drivers would prove nothing.",
      from: { path: "^hw/virtual/", pathNot: "^hw/virtual/((gateway|guard)\\.ts|kit/)" },
      to: { path: "^src/", pathNot: "^src/core/" },
    },
    {
      name: "virtual-kit-never-imports-drivers",
      severity: "error",
      comment: "Its entries also read the environment, and one starts a gateway on the virtual board.",
      from: { path: "^hw/virtual/((gateway|guard)\\.ts|kit/)" },
      to: { path: "^src/", pathNot: "^src/(core/|config/|(main|guard-run)\\.ts$)" },
    },
    {
      name: "no-product-imports-tests",
      severity: "error",
      from: { path: "^(src|hw)/" },
      to: { path: "^test/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "resolvable",
      severity: "error",
      from: { path: "^(src|hw|test)/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    skipAnalysisNotInRules: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
      extensions: [".ts", ".mjs", ".js", ".vue", ".json", ".d.ts"],
    },
  },
};
