// Packs dist/koru-vscode.vsix. Needs out/extension.js; asks nobody and downloads nothing.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { createVSIX } from "@vscode/vsce";

mkdirSync("dist", { recursive: true });
copyFileSync("../LICENSE", "LICENSE");
try {
  await createVSIX({
    cwd: ".",
    packagePath: "dist/koru-vscode.vsix",
    dependencies: false,
    allowMissingRepository: true,
  });
} finally {
  rmSync("LICENSE");
}
