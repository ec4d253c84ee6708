// The parts of the chatParticipantAdditions proposal that the demo agent uses; the stable typings leave them out.

import "vscode";

declare module "vscode" {
  interface ChatResponseStream {
    /** Shows two buttons under the answer. The turn ends; a press starts a new turn that carries `data`. */
    confirmation(title: string, message: string, data: unknown): void;
    /** Asks inside the running turn. Resolves to the answers by question id, or undefined if it was dismissed. */
    questionCarousel(questions: ChatQuestion[], allowSkip?: boolean): Thenable<Record<string, unknown> | undefined>;
  }

  interface ChatRequest {
    readonly acceptedConfirmationData?: unknown[];
    readonly rejectedConfirmationData?: unknown[];
  }

  enum ChatQuestionType {
    Text = 1,
  }

  class ChatQuestion {
    constructor(id: string, type: ChatQuestionType, title: string, options?: { message?: string });
  }
}
