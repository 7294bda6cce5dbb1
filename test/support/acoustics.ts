// What becomes of a sound between a horn and a microphone: echo, wind, rain, a generator, insects, another loudspeaker.

/** The same numbers for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const NOISES = ["rain", "wind", "generator", "insects"] as const;

/** Noise of a kind, of root mean square 1. */
export function noise(
  kind: (typeof NOISES)[number],
  length: number,
  rateHz: number,
  seed: number,
): Float32Array {
  const random = createRandom(seed);
  const gauss = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const out = new Float32Array(length);
  let [slow, slower, gust, aim] = [0, 0, 1, 1];
  for (let at = 0; at < length; at++) {
    const seconds = at / rateHz;
    if (kind === "rain") out[at] = gauss();
    else if (kind === "wind") {
      if (at % Math.round(rateHz * 0.3) === 0) aim = 3 * random() ** 2;
      gust += (aim - gust) / (rateHz * 0.15);
      slow += 0.02 * (gauss() - slow);
      slower += 0.1 * (gauss() - slower);
      out[at] = gust * (slow * 8 + slower * 0.3);
    } else if (kind === "generator") {
      let hum = 0;
      for (let k = 1; k <= 20; k++) hum += Math.sin(2 * Math.PI * 50 * k * seconds + k * k) / k ** 0.7;
      out[at] = hum * (1 + 0.3 * Math.sin(2 * Math.PI * 12.5 * seconds)) + gauss() * 0.3;
    } else {
      const chirp =
        Math.sin(2 * Math.PI * 3200 * seconds) * Math.max(0, Math.sin(2 * Math.PI * 4.1 * seconds));
      out[at] = chirp + gauss() * 0.05;
    }
  }
  return scaled(out, 1 / rootMeanSquare(out));
}

/** Fifteen echoes from all around, dying away within `seconds`; `share` of the sound's own strength together. */
export function echoed(
  sound: Float32Array,
  rateHz: number,
  seconds: number,
  share: number,
  seed: number,
): Float32Array {
  const random = createRandom(seed);
  const length = Math.round(seconds * rateHz * 0.6);
  const echoes = Array.from({ length: 15 }, () => {
    const after = Math.round(random() * length) + Math.round(0.02 * rateHz);
    return { after, level: (random() < 0.5 ? -1 : 1) * Math.exp((-6.9 * after) / (seconds * rateHz)) };
  });
  const whole = Math.hypot(...echoes.map(({ level }) => level));
  const out = new Float32Array(sound.length + length + Math.round(rateHz * 0.1));
  out.set(sound);
  for (const { after, level } of echoes) {
    for (let at = 0; at < sound.length; at++) {
      out[at + after] = (out[at + after] ?? 0) + ((share * level) / whole) * (sound[at] ?? 0);
    }
  }
  return out;
}

export function rootMeanSquare(sound: Float32Array): number {
  return Math.sqrt(sound.reduce((sum, value) => sum + value * value, 0) / Math.max(1, sound.length));
}

export function scaled(sound: Float32Array, factor: number): Float32Array {
  return sound.map((value) => value * factor);
}

export function mixed(...sounds: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(Math.max(...sounds.map(({ length }) => length)));
  for (const sound of sounds)
    for (let at = 0; at < sound.length; at++) out[at] = (out[at] ?? 0) + (sound[at] ?? 0);
  return out;
}

export function oneAfterTheOther(...sounds: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(sounds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const sound of sounds) {
    out.set(sound, at);
    at += sound.length;
  }
  return out;
}

export function toSamples(sound: Float32Array): Int16Array {
  return Int16Array.from(sound, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))));
}
