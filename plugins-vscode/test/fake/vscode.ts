/**
 * Stands in for the editor where the real one cannot be made to misbehave: a command that throws, an input that
 * somebody types into at the worst moment, an editor that shows no input. What the real one does is tested in it.
 */

type Listener<T> = (event: T) => void;

class Emitter<T> {
  private readonly listeners = new Set<Listener<T>>();
  readonly event = (listener: Listener<T>) => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };
  fire(event: T): void {
    for (const listener of [...this.listeners]) listener(event);
  }
}

export class Range {
  constructor(readonly values: readonly number[]) {}
}

export class Document {
  readonly isClosed = false;
  readonly lineCount = 1;
  constructor(
    readonly uri: { readonly scheme: string },
    private text: string,
  ) {}
  getText(): string {
    return this.text;
  }
  validateRange(range: Range): Range {
    return range;
  }
  change(text: string): void {
    this.text = text;
    changed.fire({ document: this });
  }
}

const changed = new Emitter<{ readonly document: Document }>();
const opened = new Emitter<Document>();

/** What a test decides: how each command ends, which inputs there are, whether an edit is taken. */
export const editor = {
  inputs: [] as Document[],
  run: (_command: string, _options: unknown): Promise<unknown> => Promise.resolve(undefined),
  calls: [] as string[],
  takesEdits: true,
  input(text: string): Document {
    const document = new Document({ scheme: "chatSessionInput" }, text);
    this.inputs.push(document);
    opened.fire(document);
    return document;
  },
  reset(): void {
    this.inputs = [];
    this.calls = [];
    this.takesEdits = true;
    this.run = () => Promise.resolve(undefined);
  },
};

export class WorkspaceEdit {
  readonly edits: { readonly uri: unknown; readonly text: string }[] = [];
  replace(uri: unknown, _range: Range, text: string): void {
    this.edits.push({ uri, text });
  }
}

export const workspace = {
  get textDocuments(): readonly Document[] {
    return editor.inputs;
  },
  onDidChangeTextDocument: changed.event,
  onDidOpenTextDocument: opened.event,
  applyEdit(edit: WorkspaceEdit): Promise<boolean> {
    if (!editor.takesEdits) return Promise.resolve(false);
    for (const { uri, text } of edit.edits) editor.inputs.find((each) => each.uri === uri)?.change(text);
    return Promise.resolve(true);
  },
};

export const commands = {
  executeCommand(command: string, options: unknown): Promise<unknown> {
    editor.calls.push(command);
    return editor.run(command, options);
  },
};

export const window = {
  activeTextEditor: undefined,
  tabGroups: { all: [], activeTabGroup: { activeTab: undefined }, close: () => Promise.resolve(true) },
};

export const version = "1.139.1";

export const Uri = { parse: (text: string) => ({ text }) };

class Tab {}
export const TabInputText = Tab;
export const TabInputTextDiff = Tab;
export const TabInputCustom = Tab;
export const TabInputWebview = Tab;
export const TabInputNotebook = Tab;
export const TabInputNotebookDiff = Tab;
export const TabInputTerminal = Tab;
