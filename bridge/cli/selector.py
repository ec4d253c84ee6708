"""Which chat of which window is meant, as the options of `koru drive`, `koru explain` and `koru run` say it."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def chosen(arguments: "Namespace") -> "dict[str, str]":
    """The selector for the wire: what was given of --ide, --workspace, --agent, --window and --via."""
    given = {name: getattr(arguments, name) for name in ("ide", "workspace", "agent", "window", "via")}
    given["workspace"] = os.path.abspath(arguments.workspace) if arguments.workspace else None
    return {name: value for name, value in given.items() if value is not None}
