"""What only a person can do, or decide, about what is wrong: printed for `koru recover`, never done."""

from bridge.cli import exits
from bridge.cli.output import emit, say, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from registry.model import Recovery


def ways(found: "list[Recovery]", arguments: "Namespace") -> int:
    """Print the ways to settle a drive: only a person who looked into the chat knows which is right."""
    commands = [f"koru recover {way.id} --drive {arguments.drive}" for way in found]
    if arguments.json:
        ways_json = [
            {"recovery": way.id, "title": way.title, "command": c} for way, c in zip(found, commands, strict=True)
        ]
        emit({"drive": arguments.drive, "ways": ways_json})
    else:
        rows = [(command, way.title) for way, command in zip(found, commands, strict=True)]
        say(f"look into the chat first, then one of these:\n{table(('COMMAND', 'WHAT IT DOES'), rows)}")
    return exits.REFUSED


def step(recovery: "Recovery", arguments: "Namespace") -> int:
    if arguments.json:
        step = recovery.run or recovery.title
        emit({"recovery": recovery.id, "state": "by_hand", "said": [step], "checks": []})
    else:
        say(f"{recovery.title}" + (f":\n  {recovery.run}" if recovery.run else ""))
    return exits.REFUSED
