/** Wall time at which the day of `wallMs` began in a time zone (IANA name), ms since the Unix epoch. */
export function startOfDay(wallMs: number, timezone: string): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    hourCycle: "h23",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const sinceMidnightMs = (ms: number): number => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const seconds =
      (parts.get("hour") ?? 0) * 3600 + (parts.get("minute") ?? 0) * 60 + (parts.get("second") ?? 0);
    return seconds * 1000 + (((ms % 1000) + 1000) % 1000);
  };
  const guess = wallMs - sinceMidnightMs(wallMs);
  // On a day on which the clocks are changed the first step lands an hour beside midnight.
  const beside = sinceMidnightMs(guess);
  return beside <= 43_200_000 ? guess - beside : guess + (86_400_000 - beside);
}
