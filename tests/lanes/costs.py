"""What the tests took when they were last recorded, and what a lane may take: committed in costs.json.

The seconds of a file order the tests and say what `make test-fast` leaves out. The budgets hold the sums: CPU seconds
of a lane's processes, which a busy machine changes little, and seconds of the tests of a marker, which it does change.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

PATH = Path(__file__).with_name("costs.json")
SLOW_FILE_S = 5.0
TOLD_ABOVE = 1.25
FAILED_ABOVE = 3.0


@dataclass(frozen=True, slots=True)
class Over:
    """A sum that is above its budget; `failed` when it is far above."""

    what: str
    spent: float
    budget: float

    @property
    def failed(self) -> bool:
        return self.spent > FAILED_ABOVE * self.budget

    def __str__(self) -> str:
        return f"{self.what}: {self.spent:.0f} s, where {self.budget:.0f} s were recorded"


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds by file; CPU seconds by lane; seconds by marker."""

    files: Mapping[str, float]
    lanes: Mapping[str, float]
    markers: Mapping[str, float]

    @classmethod
    def load(cls, path: Path = PATH) -> Self:
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def seconds(self, file: str) -> float:
        """Of a new file nothing is known; zero."""
        return self.files.get(file, 0.0)

    def is_slow(self, file: str) -> bool:
        return self.seconds(file) > SLOW_FILE_S

    def over(self, lanes: Mapping[str, float], markers: Mapping[str, float]) -> list[Over]:
        """What is above its budget, by more than a machine's mood."""
        sums = [(f"CPU of lane {name}", spent, self.lanes.get(name)) for name, spent in lanes.items()]
        sums += [(f"tests marked {name}", spent, self.markers.get(name)) for name, spent in markers.items()]
        return [Over(what, spent, most) for what, spent, most in sums if most and spent > TOLD_ABOVE * most]

    def recorded(self, files: Mapping[str, float], lanes: Mapping[str, float], markers: Mapping[str, float]) -> "Costs":
        """With new numbers for what ran; a marker's only when every lane ran."""
        rounded = [{name: round(seconds, 1) for name, seconds in each.items()} for each in (files, lanes, markers)]
        kept = {name: seconds for name, seconds in self.files.items() if Path(name).exists()}
        return replace(
            self,
            files={**kept, **rounded[0]},
            lanes={**self.lanes, **rounded[1]},
            markers={**self.markers, **rounded[2]},
        )

    def save(self, path: Path = PATH) -> None:
        parts = {"files": self.files, "lanes": self.lanes, "markers": self.markers}
        ordered = {name: dict(sorted(part.items())) for name, part in parts.items()}
        path.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
