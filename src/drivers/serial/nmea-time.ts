const SENTENCE = /^\$(?<body>[A-Z]{2}RMC,[\x20-\x23\x25-\x29\x2b-\x7e]*)\*(?<sum>[0-9A-Fa-f]{2})\r?$/;
const TIME = /^(\d\d)(\d\d)(\d\d)(?:\.(\d{1,3})\d*)?$/;
const DATE = /^(\d\d)(\d\d)(\d\d)$/;

/**
 * The time (UTC, in ms) that a satellite receiver's RMC sentence tells, NMEA 0183, of any constellation: undefined for any other text, and
 * where the receiver itself does not believe it (status V). Where it stands is not read.
 */
export function readNmeaTime(line: string): number | undefined {
  const { body, sum } = SENTENCE.exec(line)?.groups ?? {};
  if (body === undefined || sum === undefined || checksum(body) !== Number.parseInt(sum, 16))
    return undefined;
  const [, time, status, , , , , , , date] = body.split(",");
  if (status !== "A") return undefined;
  const [, day, month, year] = DATE.exec(date ?? "") ?? [];
  const [, hours, minutes, seconds, fraction = ""] = TIME.exec(time ?? "") ?? [];
  // The format has two digits only, and this program is of this century.
  const text = `20${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${fraction.padEnd(3, "0")}Z`;
  const wallMs = Date.parse(text);
  // Not what no calendar has, a leap second (23:59:60) among it: the next sentence comes within seconds.
  return Number.isNaN(wallMs) || new Date(wallMs).toISOString() !== text ? undefined : wallMs;
}

function checksum(body: string): number {
  let sum = 0;
  for (let at = 0; at < body.length; at++) sum ^= body.charCodeAt(at);
  return sum;
}
