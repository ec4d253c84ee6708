/**
 * Words that the chat of VS Code runs as its own commands when a prompt begins with them: nothing is sent then, the
 * call never returns, and some change what the agent may do unasked. Read in the bundle of 1.139.1; /clear, /fork and
 * /rename were also tried.
 */
const COMMANDS = new Set([
  "agents",
  "autoApprove",
  "autopilot",
  "clear",
  "debug",
  "disableAutoApprove",
  "disableYolo",
  "exitAutopilot",
  "fork",
  "hooks",
  "instructions",
  "models",
  "plugins",
  "prompts",
  "rename",
  "skills",
  "tools",
  "vscode-pet",
  "yolo",
]);

// As the chat's own parser reads it: blanks, perhaps an agent, then the name, which ends at any word boundary.
const BEGINNING = /^\s*(?:@[\w.-]+\s+)?\/([\p{L}\d_.:-]+)(?=\s|$|\b)/u;

/** The command that a prompt would run instead of being sent. */
export function slashCommand(text: string): string | undefined {
  const name = BEGINNING.exec(text)?.[1];
  return name !== undefined && COMMANDS.has(name) ? `/${name}` : undefined;
}
