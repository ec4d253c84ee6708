/** Which editor this is, by what it says of itself. A fork is a row; in one that is not here nothing is driven. */

export interface Product {
  /** The word under which the daemon and its users know the editor. */
  readonly id: string;
  /** Whether its chat is the one of VS Code. */
  readonly hasNativeChat: boolean;
  readonly status: "verified" | "reported";
}

const PRODUCTS: Readonly<Record<string, Product>> = {
  "visual studio code": { id: "code", hasNativeChat: true, status: "reported" },
  "visual studio code - insiders": { id: "code-insiders", hasNativeChat: true, status: "reported" },
  "code - oss": { id: "code-oss", hasNativeChat: true, status: "reported" },
  "code-server": { id: "code-server", hasNativeChat: true, status: "verified" },
  vscodium: { id: "codium", hasNativeChat: true, status: "reported" },
  "vscodium - insiders": { id: "codium-insiders", hasNativeChat: true, status: "reported" },
  cursor: { id: "cursor", hasNativeChat: false, status: "reported" },
  windsurf: { id: "windsurf", hasNativeChat: false, status: "reported" },
  antigravity: { id: "antigravity", hasNativeChat: false, status: "reported" },
  kiro: { id: "kiro", hasNativeChat: false, status: "reported" },
  trae: { id: "trae", hasNativeChat: false, status: "reported" },
  qoder: { id: "qoder", hasNativeChat: false, status: "reported" },
};

/** `appName` is what the editor calls itself, as in `vscode.env.appName`. */
export function product(appName: string): Product {
  const name = appName.trim().toLowerCase();
  return Object.hasOwn(PRODUCTS, name) && PRODUCTS[name] !== undefined
    ? PRODUCTS[name]
    : {
        id: name.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "unknown",
        hasNativeChat: false,
        status: "reported",
      };
}
