import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeSchema } from "./schema.ts";
import { groundOf, kindOf, listingsAt, neverAborted, shownOf } from "./ground.ts";
import { createRig, type ChannelScenario } from "./rig.ts";
import {
  ChannelFault,
  type Channel,
  type ConnectGrant,
  type ConnectedAccount,
} from "#app/channels/contract.ts";

const redirectUrl = "https://lockstep.example.com/connect/callback";

/** The sign-in: the platform's own consent page, what it brings back, and what that opens. */
export function describeConnect(channel: Channel, scenario: ChannelScenario): void {
  const { connect } = channel;
  const wanted = scenario.connect;
  if (!connect || !wanted) return;
  describe("connect", () => {
    const ground = groundOf(channel, scenario);
    const handOver = new HandOver();
    beforeAll(() => handOver.listen());
    afterAll(() => handOver.close());

    const codeVerifier = randomBytes(48).toString("base64url");
    const values = () => wanted.values(ground.platform);

    /** Sends the merchant's browser to the consent page and reads what it comes back with. */
    async function consent(change: (url: URL) => void = () => undefined): Promise<ConnectGrant> {
      if (!connect?.authorizeUrl) {
        return { values: values(), returned: {}, redirectUrl, codeVerifier };
      }
      const state = randomUUID();
      const { app } = ground.rig.context;
      const request = {
        state,
        redirectUrl,
        handOverUrl: handOver.url,
        values: values(),
        codeVerifier,
      };
      const page = new URL(connect.authorizeUrl(request, app));
      change(page);
      const answer = await fetch(page, { redirect: "manual" });
      expect(answer.status).toBe(302);
      const back = new URL(answer.headers.get("location") ?? "");
      expect(`${back.origin}${back.pathname}`).toBe(redirectUrl);
      const returned = Object.fromEntries(back.searchParams);
      expect(returned[connect.stateParameter ?? "state"]).toBe(state);
      const handed = connect.handsOver ? await handOver.next() : {};
      return { values: values(), returned: { ...returned, ...handed }, redirectUrl, codeVerifier };
    }

    function complete(grant: ConnectGrant): Promise<readonly ConnectedAccount[]> {
      const { app, http, now } = ground.rig.context;
      if (!connect) throw new Error("unreachable");
      return connect.complete(grant, { app, http, now, signal: neverAborted() });
    }

    async function refusal(grant: ConnectGrant): Promise<string> {
      try {
        await complete(grant);
        return "ok";
      } catch (error) {
        if (!(error instanceof ChannelFault)) throw error;
        ground.rig.spoken.push(JSON.stringify(error.fault));
        return kindOf({ ok: false, fault: error.fault });
      }
    }

    test("consent opens the account, and what it gave can be worked with", async () => {
      const accounts = await complete(await consent());
      const { demo } = ground.platform.definition;
      const account = accounts.find(
        ({ accountId, marketplace }) =>
          accountId === demo.accountId && marketplace === demo.marketplace,
      );
      if (!account) throw new Error(`not among ${JSON.stringify(accounts.map((it) => it.label))}`);
      expect(account.label).not.toBe("");
      expect(new Set(accounts.map((it) => `${it.accountId} ${it.marketplace}`)).size).toBe(
        accounts.length,
      );
      const rig = createRig(channel, ground.platform, { account });
      expect(await shownOf(rig, listingsAt(ground, 0, 1))).toHaveLength(1);
    });

    test("what the merchant refuses is refused in words", async () => {
      if (!connect.authorizeUrl || connect.handsOver) return;
      const grant = await consent((page) => page.searchParams.set("deny", "1"));
      expect(["rejected", "revoked"]).toContain(await refusal(grant));
    });

    test("a code that is wrong opens nothing", async () => {
      const grant = await consent();
      const wrong = wanted.wrongValues?.(ground.platform);
      const spoiled = Object.fromEntries(
        Object.entries(grant.returned).map(([name, value]) => [name, `${value}-wrong`]),
      );
      const bad = wrong ? { ...grant, values: wrong } : { ...grant, returned: spoiled };
      expect(["rejected", "revoked", "unauthorised"]).toContain(await refusal(bad));
    });

    test("a platform that is down is an outage, not a wrong key", async () => {
      const grant = await consent();
      const { control } = ground.platform.sandbox;
      control.setFaults({ channel: channel.id, down: true });
      expect(await refusal(grant)).toBe("unavailable");
      control.setFaults({ channel: channel.id, down: false });
    });

    test("no secret was in any fault", () => {
      const everything = ground.rig.spoken.join("\n");
      for (const secret of ground.rig.secrets()) expect(everything).not.toContain(secret);
    });

    describeSchema(scenario, () => ground.exchanges());
  });
}

/** Where a platform posts keys to. */
class HandOver {
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.writeHead(200).end();
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      this.#handed.push(
        Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)])),
      );
      this.#wake?.();
    });
  });
  readonly #handed: Record<string, string>[] = [];
  #wake: (() => void) | undefined;
  url = "";

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/handed-over`;
  }

  async next(): Promise<Record<string, string>> {
    while (this.#handed.length === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#handed.shift() ?? {};
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
