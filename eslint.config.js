import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const size = {
  "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
  "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
  complexity: ["error", 12],
};

/** Long lists of cases are what a test file is for. */
const noSize = {
  "max-lines-per-function": "off",
  "max-lines": "off",
  complexity: "off",
};

export default defineConfig(
  globalIgnores(["build/", ".lockstep/", "node_modules/", "coverage/"]),
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // An unawaited write inside a transaction is our worst likely mistake.
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      // Our objects are made of closures: no method here uses `this` behind its owner's back.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" },
      ],
      // Numbers in messages are fine; objects and undefined are the mistakes it should find.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Remix answers by throwing a Response.
      "@typescript-eslint/only-throw-error": [
        "error",
        { allow: [{ from: "lib", name: "Response" }], allowThrowingUnknown: true },
      ],
      // TypeScript itself knows which names exist.
      "no-undef": "off",
      ...size,
    },
  },
  {
    files: ["**/*.{test,spec}.{ts,tsx}", "tests/**/*.ts", "app/channels/*/conformance-spec.ts"],
    rules: {
      ...noSize,
      // What a JSON body holds is checked by the expectations.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["**/*.{js,mjs,cjs}"],
    languageOptions: {
      globals: {
        console: "readonly",
        module: "writable",
        process: "readonly",
        setInterval: "readonly",
        clearInterval: "readonly",
      },
    },
    rules: size,
  },
);
