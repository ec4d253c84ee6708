"""`koru status`, start to finish, against the same interpreter doing nothing.

In an environment of its own with our package copied into it: a development install makes every start slower, the
bare one too, and would flatter us.
"""

import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bridge

ROUNDS = 100
WARM_UP = 5
BAR = 3.0
SCRIPT = """#!{python}
import sys
from bridge.cli.main import main
if __name__ == "__main__":
    sys.exit(main())
"""


def install(folder: Path) -> tuple[Path, Path]:
    """A new environment that holds our package and nothing else; its python and its koru."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    shutil.copytree(bridge.__path__[0], packages / "bridge", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(packages, quiet=2)
    koru = folder / "bin" / "koru"
    koru.write_text(SCRIPT.format(python=python), encoding="utf-8")
    koru.chmod(0o755)
    return python, koru


@contextmanager
def daemon(home: Path) -> Iterator[dict[str, str]]:
    """A daemon in a home of its own; the environment in which it is found."""
    (home / "run").mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KORU_", "XDG_", "PYTHON"))}
    environment = {
        **kept,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    koru = [sys.executable, "-P", "-m", "bridge.cli"]
    subprocess.run([*koru, "up"], env=environment, cwd=home, stdout=subprocess.DEVNULL, check=True)
    try:
        yield environment
    finally:
        subprocess.run([*koru, "down", "--force"], env=environment, cwd=home, stdout=subprocess.DEVNULL, check=True)


def milliseconds(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter_ns()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter_ns() - started) / 1e6


def measure() -> dict[str, list[float]]:
    """Milliseconds of each start, the two taking turns, so that a noisy moment hits them alike."""
    with tempfile.TemporaryDirectory(prefix="koru-bench-") as name:
        python, koru = install(Path(name) / "venv")
        commands = {"bare": [str(python), "-c", "pass"], "status": [str(koru), "status"]}
        taken: dict[str, list[float]] = {kind: [] for kind in commands}
        with daemon(Path(name)) as environment:
            for _ in range(WARM_UP + ROUNDS):
                for kind, command in commands.items():
                    taken[kind].append(milliseconds(command, environment))
    return {kind: each[WARM_UP:] for kind, each in taken.items()}


def rows() -> list[dict[str, Any]]:
    """See run.py."""
    taken = measure()
    p50, bare = statistics.median(taken["status"]), statistics.median(taken["bare"])
    ratio = round(p50 / bare, 2)
    return [
        {
            "measure": "koru status, start to finish, p50",
            "value": round(p50, 1),
            "unit": "ms",
            "against": f"python -c pass ({bare:.1f} ms)",
            "ratio": ratio,
            "bar": f"<= {BAR:g} x",
            "met": ratio <= BAR,
        }
    ]
