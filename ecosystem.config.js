// For pm2, where there is no systemd: `pm2 start ecosystem.config.js --only cunshao,cunshao-guard`, and
// `--only cunshao-demo` for the virtual village, which brings its own guard. In an ES module package pm2 reads nothing but `export const apps`.

import { GUARD_RUNTIME, RUNTIME } from "./src/setup/runtime.mjs";

const common = {
  cwd: import.meta.dirname,
  script: "dist/src/cli.js",
  exec_mode: "fork",
  instances: 1,
  // It ends its ffmpeg children itself; a signal to all of them at once would look like cameras going blind.
  treekill: false,
  // Sounds fade, amplifiers go off, the ledger closes: well under this.
  kill_timeout: 10_000,
  exp_backoff_restart_delay: 500,
  // No configuration: starting again does not mend it.
  stop_exit_codes: [78],
  max_memory_restart: "700M",
  time: true,
  env: { NODE_ENV: "production", ...RUNTIME },
};

export const apps = [
  { ...common, name: "cunshao", args: "run" },
  {
    ...common,
    name: "cunshao-guard",
    script: "dist/src/guard.js",
    // It is needed at once.
    exp_backoff_restart_delay: 100,
    max_memory_restart: "128M",
    env: { ...common.env, ...GUARD_RUNTIME },
  },
  { ...common, name: "cunshao-demo", args: "virtual-kit" },
];
