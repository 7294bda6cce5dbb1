/** Something to say: a key of the messages and what goes into it. Words live in `messages/`, never here. */
export interface Phrase {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}

export function phrase(key: string, params: Phrase["params"] = {}): Phrase {
  return { key, params };
}

/** The message key for a stable code such as `rtsp.unauthorized`. */
export function reasonKey(code: string): string {
  return `reason.${code.replaceAll(".", "_")}`;
}
