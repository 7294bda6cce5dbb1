/** What somebody may be allowed to do. Each route of the API needs exactly one of these, or is open to everybody. */
export const PERMISSIONS = [
  /** The state of the village, live pictures, alarms, sensors. */
  "look",
  /** Recordings, clips of alarms, and searches of where people were: each use is in the audit with its reason. */
  "replay",
  /** Taking recordings out of the box. */
  "export",
  /** The ledger, its cursors and evidence, for pullers. */
  "events",
  /** Acknowledging and clearing alarms. */
  "handle",
  /** Pausing a rule or zone for a time, and arming it again. */
  "pause",
  /** Speaking through the horns. */
  "speak",
  /** Recordings for the horns: bringing them in, naming and deleting them. */
  "clips",
  /** Moving cameras. */
  "move",
  /** Setting the box up: cameras, reference pictures, locks on recordings. */
  "set-up",
  /** Accounts, tokens and other people's log-ins. */
  "accounts",
  /** Figures for monitoring systems. */
  "metrics",
] as const;

export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ["viewer", "operator", "technician", "administrator", "township"] as const;

export type Role = (typeof ROLES)[number];

/**
 * What each role may do. Who sets up cameras does not for that reason see last night's recordings, nor the
 * reverse. Pausing is for who stands there and knows who washes at the pond: the township does not.
 */
export const PERMISSIONS_OF: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ["look"],
  operator: ["look", "replay", "export", "events", "handle", "pause", "speak", "clips", "move"],
  technician: ["look", "events", "handle", "pause", "speak", "clips", "move", "set-up", "metrics"],
  administrator: PERMISSIONS,
  township: ["look", "replay", "export", "events", "handle", "speak", "clips", "move", "metrics"],
};

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

export function isPermission(text: string): text is Permission {
  return (PERMISSIONS as readonly string[]).includes(text);
}

/** What a token of a machine may be given: people alone decide who else gets in. */
export const SCOPES: readonly Permission[] = PERMISSIONS.filter((permission) => permission !== "accounts");
