"""This machine as actions of the command reach it: our own commands, in processes of their own, and the environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.protocol.errors import BridgeError, Reason

COMMAND_S = 300.0


@dataclass(frozen=True, slots=True)
class CommandMachine:
    """The hands of an action of the command. `environment` is that of `koru recover`."""

    environment: Mapping[str, str]

    def koru(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Run a `koru` command: its exit status and its JSON object. BridgeError TOOL_FAILED, also after 300 s."""
        command = [sys.executable, "-P", "-m", "bridge.cli", *words, "--json"]
        environment = {**self.environment, "PYTHONSAFEPATH": "1"}
        shown = f"koru {' '.join(words)}"
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=COMMAND_S, check=False)
            said = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            raise BridgeError(Reason.TOOL_FAILED, f"{shown} was not over within {COMMAND_S:g} s", hint=shown) from None
        except (OSError, ValueError) as error:
            raise BridgeError(Reason.TOOL_FAILED, f"{shown} failed ({type(error).__name__})", hint=shown) from None
        return done.returncode, said if isinstance(said, dict) else {}

    def succeed(self, *words: str) -> dict[str, Any]:
        """What the command says. BridgeError TOOL_FAILED with its own words when it did not do what it was asked."""
        status, said = self.koru(*words)
        if status == 0:
            return said
        error = said.get("error", {})
        message = f"koru {' '.join(words)}: {error.get('message', f'exit status {status}')}"
        raise BridgeError(Reason.TOOL_FAILED, message, hint=error.get("hint"))


def this_machine() -> CommandMachine:
    return CommandMachine(dict(os.environ))
