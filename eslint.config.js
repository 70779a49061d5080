import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  { files: ["web/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["web/sw.js"], languageOptions: { globals: globals.serviceworker } },
  { files: ["tests/web/*.js", "tests/web/*.mjs"], languageOptions: { globals: { ...globals.node, window: "readonly" } } },
  {
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-implicit-globals": "error",
      "no-shadow": "error",
      "no-unused-expressions": "error",
    },
  },
];
