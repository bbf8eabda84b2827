import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

// Each page is one script and one style sheet with its fonts inside, so that a report is a single file that works
// offline. The names carry no hash: the report inlines the files, and a server fingerprints them itself.
export default defineConfig({
  plugins: [tailwindcss()],
  publicDir: false,
  build: {
    outDir: "static",
    target: "es2022",
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    modulePreload: false,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      input: { report: "src/report.js" },
      output: { format: "iife", entryFileNames: "[name].js", assetFileNames: "report[extname]" },
    },
  },
});
