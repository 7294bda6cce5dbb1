import { until } from "../../support/until.ts";

/** Waits until `get` gives something, and returns it. */
export async function arrived<T>(get: () => T | undefined): Promise<T> {
  let value: T | undefined;
  await until(() => {
    value = get();
    return value !== undefined;
  });
  return value as T;
}
