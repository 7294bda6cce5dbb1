import { Duplex } from "node:stream";

/**
 * A stream of HTTP/2 as the connection that HTTP/1.1 expects. It hands on bytes only: where strings and bytes are written together,
 * HTTP/2 of Node 20 sends memory of others in their place. A stream that breaks off ends it as a lost connection does, without an
 * error that nobody awaits. What concerns a wire is answered as by one that needs no care.
 */
export class ChannelConnection extends Duplex {
  readonly #stream: Duplex;
  #hasEnded = false;

  constructor(stream: Duplex) {
    super();
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    stream.on("end", () => {
      this.#hasEnded = true;
      this.push(null);
    });
    // `close` follows.
    stream.on("error", () => undefined);
    stream.on("close", () => {
      // What has come is still read.
      if (this.#hasEnded) this.end();
      else this.destroy();
    });
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#stream.write(chunk, (error) => {
      if (error) this.destroy();
      done();
    });
  }

  override _final(done: () => void): void {
    if (this.#stream.destroyed) done();
    else this.#stream.end(done);
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.#stream.destroy();
    done(null);
  }

  setTimeout(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
