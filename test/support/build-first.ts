import { importPlain } from "./product-runtime.ts";

/** What the system tests run is what the sources say: compiles the gateway and the page where they have changed since. */
export async function setup(): Promise<void> {
  const { lockSetup } = (await importPlain("src/setup/lock.mjs")) as {
    lockSetup: () => Promise<() => void>;
  };
  const { build } = (await importPlain("src/setup/build.mjs")) as { build: () => Promise<void> };
  const unlock = await lockSetup();
  try {
    await build();
  } finally {
    unlock();
  }
}
