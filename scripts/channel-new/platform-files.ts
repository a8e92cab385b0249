import type { Names } from "./names.ts";

/** The simulated platform beside a new channel: it has the demo merchant's stock and answers nothing yet. */
export function platformFiles({ id, label, env }: Names): Record<string, string> {
  return {
    "index.ts": `import { answerJson } from "../answer.ts";
import type { SandboxPlatform } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { buyersSide, Shelf } from "../shelf.ts";

/** ${label}, as far as the app calls it: the same paths, bodies, refusals and limits as the real one. */
function createPlatform(context: SandboxContext): SandboxPlatform {
  const shelf = new Shelf(context, {
    orderId: (serial) => \`${env}-\${String(serial)}\`,
    // Tell the app as the platform does: context.emitter.send({ path, body, headers }).
    announce: () => undefined,
  });
  return {
    id: "${id}",
    handle(request, response) {
      answerJson(response, 501, { error: \`\${request.method} \${request.path} is not simulated yet\` });
      return Promise.resolve();
    },
    ...buyersSide(shelf),
    snapshot: () => ({ shelf: shelf.snapshot() }),
    restore(snapshot) {
      shelf.restore((snapshot as { shelf: unknown }).shelf);
    },
  };
}

const definition: PlatformDefinition = {
  id: "${id}",
  credentials: ["${env}_CLIENT_ID", "${env}_CLIENT_SECRET"],
  variables: ({ sandboxUrl }) => ({ ${env}_API_URL: \`\${sandboxUrl}/${id}\` }),
  ladder: { delaysMs: [1_000, 5_000], answerTimeoutMs: 3_000 },
  serverError: { error: "internal" },
  demo: {
    accountId: "${id}-demo",
    marketplace: "",
    label: "${label}",
    settings: () => ({}),
    secrets: { refreshToken: "${id}-demo-refresh-token" },
    listing: ({ code }) => ({ key: code, externalIds: { sku: code }, orderKey: code }),
  },
  create: createPlatform,
};
export default definition;
`,
  };
}
