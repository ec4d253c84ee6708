"""What a check gives: findings with their remedies, and facts that are no complaint. Values only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bridge.doctor.scene import Scene

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do in words, and the commands that do it, where there are any. The doctor runs none of them."""

    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong (`error`: it does not work now, `warning`: it will not later) or merely absent (`note`).

    `id` is stable; `about` tells several of one id apart (an IDE, a path). With a `blocker` of the registry the
    `interfaces` cannot act. It is hidden, as a consequence, where a finding as grave or graver is in `depends_on`.
    """

    id: str
    severity: Severity
    problem: str
    remedy: Remedy
    about: str = ""
    interfaces: tuple[str, ...] = ()
    blocker: str | None = None
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact that is no complaint, shown when asked for. Never a secret."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """A question by its kebab-case id, which is also that of its findings. `run` reads and changes nothing."""

    id: str
    title: str
    run: "Callable[[Scene], Iterable[Finding | Seen]]"
