"""The adapters that an interface's probe may name in the registry: every observer and every injector."""

from collections.abc import Sequence

from injectors.catalogue import CATALOGUE
from observers.catalogue import OBSERVERS
from registry.model import Probe

ADAPTERS: dict[Probe, Sequence[str]] = {"chat_store": tuple(OBSERVERS), "injector": tuple(CATALOGUE)}
