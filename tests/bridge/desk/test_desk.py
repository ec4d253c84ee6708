"""What the selector is told of the desktop: each injector's own word, and no word that never comes."""

import threading
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
from anyio.abc import TaskGroup

from bridge.desk.desk import Desk
from injectors.base import Injection, Missing, Stop, Target
from injectors.blockers import BlockerWord
from registry.load import load

pytestmark = pytest.mark.anyio
INTERFACES = load().interfaces


class Scripted:
    """Says what it was told to, or nothing until it is let go."""

    caution = ""

    def __init__(self, id: str, lack: Missing | None = None, gate: threading.Event | None = None) -> None:
        self.id, self.lack, self.gate, self.asked = id, lack, gate, 0

    def needs(self) -> Missing | None:
        self.asked += 1
        if self.gate is not None:
            self.gate.wait(30)
        return self.lack

    def locate(self, target: Target, stop: Stop) -> Injection:
        raise NotImplementedError


def desk(directory: Path, tasks: TaskGroup, *injectors: Scripted) -> Desk:
    def maker(injector: Scripted) -> "type[Scripted] | object":
        return lambda environment: injector

    catalogue: Mapping[str, object] = {injector.id: maker(injector) for injector in injectors}
    return Desk(catalogue, directory, {"DISPLAY": ":7"}, tasks)  # type: ignore[arg-type]


async def test_an_injector_s_own_word_is_the_refusal(tmp_path: Path) -> None:
    missing = Missing(BlockerWord.TOOL_MISSING, "xdotool is not installed", "apt install xdotool", ("xdotool",))
    async with anyio.create_task_group() as tasks:
        made = desk(tmp_path, tasks, Scripted("x11"), Scripted("xdotool", missing))
        tasks.start_soon(made.refresh)
        await made.refresh(certainly=True)
    assert made.lack(INTERFACES["os_injector_x11"]) is None
    told = str(made.lack(INTERFACES["os_injector_xdotool"]))
    assert "xdotool is not installed" in told
    assert "tool_missing" in told
    assert "apt install" in told
    assert made.lack(INTERFACES["os_injector_wtype"]) == "there is no such injector"
    assert made.name == ":7"


async def test_a_desktop_that_hangs_costs_its_own_injector_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.desk.desk.PROBE_S", 0.2)
    gate = threading.Event()
    hung = Scripted("x11", gate=gate)
    try:
        async with anyio.create_task_group() as tasks:
            made = desk(tmp_path, tasks, hung, Scripted("wtype"))
            tasks.start_soon(made.refresh)
            await made.refresh(certainly=True)
        assert "did not answer" in str(made.lack(INTERFACES["os_injector_x11"]))
        assert made.lack(INTERFACES["os_injector_wtype"]) is None
    finally:
        gate.set()


async def test_a_fresh_answer_is_not_asked_for_again(tmp_path: Path) -> None:
    injector = Scripted("x11")
    async with anyio.create_task_group() as tasks:
        made = desk(tmp_path, tasks, injector)
        tasks.start_soon(made.refresh)
        for _ in range(5):
            await made.refresh(certainly=True)
    assert injector.asked == 1


async def test_bad_settings_are_everybody_s_refusal(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("windows: 7\n", encoding="utf-8")
    (tmp_path / "desk.yaml").chmod(0o600)
    async with anyio.create_task_group() as tasks:
        made = desk(tmp_path, tasks, Scripted("x11"))
        tasks.start_soon(made.refresh)
        await made.refresh(certainly=True)
    assert "desk.yaml:1" in str(made.lack(INTERFACES["os_injector_x11"]))
    assert made.windows() == ()
