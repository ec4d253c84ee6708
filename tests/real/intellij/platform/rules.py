"""What is changed in the platform's sources so that today's compilers take them and it starts without its icons."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

EDITS = Path(__file__).parent / "edits.json"
COMPONENTS_LEFT_OUT = ("DebugAttachDetector", "UpdateCheckerComponent")

_COROUTINES = re.compile(r"\b(kotlinx?\.coroutines)\.experimental\b")
_BOUND_CLASS = re.compile(r'bind-to-class="([\w.]+)"')
_BINDING = re.compile(r'\bbinding="(\w+)"')
_MODULES = "import com.intellij.openapi.module.*;"
_MODULE = "import com.intellij.openapi.module.Module;"
# Fields that forms bind: the form compiler, which would fill them, is not there. A final one is filled by its class.
_FORM_TYPES = frozenset(
    (
        "ComboBox",
        "HoverHyperlinkLabel",
        "JBCheckBox",
        "JBLabel",
        "JBList",
        "JBRadioButton",
        "JBScrollPane",
        "JBTable",
        "JBTextField",
        "JButton",
        "JCheckBox",
        "JComboBox",
        "JEditorPane",
        "JLabel",
        "JList",
        "JPanel",
        "JPasswordField",
        "JProgressBar",
        "JRadioButton",
        "JSpinner",
        "JSplitPane",
        "JTable",
        "JTextArea",
        "JTextField",
        "JTextPane",
        "JTree",
        "TextFieldWithBrowseButton",
        "TitlePanel",
        "TitledSeparator",
    )
)
_FIELD = re.compile(
    r"^(?P<head>[ \t]*(?:(?:private|protected|public|@\w+(?:\([^)]*\))?)[ \t]+)*)"
    r"(?P<type>[A-Z]\w*(?:<[^;=]*>)?)[ \t]+(?P<name>\w+)[ \t]*;",
    re.MULTILINE,
)
_ARGUMENTS = {"HoverHyperlinkLabel": '""'}


class Unfit(Exception):
    """The sources are not those that the rules were written for."""


def apply(tree: Path, roots: Iterable[Path]) -> int:
    """Changes the sources in place, once; gives how many files. Raises Unfit."""
    changed = _apply_edits(tree)
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.suffix in (".java", ".kt"):
                changed += _source(path)
            elif path.suffix == ".form":
                changed += _fill_form(root, path)
    return changed


def trim_components(descriptor: str) -> str:
    """A component set without what cannot run: both wait for the network or a debugger's library."""
    for name in COMPONENTS_LEFT_OUT:
        pattern = r"<component>(?:(?!</component>).)*?" + name + r"(?:(?!</component>).)*?</component>"
        descriptor = re.sub(pattern, "", descriptor, flags=re.DOTALL)
    return descriptor


def _apply_edits(tree: Path) -> int:
    edits = json.loads(EDITS.read_text(encoding="utf-8"))["edits"]
    for name, line, pattern, replacement in edits:
        path = tree / name
        lines = path.read_text(encoding="utf-8").split("\n")
        after, count = re.subn(pattern, replacement, lines[line - 1])
        if count == 0:
            raise Unfit(f"{name}:{line} is not what edits.json expects")
        lines[line - 1] = after
        path.write_text("\n".join(lines), encoding="utf-8")
    return len({name for name, *_ in edits})


def _rewrite(path: Path, text: str, after: str) -> int:
    if after == text:
        return 0
    path.write_text(after, encoding="utf-8")
    return 1


def _source(path: Path) -> int:
    text = path.read_text(encoding="utf-8")
    after = _COROUTINES.sub(r"\1", text)
    # Since Java 9 there is a java.lang.Module, and between two wildcards neither wins.
    if _MODULES in after and _MODULE not in after and re.search(r"\bModule\b", after):
        after = after.replace(_MODULES, f"{_MODULES}\n{_MODULE}", 1)
    return 0 if after == text else _rewrite(path, text, after)


def _fill_form(root: Path, form: Path) -> int:
    description = form.read_text(encoding="utf-8")
    bound = _BOUND_CLASS.search(description)
    if bound is None:
        return 0
    path = root / (bound[1].replace(".", "/") + ".java")
    if not path.is_file():  # the form of a nested class: none of those is shown at start
        return 0
    fields = set(_BINDING.findall(description))
    text = path.read_text(encoding="utf-8")
    return _rewrite(path, text, _FIELD.sub(lambda field: _filled(field, fields), text))


def _filled(field: "re.Match[str]", bound: set[str]) -> str:
    plain, _, generic = field["type"].partition("<")
    if field["name"] not in bound or plain not in _FORM_TYPES:
        return field[0]
    diamond = "<>" if generic else ""
    return f"{field['head']}{field['type']} {field['name']} = new {plain}{diamond}({_ARGUMENTS.get(plain, '')});"
