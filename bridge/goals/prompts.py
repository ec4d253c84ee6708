"""Words the prompts from templates in files: ours, or those of the operator's folder under the same names. Blocking."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from bridge.goals.steps import CheckResult, Draft, DraftKind
from bridge.protocol.errors import BridgeError, Reason

OURS = Path(__file__).with_name("prompts")
KINDS: tuple[DraftKind, ...] = ("first", "continue", "answer", "resume", "retry")
TEMPLATE_MAX_BYTES = 20_000
TRIED_CHARS = 300
NAMES = ("goal", "failing", "changed", "tried", "notes", "answer", "question")


def word(draft: Draft, *, goal: str, notes: Sequence[str], changed: Sequence[str], folder: Path | None) -> str:
    """The prompt of a turn, with the reviewer's words (`draft.said`) at its end.

    A paragraph of the template is left out when all its placeholders are empty. BridgeError USAGE for a template that
    cannot be used.
    """
    values = {
        "goal": goal.strip(),
        "failing": _failing(draft.results),
        "changed": "\n".join(f"- {name}" for name in changed),
        "tried": "\n".join(f"- {_short(text)}" for text in draft.tried),
        "notes": "\n".join(f"- {note}" for note in notes),
        "answer": (draft.answer or "").strip(),
        "question": (draft.question or "").strip(),
    }
    prompt = _fill(_template(draft.kind, folder), values)
    return f"{prompt}\n\n{draft.said.strip()}" if draft.said else prompt


def check(folder: Path) -> None:
    """Refuse an operator's folder at the start, not in the middle of a goal. BridgeError USAGE."""
    if not folder.is_dir():
        raise BridgeError(Reason.USAGE, "there is no such folder of templates", where=str(folder))
    for kind in KINDS:
        _fill(_template(kind, folder), dict.fromkeys(NAMES, "x"))


def _template(kind: DraftKind, folder: Path | None) -> tuple[Path, str]:
    path = folder / f"{kind}.txt" if folder is not None else OURS / f"{kind}.txt"
    if folder is not None and not path.exists():
        path = OURS / f"{kind}.txt"
    try:
        data = path.read_bytes()
        if len(data) > TEMPLATE_MAX_BYTES:
            raise BridgeError(Reason.USAGE, f"more than {TEMPLATE_MAX_BYTES} bytes", where=str(path))
        return path, data.decode("utf-8")
    except (OSError, ValueError) as error:
        raise BridgeError(Reason.USAGE, f"the template cannot be read: {error}", where=str(path)) from None


def _fill(template: tuple[Path, str], values: Mapping[str, str]) -> str:
    """Paragraphs whose every placeholder is empty are left out."""
    path, text = template
    paragraphs = []
    for paragraph in text.strip("\n").split("\n\n"):
        found = Template(paragraph)
        names = [name for name in found.get_identifiers() if name in values]
        if names and not any(values[name] for name in names):
            continue
        try:
            paragraphs.append(found.substitute(values))
        except (KeyError, ValueError) as error:
            hint = f"use {', '.join('$' + name for name in NAMES)}, and $$ for a dollar sign"
            raise BridgeError(Reason.USAGE, f"no such placeholder: {error}", where=str(path), hint=hint) from None
    return "\n\n".join(paragraphs)


def _failing(results: Sequence[CheckResult]) -> str:
    parts = []
    for result in results:
        if result.state == "pass":
            continue
        head = f"`{result.name}` " + (
            f"ended with exit status {result.exit}" if result.state == "fail" else f"gave no answer: {result.why}"
        )
        parts.append(f"{head}\n```\n{result.output.replace('```', '` ` `')}\n```" if result.output else head)
    return "\n\n".join(parts)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TRIED_CHARS else line[:TRIED_CHARS] + " …"
