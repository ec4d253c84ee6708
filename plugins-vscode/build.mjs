// Bundles the extension into out/extension.js, with --tests also each test into out/test.
import { readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const options = new Set(process.argv.slice(2));
const shared = { bundle: true, platform: "node", target: "node20", format: "cjs", logLevel: "warning" };

rmSync("out", { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: ["src/extension.ts"],
  outfile: "out/extension.js",
  external: ["vscode"],
  minify: options.has("--minify"),
  sourcemap: options.has("--minify") ? false : "linked",
});
if (options.has("--tests")) {
  const tests = readdirSync("test").filter((name) => name.endsWith(".ts"));
  await build({
    ...shared,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: "out/test",
    sourcemap: "inline",
    // Only tests of what cannot be had outside an editor reach this one.
    alias: { vscode: "./test/fake/vscode.ts" },
  });
}
