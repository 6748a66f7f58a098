import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const API = "http://127.0.0.1:8000";

export default defineConfig({
  base: "/demo/",
  resolve: {
    // The client of this repository, from its source. A project of your own installs `@bookme/client`.
    alias: { "@bookme/client": here("../../clients/typescript/src/index.ts") },
    dedupe: ["openapi-fetch", "standardwebhooks"],
  },
  build: {
    outDir: process.env["PAGES"] ?? here("../../devstack/pages"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { index: here("index.html"), board: here("board.html") },
      // Names without a hash: the files are committed, and the API lets browsers ask for each before use.
      output: {
        entryFileNames: "assets/[name].js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
  // `npm run dev` shows changes at once. It needs a running `bookme dev`.
  server: {
    fs: { allow: [here("../..")] },
    proxy: { "^/(bookme|config|sandbox)/": API, "/demo/token": API },
  },
});
