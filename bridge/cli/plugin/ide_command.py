"""The command line of an IDE of the VS Code family: finding it, and what it does with extensions."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bridge.protocol.errors import BridgeError, Reason
from registry.ides import IDES, JETBRAINS_IDES, Ide

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

INSTALL_SECONDS = 120.0
LIST_SECONDS = 30.0
OUTPUT_MAX_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class IdeCommand:
    """`ide` is the id under which Koru knows the IDE."""

    ide: str
    path: str

    def install(self, vsix: Path) -> None:
        """BridgeError TOOL_FAILED with what the IDE printed."""
        self._run(["--install-extension", str(vsix), "--force"], INSTALL_SECONDS)

    def installed_version(self, extension: str) -> str | None:
        """The version the IDE lists, None when it lists none. BridgeError TOOL_FAILED."""
        listed = self._run(["--list-extensions", "--show-versions"], LIST_SECONDS)
        found = re.search(rf"^{re.escape(extension)}@(\S+)\s*$", listed, re.MULTILINE | re.IGNORECASE)
        return found[1] if found else None

    def _run(self, arguments: list[str], seconds: float) -> str:
        # Into a file: what an IDE leaves running behind would keep a pipe open for ever.
        with tempfile.TemporaryFile() as output:
            try:
                process = subprocess.Popen(
                    [self.path, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise self._failed(f"cannot be started: {error.strerror}", "") from None
            try:
                code = process.wait(seconds)
            except BaseException as ended:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                if isinstance(ended, subprocess.TimeoutExpired):
                    raise self._failed(f"did not finish {arguments[0]} within {seconds:.0f} s", _tail(output)) from None
                raise
            text = _tail(output)
        if code != 0:
            raise self._failed(f"{arguments[0]} failed with exit code {code}", text)
        return text

    def _failed(self, why: str, said: str) -> BridgeError:
        text = f"{self.path} {why}" + (f", and said:\n{said.rstrip()}" if said.strip() else ", and said nothing")
        return BridgeError(Reason.TOOL_FAILED, text, where=self.ide, hint="run the same command by hand")


def _tail(output: "IO[bytes]") -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - OUTPUT_MAX_BYTES))
    return output.read().decode("utf-8", "replace")


def select(ide: str | None, command: str | None) -> list[IdeCommand]:
    """The IDEs that are meant: the one named, the command named, or all that are found.

    BridgeError UNKNOWN_IDE (lists the known ones), TOOL_MISSING (lists what was looked for).
    """
    if ide is not None and ide not in IDES:
        known = ", ".join(sorted({*IDES, *JETBRAINS_IDES}))
        raise BridgeError(Reason.UNKNOWN_IDE, f"there is no IDE {ide!r}", hint=f"known are: {known}", where="--ide")
    if command is not None:
        return [_named(ide, command)]
    wanted = list(IDES.values()) if ide is None else [IDES[ide]]
    found = [IdeCommand(each.id, path) for each in wanted if (path := _find(each)) is not None]
    if not found:
        raise _missing(wanted)
    return found


def _named(ide: str | None, command: str) -> IdeCommand:
    path = shutil.which(os.path.expanduser(command))
    if path is None:
        raise BridgeError(Reason.TOOL_MISSING, f"there is no command {command!r}", where="--command")
    name = os.path.basename(path)
    by_name = next((each.id for each in IDES.values() if name in each.commands), name)
    return IdeCommand(ide or by_name, path)


def _find(ide: Ide) -> str | None:
    return next(filter(None, (shutil.which(os.path.expanduser(name)) for name in (*ide.commands, *ide.places))), None)


def _missing(wanted: list[Ide]) -> BridgeError:
    names = ", ".join(name for ide in wanted for name in ide.commands)
    what = f"the command of {wanted[0].title} was not found" if len(wanted) == 1 else "no IDE was found"
    hint = "koru plugin install --command PATH, with the command that starts the IDE"
    return BridgeError(Reason.TOOL_MISSING, f"{what}; looked on PATH for: {names}", hint=hint)
