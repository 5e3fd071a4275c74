/** What ESLint checks. Undefined names are left to the type checker, which knows all globals. */
import js from "@eslint/js";

export default [
  js.configs.recommended,
  { files: ["static/js/theme.js"], languageOptions: { sourceType: "script" } },
  {
    languageOptions: { ecmaVersion: 2024 },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-undef": "off",
      "no-unused-vars": ["error", { args: "all", argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      "no-var": "error",
      "prefer-const": "error",
      "object-shorthand": "error",
      eqeqeq: "error",
      "max-len": ["error", { code: 110, ignoreUrls: true }],
    },
  },
];
