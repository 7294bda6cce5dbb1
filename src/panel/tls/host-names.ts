import { hostname, networkInterfaces } from "node:os";

/** By what names and addresses this machine may be called right now; what people will type comes first. */
export function hostNames(): string[] {
  const name = hostname().toLowerCase().split(".")[0] ?? "";
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list);
  const outer = addresses
    .filter(({ internal, address }) => !internal && !/^fe80:/i.test(address))
    .map(({ address }) => address)
    .sort();
  const usable = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) ? [`${name}.local`, name] : [];
  return [...new Set([...usable, ...outer, "localhost", "127.0.0.1", "::1"])];
}

/** An address of this machine on the village's network, to type into a browser. */
export function outerAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list);
  return addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address;
}
