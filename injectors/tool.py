"""Runs a foreign program for a bounded time. Its exit code never proves more than that it ran."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence

from injectors.base import Missing
from injectors.blockers import BlockerWord


class ToolFailed(Exception):
    """The program could not be run, took too long, or ended with a status other than 0; the message says which."""


def missing(environment: Mapping[str, str], packages: Mapping[str, str]) -> Missing | None:
    """The first program of `packages` (program to Debian package) that is not on the path."""
    for program, package in packages.items():
        if shutil.which(program, path=environment.get("PATH")) is None:
            return Missing(
                BlockerWord.TOOL_MISSING, f"{program} is not installed", f"apt install {package}", (package,)
            )
    return None


def run(
    command: Sequence[str], environment: Mapping[str, str], *, data: bytes | None = None, seconds: float = 5.0
) -> bytes:
    """What the program wrote to stdout within `seconds`. Raises ToolFailed."""
    try:
        done = subprocess.run(
            command, env=dict(environment), input=data, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolFailed(f"{command[0]}: {error}") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()[-200:]
        raise ToolFailed(f"{command[0]} exited {done.returncode}: {words}")
    return done.stdout


def words(command: Sequence[str], environment: Mapping[str, str], *, seconds: float = 2.0) -> str:
    """Its stdout and stderr, whatever its exit status; empty when it could not be run or took over `seconds`."""
    try:
        done = subprocess.run(command, env=dict(environment), capture_output=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def feed(command: Sequence[str], environment: Mapping[str, str], data: bytes, *, seconds: float = 5.0) -> None:
    """Give `data` to a program that stays behind in the background, as clipboard tools do. Raises ToolFailed."""
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolFailed(f"{command[0]}: {error}") from error
    if done.returncode:
        raise ToolFailed(f"{command[0]} exited {done.returncode}")
