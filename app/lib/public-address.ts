import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** Addresses that no merchant's server has: our own machine and network, and what is set aside for other uses (RFC 6890). */
const inner = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  inner.addSubnet(net, bits, "ipv4");
}
for (const [net, bits] of [
  ["::", 128],
  ["::1", 128],
  ["64:ff9b::", 96],
  ["100::", 64],
  ["2001:db8::", 32],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  inner.addSubnet(net, bits, "ipv6");
}

/** The address is none that we call for a merchant. */
export class InnerAddress extends Error {
  constructor(host: string) {
    super(`${host} is not a public address: Lockstep calls only servers that are on the internet.`);
    this.name = "InnerAddress";
  }
}

/** Whether an IP address, as text, lies in our own network or on no network at all. */
export function isInnerAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  return inner.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}

/**
 * Refuses an address that a merchant typed when it leads into our own network.
 * @throws InnerAddress; Error when the name cannot be resolved
 */
export async function requirePublicAddress(url: string): Promise<void> {
  const { hostname, protocol } = new URL(url);
  if (protocol !== "https:") throw new InnerAddress(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(host) ? [{ address: host }] : await lookup(host, { all: true });
  if (addresses.some(({ address }) => isInnerAddress(address))) throw new InnerAddress(host);
}
