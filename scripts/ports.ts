import { createServer } from "node:net";

/** Ports of throw-away runs: below the range from which systems lend ports to outgoing connections. */
const randomPortMin = 20_000;
const randomPortMax = 32_000;
const triesMax = 200;

function canListen(port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether nobody listens on the port, neither on loopback nor on all addresses. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port, "127.0.0.1")) && (await canListen(port, undefined));
}

/** The first free port from `preferred` upwards. @throws after 200 busy ones. */
export async function nextFreePort(preferred: number): Promise<number> {
  for (let port = preferred; port < preferred + triesMax; port += 1) {
    if (await isPortFree(port)) return port;
  }
  throw new Error(`No free port between ${preferred} and ${preferred + triesMax - 1}.`);
}

/** A free port by chance, for throw-away runs side by side. @throws after 200 busy ones. */
export async function randomFreePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = randomPortMin + Math.floor(Math.random() * (randomPortMax - randomPortMin));
    if (await isPortFree(port)) return port;
  }
  throw new Error(`No free port found between ${randomPortMin} and ${randomPortMax}.`);
}
