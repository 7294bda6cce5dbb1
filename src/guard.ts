#!/usr/bin/env node
// `cunshao guard` as the unit starts it: apart from cli.ts, which would load all of the gateway beside it.
import { readEnvironment } from "./config/environment.ts";
import { runGuard } from "./guard-run.ts";

process.exit(await runGuard({ environment: readEnvironment(process.env), systemd: process.env }));
