"""`koru explain`: which interface a drive would take, and why every other one is refused. Nothing is touched."""

from bridge.cli import exits
from bridge.cli.output import clean, emit, paint, say, table
from bridge.cli.selector import chosen
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

HELP = "show which interface a drive would take, and why not another"


def configure(parser: "ArgumentParser") -> None:
    parser.epilog = "exit: 0 a drive would act, 1 none would: no chat fits, several do, or no interface reaches it"
    parser.add_argument("--ide", help="the IDE's id: code, cursor, codium, code-server, …")
    parser.add_argument("--workspace", metavar="DIR", help="the window that has this folder open")
    parser.add_argument("--agent", help="which chat of the window")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--window", help="a window's id, or a surface's key")
    which.add_argument("--surface", metavar="KEY", help="one chat by its key, as this command prints it")
    parser.add_argument("--via", metavar="INTERFACE", help="only by this interface")
    parser.add_argument("--draft", action="store_true", help="for a text that is inserted and not sent")


def run(arguments: "Namespace") -> int:
    selector = chosen(arguments)
    if arguments.surface:
        selector["window"] = arguments.surface
    with Client.connect() as client:
        answer = client.request("interfaces/explain", {"selector": selector, "draft": arguments.draft})
    if arguments.json:
        emit(answer)
    else:
        say(_page(answer))
    return exits.REFUSED if "message" in answer else exits.DONE


def _page(answer: "dict[str, Any]") -> str:
    surfaces = answer["surfaces"] or [None]
    parts = [_part(surface, [row for row in answer["rows"] if row.get("surface") == surface]) for surface in surfaces]
    if answer["others"]:
        parts.append("do not fit: " + clean(", ".join(answer["others"])))
    if "message" in answer:
        parts.append(paint("none would act: ", "yellow") + clean(answer["message"]))
    return "\n\n".join(parts)


def _part(surface: str | None, rows: "list[dict[str, Any]]") -> str:
    cells = [_cells(row) for row in rows]
    header = ("", "INTERFACE", "BEST GRADE", "AUTHORITY", "COST", "REASON")
    return f"{clean(surface) if surface else 'no chat'}\n{table(header, cells)}"


def _cells(row: "dict[str, Any]") -> tuple[str, ...]:
    mark = "via" if row["chosen"] else "not" if "reason" in row else "or"
    numbers = (row["best_grade"], str(row["authority"]), str(row["cost"]))
    return (mark, row["interface"], *numbers, row.get("reason") or row.get("asks") or "")
