import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

// Each page is one script and one style sheet with its fonts inside, so that a report is a single file that works
// offline. The names carry no hash: the report inlines the files, and a server fingerprints them itself. A page is built
// by itself (`vite build --mode console`), so that nothing of one can come into the other.
export default defineConfig(({ mode }) => {
  const page = ["console", "charts"].includes(mode) ? mode : "report";
  return {
    plugins: [tailwindcss()],
    publicDir: false,
    build: {
      outDir: "static",
      emptyOutDir: false,
      target: "es2022",
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      modulePreload: false,
      cssCodeSplit: false,
      chunkSizeWarningLimit: 800,
      rolldownOptions: {
        input: { [page]: `src/${page}.js` },
        // htmx evaluates nothing here: the page switches that off, and its policy forbids it.
        checks: { eval: false },
        output: { format: "iife", entryFileNames: "[name].js", assetFileNames: `${page}[extname]` },
      },
    },
  };
});
