import { BlockList, isIP, isIPv6 } from "node:net";

// RFC 5280 4.2.1.10. Whoever trusts the box's authority trusts it for the village's own network and nothing else: with a
// stolen key nobody can pass for a bank.

/** Suffixes that public names never have (RFC 6761, 6762, 8375, ICANN's .internal), and what home routers use. */
const LOCAL_SUFFIXES = ["local", "localhost", "lan", "home.arpa", "internal"];

const NETWORKS = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["fc00::", 7],
  ["fe80::", 10],
  ["::1", 128],
] as const;

const SEQUENCE = 0x30;
const PERMITTED = 0xa0;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** The extension's value in DER, for private addresses, local suffixes and the host's own name. */
export function nameConstraints(hostname: string): Buffer {
  const names = [...new Set([...LOCAL_SUFFIXES, hostname])];
  const subtrees = [
    ...names.map(dnsSubtree),
    ...NETWORKS.map(([address, bits]) =>
      tlv(SEQUENCE, tlv(IP_ADDRESS, Buffer.concat([bytesOf(address), mask(address, bits)]))),
    ),
  ];
  return tlv(SEQUENCE, tlv(PERMITTED, Buffer.concat(subtrees)));
}

/** Whether a certificate for `name` would be accepted under these constraints. */
export function permits(constraints: Uint8Array, name: string): boolean {
  const family = isIP(name);
  if (family > 0) return isPrivateAddress(name);
  const labels = name.split(".");
  return labels.some((_, index) =>
    Buffer.from(constraints).includes(dnsSubtree(labels.slice(index).join("."))),
  );
}

export function isPrivateAddress(address: string): boolean {
  const list = new BlockList();
  for (const [network, bits] of NETWORKS) list.addSubnet(network, bits, isIPv6(network) ? "ipv6" : "ipv4");
  return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function dnsSubtree(name: string): Buffer {
  return tlv(SEQUENCE, tlv(DNS_NAME, Buffer.from(name, "ascii")));
}

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  // Only the networks above come here: the part before `::`, or `::1`.
  const [head = "", tail = ""] = address.split("::");
  const bytes = Buffer.alloc(16);
  if (head !== "") bytes.writeUInt16BE(Number.parseInt(head, 16), 0);
  if (tail !== "") bytes.writeUInt16BE(Number.parseInt(tail, 16), 14);
  return bytes;
}

function mask(address: string, bits: number): Buffer {
  const length = isIPv6(address) ? 16 : 4;
  return Buffer.from(
    Array.from({ length }, (_, index) => 256 - 2 ** (8 - Math.min(8, Math.max(0, bits - 8 * index)))),
  );
}

/** X.690 8.1: tag, length, value. */
function tlv(tag: number, value: Uint8Array): Buffer {
  const { length } = value;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
