// The demo agent: a default chat participant, the model it pretends to use, and the tool that asks for confirmation.
"use strict";

const vscode = require("vscode");
const { DONE, directive } = require("./directives");

/** @type {vscode.LanguageModelChatInformation} */
const MODEL = {
  id: "demo",
  name: "Demo",
  family: "demo",
  version: "1",
  maxInputTokens: 1_000_000,
  maxOutputTokens: 1_000_000,
  capabilities: { toolCalling: true },
};

/** @type {vscode.LanguageModelChatProvider} */
const models = {
  provideLanguageModelChatInformation: () => [MODEL],
  provideTokenCount: async (_model, content) => (typeof content === "string" ? content.length : 1),
  provideLanguageModelChatResponse: async (_model, _messages, _options, progress) => {
    progress.report(new vscode.LanguageModelTextPart("The demo model has nothing to say."));
  },
};

/** @type {vscode.LanguageModelTool<{what: string}>} */
const confirmation = {
  prepareInvocation: ({ input }) => ({
    invocationMessage: `Doing: ${input.what}`,
    confirmationMessages: { title: "Demo confirmation", message: `Allow this? ${input.what}` },
  }),
  invoke: () => new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(DONE)]),
};

/**
 * @param {vscode.ChatRequest} request
 * @param {vscode.ChatContext} _context
 * @param {vscode.ChatResponseStream} stream
 * @param {vscode.CancellationToken} token
 * @returns {Promise<vscode.ChatResult>}
 */
async function answer(request, _context, stream, token) {
  if (request.acceptedConfirmationData || request.rejectedConfirmationData) {
    stream.markdown(request.acceptedConfirmationData ? "You accepted." : "You rejected.");
    return {};
  }
  const { run, argument } = directive(request.prompt);
  return (await run({ request, stream, token, argument })) ?? {};
}

/** @param {vscode.ExtensionContext} context */
function activate(context) {
  context.subscriptions.push(
    vscode.lm.registerLanguageModelChatProvider("demo", models),
    vscode.lm.registerTool("demo_confirm", confirmation),
    vscode.chat.createChatParticipant("koru.demo-agent", answer),
  );
}

module.exports = { activate };
