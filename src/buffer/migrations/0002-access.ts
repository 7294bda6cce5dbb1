import type { Migration } from "./migration.ts";

/** Who may see: tokens with scopes, failed log-ins that survive a restart. */
export const access: Migration = { name: "access", statements: [] };
