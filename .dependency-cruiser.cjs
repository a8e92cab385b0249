// The import rules: what each folder may use. Run: depcruise app workers sandbox scripts.
// tests/import-rules.test.ts plants forbidden imports and expects each to be found.
// A channel's conformance-spec.ts holds what only its suite knows of the platform's schema.
const test = "([.](int[.]|live[.])?test[.]tsx?|/conformance-spec[.]ts)$";
const contract = "channels/[^/]+[.]ts$";
const rule = (name, from, to) => ({ name, severity: "error", from, to });
const may = (folder, ...allowed) =>
  rule(
    `${folder}-imports`,
    { path: `^app/${folder}/`, pathNot: test },
    {
      path: "^(app|workers|tests|scripts|sandbox|bench)/",
      pathNot: [`^app/${folder}/`, ...allowed.map((a) => `^app/${a}`)],
    },
  );

module.exports = {
  forbidden: [
    rule("domain-is-pure", { path: "^app/domain/", pathNot: test }, { pathNot: "^app/domain/" }),
    // Doors authenticate, parse, call one service and answer. The *.server files at the root wire them.
    may(
      "routes",
      "services/",
      "ingest/",
      "components/",
      "lib/",
      "domain/",
      "[^/]+[.]server[.]tsx?$",
    ),
    may("components", "domain/", "lib/"),
    may("ingest", "services/", "db/", "queue/", "domain/", "lib/", contract, "env[.]server"),
    may("services", "domain/", "db/", "queue/", "lib/", contract, "env[.]server"),
    // Without Redis the queue lives on the same PostgreSQL.
    may("queue", "domain/", "lib/", "env[.]server", "db/client[.]server"),
    may("db", "domain/", "lib/", "env[.]server"),
    may("lib"),
    rule(
      "channel-stays-home",
      { path: "^app/channels/([^/]+)/", pathNot: test },
      {
        path: "^(app|workers|sandbox|scripts|tests)/",
        pathNot: [
          "^app/channels/$1/",
          "^app/channels/(?!registry)[^/]+[.]ts$",
          "^app/(domain|lib)/",
        ],
      },
    ),
    rule(
      "registry-lists-channels",
      {
        path: "^(app|workers)/",
        pathNot: ["^app/channels/(found[.]generated[.]ts$|[^/]+/)", test],
      },
      { path: "^app/channels/[^/]+/" },
    ),
    rule(
      "worker-imports",
      { path: "^workers/", pathNot: test },
      {
        path: "^app/",
        pathNot: [
          "^app/(services|ingest|queue|lib)/",
          "^app/db/client[.]server[.]ts$",
          "^app/[^/]*env[.]server[.]ts$",
        ],
      },
    ),
    rule(
      "production-knows-no-sandbox",
      { path: "^(app|workers)/", pathNot: test },
      { path: "^(sandbox|tests|scripts|bench)/" },
    ),
    // The sandbox plays the other side: sharing the app's code would share the app's mistakes.
    rule(
      "sandbox-is-another-world",
      { path: "^sandbox/", pathNot: test },
      { path: "^(app|workers|tests|scripts)/" },
    ),
    rule(
      "prisma-only-in-db",
      { path: "^(app|workers)/", pathNot: ["^app/db/", test] },
      { path: "node_modules/([.]prisma|@prisma|prisma)/" },
    ),
    rule(
      "bullmq-only-in-queue",
      { path: "^(app|workers)/", pathNot: ["^(app/queue|workers)/", test] },
      { path: "node_modules/(bullmq|ioredis)/" },
    ),
    rule(
      "framework-at-the-door",
      { path: "^(app/(ingest|services|domain|queue|channels|db|lib)|workers)/", pathNot: test },
      {
        path: "node_modules/(@remix-run|react|react-dom|@shopify/polaris|@shopify/shopify-app-remix)/",
      },
    ),
    rule("no-cycles", {}, { circular: true }),
    rule("resolvable", { path: "^(app|workers|sandbox|scripts)/" }, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^build/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
