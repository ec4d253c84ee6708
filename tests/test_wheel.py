"""The wheel holds the four packages and nothing else, for their names are generic and shadow what lies beside them."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"bridge", "injectors", "observers", "registry"}
# A plugin's selftest is a verb of ours.
OF_TESTS = re.compile(r"(^|/)(tests?/|test_|conftest)|_test\.py$|fake")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The files inside a wheel built from this tree, as committed and as changed, without a trace in it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = source / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    built = subprocess.run(
        [sys.executable, "-P", "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_only_our_packages_are_at_the_top(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES


def test_no_tests_and_no_plugin_sources(names: list[str]) -> None:
    assert not [name for name in names if OF_TESTS.search(name.lower()) or name.endswith((".ts", ".java"))]


def test_data_files_are_in(names: list[str]) -> None:
    assert "bridge/protocol/schema.json" in names
    assert "bridge/policy/secret_rules/rules.json" in names
    assert "registry/interfaces/vscode_native_send.yaml" in names
