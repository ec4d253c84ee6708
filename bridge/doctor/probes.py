"""What the probes of the registry can ask for: the observers and the injectors there are."""

from collections.abc import Sequence

from injectors.catalogue import CATALOGUE
from observers.catalogue import OBSERVERS
from registry.model import Probe

ADAPTERS: dict[Probe, Sequence[str]] = {"chat_store": tuple(OBSERVERS), "injector": tuple(CATALOGUE)}
