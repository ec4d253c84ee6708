"""The desktop as the selector sees it: the operator's settings, and what each injector lacks by its own `needs`."""

from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
from anyio import CapacityLimiter, to_thread
from anyio.abc import TaskGroup

from bridge.desk.settings import DeskSettings, FileSignature, load, signature
from bridge.drive.windows import NamedWindow
from injectors.base import Injector
from registry.model import Interface

FRESH_S = 5.0
LOOK_S = 0.1
PROBE_S = 3.0
Make = Callable[[Mapping[str, str]], Injector]


class Desk:
    """`catalogue` makes injectors by adapter name; `directory` holds `desk.yaml`; `environment` is that of the desktop
    session, the daemon's own as a rule. In `tasks` the injectors are asked in the background."""

    def __init__(
        self, catalogue: Mapping[str, Make], directory: Path, environment: Mapping[str, str], tasks: TaskGroup
    ) -> None:
        self.environment = dict(environment)
        self._injectors = {name: make(self.environment) for name, make in catalogue.items()}
        self._directory = directory
        self._signature: FileSignature = None
        self._settings = DeskSettings()
        self._lacks: dict[str, str | None] = {}
        self._tasks = tasks
        self._asked_at = -FRESH_S
        self._looked_at = -LOOK_S
        self._asking = anyio.Lock()
        # One each, so that a call that hangs keeps no other injector's place.
        self._one = {name: CapacityLimiter(1) for name in catalogue}

    @property
    def settings(self) -> DeskSettings:
        return self._settings

    @property
    def problem(self) -> str | None:
        """What is wrong with the settings; then nothing acts on the desktop."""
        return self._settings.problem

    @property
    def name(self) -> str:
        """The display that is acted on, by its variable's value, such as `:0` or `wayland-1`."""
        return self.environment.get("WAYLAND_DISPLAY") or self.environment.get("DISPLAY") or "no display"

    def injector(self, adapter: str) -> Injector:
        return self._injectors[adapter]

    def windows(self) -> tuple[NamedWindow, ...]:
        """The windows that the operator named in `desk.yaml`, as of the last refresh."""
        return self._settings.windows

    def lack(self, interface: Interface) -> str | None:
        """Why the interface's injector cannot run, by its last answer; None when it can. Acting asks it again."""
        if self.problem is not None:
            return f"the desktop's settings cannot be read: {self.problem}"
        return self._lacks.get(interface.adapter or "", "there is no such injector")

    async def refresh(self, *, certainly: bool = False) -> None:
        """Read changed settings, and ask the injectors anew: in the background, or `certainly` before it returns."""
        if certainly or anyio.current_time() - self._looked_at > LOOK_S:
            await self._look()
        if anyio.current_time() - self._asked_at < FRESH_S:
            return
        if certainly or not self._lacks:
            await self._ask()
        elif not self._asking.locked():
            self._tasks.start_soon(self._ask)

    async def _look(self) -> None:
        found = await to_thread.run_sync(signature, self._directory)
        self._looked_at = anyio.current_time()
        if found != self._signature:
            self._settings, self._signature = await to_thread.run_sync(load, self._directory), found

    async def _ask(self) -> None:
        async with self._asking:
            if anyio.current_time() - self._asked_at < FRESH_S:
                return
            lacks: dict[str, str | None] = {}
            async with anyio.create_task_group() as tasks:
                for name in self._injectors:
                    tasks.start_soon(self._probe, name, lacks)
            self._lacks = lacks
            self._asked_at = anyio.current_time()

    async def _probe(self, name: str, lacks: dict[str, str | None]) -> None:
        lacks[name] = f"the desktop did not answer within {PROBE_S:g} s"
        with anyio.move_on_after(PROBE_S):
            needs = self._injectors[name].needs
            lack = await to_thread.run_sync(needs, limiter=self._one[name], abandon_on_cancel=True)
            lacks[name] = f"{lack.message} [{lack.blocker}]; next: {lack.hint}" if lack else None
