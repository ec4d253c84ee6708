"""Puts a real IntelliJ platform in place to test in; a second run finds it there.

Run as a script it prints where it is on stdout, and how it goes on stderr.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.real.intellij.platform import build  # noqa: E402

NEXT = ".ci/setup intellij"
_started = time.monotonic()


class Missing(Exception):
    """Something is not there and could not be put there. The text names it and the next step."""


def cache_directory() -> Path:
    """KORU_CACHE, else koru below the user's cache directory."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("KORU_CACHE") or f"{home}/koru").expanduser()


def find(cache: Path) -> Path:
    """The folder of the built platform, touching nothing. Raises Missing."""
    target = _target(cache)
    if not (target / "build.txt").is_file():
        raise Missing(f"no IntelliJ platform under {target}\n  next: {NEXT}")
    return target


def install(cache: Path) -> Path:
    """Builds it where it is absent, some minutes of two cores and 1.5 GB meanwhile. Raises Missing."""
    target = _target(cache)
    cache.mkdir(parents=True, exist_ok=True)
    with _lock(cache / "intellij.lock"):
        if not (target / "build.txt").is_file():
            jdk = find_jdk()
            work = cache / f"intellij-build-{build.fingerprint()}"
            _drop_older(cache, work)
            try:
                built = build.Build(work, jdk, say).run()
            except build.Failed as failed:
                raise Missing(f"the IntelliJ platform was not built: {failed}") from None
            built.rename(target)
            shutil.rmtree(work)
    return target


def find_jdk() -> Path:
    """The home of the JDK whose javac is on PATH, 17 or newer. Raises Missing."""
    for tool in ("apt-get", "dpkg-deb", "patch", "tar"):
        if shutil.which(tool) is None:
            raise Missing(f"{tool} is not on PATH: the platform is built from Debian's archive\n  next: use Debian 12")
    javac = shutil.which("javac")
    if javac is None:
        raise Missing("javac is not on PATH\n  next: apt-get install openjdk-17-jdk")
    return Path(javac).resolve().parents[1]


def say(text: str) -> None:
    """One line of progress."""
    print(f"[intellij {time.monotonic() - _started:3.0f}s] {text}", file=sys.stderr, flush=True)


def _target(cache: Path) -> Path:
    return cache / f"intellij-{build.VERSION}-{build.fingerprint()}"


def _drop_older(cache: Path, work: Path) -> None:
    """What other rules had built: a gigabyte each."""
    for path in [*cache.glob("intellij-build-*"), *cache.glob("intellij-[0-9]*")]:
        if path != work:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    try:
        print(install(cache_directory()))
    except (Missing, subprocess.SubprocessError) as missing:
        print(f"install: {missing}", file=sys.stderr)
        return 1
    say("ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
