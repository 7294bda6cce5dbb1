// What the page and its libraries call and engines before Chromium 93 lack; the domestic browsers of village PCs trail by years. First of
// all imports. The compiler keeps out other young functions (tsconfig.json, `lib`), but not `at`, which Node's types bring.

function at<Item>(this: ArrayLike<Item>, index: number): Item | undefined {
  const whole = Math.trunc(index) || 0;
  return this[whole < 0 ? this.length + whole : whole];
}

function provide(owner: object, name: string, value: unknown): void {
  if (name in owner) return;
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

for (const sequence of [Array, String, Uint8Array]) provide(sequence.prototype, "at", at);
provide(
  Object,
  "hasOwn",
  (owner: unknown, key: PropertyKey) => Object.getOwnPropertyDescriptor(owner, key) !== undefined,
);
