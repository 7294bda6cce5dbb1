export interface StreamMessage {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
}

/** Reads server-sent events as they come, until closed. Throws when the answer is not 200. */
export async function readMessages(url: string, headers: Record<string, string>) {
  const closing = new AbortController();
  const answer = await fetch(url, { headers, signal: closing.signal });
  if (answer.status !== 200 || !answer.body) throw new Error(`${answer.status} ${await answer.text()}`);
  const messages: StreamMessage[] = [];
  let ended = false;

  const reading = (async (body: ReadableStream<Uint8Array>) => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        const fields = Object.fromEntries(
          part.split("\n").map((line) => {
            const colon = line.indexOf(": ");
            return [line.slice(0, colon), line.slice(colon + 2)];
          }),
        );
        if (fields["data"] !== undefined) messages.push({ ...fields, data: fields["data"] });
      }
    }
  })(answer.body)
    .catch(() => {})
    .finally(() => {
      ended = true;
    });

  return {
    messages,
    headers: answer.headers,
    ended: () => ended,
    async close() {
      closing.abort();
      await reading;
    },
  };
}
