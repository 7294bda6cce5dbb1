/** Structured logging; `fields` first, a constant English message second. Never pass a URL with a password. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};

/**
 * `rtsp://user:pass@host/path?x=1` becomes `rtsp://host`: some makes put the password in the path (XM).
 * Everything up to the last @ goes, because people write passwords with @ and / in them.
 */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:.*@)?([^/?#\s]*).*$/is, "$1$2");
}
