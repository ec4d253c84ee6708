"""Which lanes there are, and which of them a command runs. A lane is one pytest process over some folders."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lane:
    """What pytest is given, and how long it may report nothing before it counts as hung."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    silent_s_most: float = 900.0


WORKERS = (
    "-n",
    str(max(2, os.cpu_count() or 2)),
    "--dist=loadfile",
    "--no-loadscope-reorder",
    "--max-worker-restart=4",
)
NO_PRODUCTS = ("tests", "--ignore=tests/real", "--ignore=tests/jetbrains")

CORE = Lane("core", [*NO_PRODUCTS, *WORKERS])
# The real products mostly wait. No two of these lanes share a display, a profile, or a port.
VSCODE = Lane("vscode", ["tests/real/vscode", "tests/real/vscode_desktop"])
DESKTOP = Lane("desktop", ["tests/real/desktop"])
INTELLIJ = Lane("intellij", ["tests/jetbrains", "tests/real/agents", "tests/real/intellij"])
FAST = Lane("fast", [*NO_PRODUCTS, *WORKERS, "--lane-fast"])
SOAK = Lane("soak", [*NO_PRODUCTS, *WORKERS, "-m", "sampled"], {"KORU_SOAK": "1"}, silent_s_most=3600.0)

# In the order in which they start; the longest first.
ALL: Sequence[Lane] = (CORE, VSCODE, DESKTOP, INTELLIJ)
LANES: Mapping[str, Lane] = {lane.name: lane for lane in (*ALL, FAST, SOAK)}


def at_once() -> int:
    """How many lanes run beside each other: one that fills the processors, and others that wait for products."""
    return 1 + max(2, (os.cpu_count() or 2) // 2)
