/** What kind of thing is logged in, by how its browser calls itself. */
export function agentKey(agent: string): string {
  if (/ipad|tablet/i.test(agent)) return "access.agents.tablet";
  if (/mobile|android|iphone|harmony/i.test(agent)) return "access.agents.phone";
  return /mozilla/i.test(agent) ? "access.agents.computer" : "access.agents.unknown";
}
