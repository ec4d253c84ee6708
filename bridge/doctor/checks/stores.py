"""The chats' own stores: found, readable, and in a known format. One check an observer."""

from collections.abc import Iterator
from functools import partial

from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.scene import Scene
from observers.base import Observer, ObserverError, ObserverReason, Store
from observers.catalogue import OBSERVERS

STORES_MOST = 16
_REMEDIES = {
    ObserverReason.SCHEMA_CHANGED: Remedy("update Koru: the product has changed the format of its store"),
    ObserverReason.UNREADABLE: Remedy("give yourself the right to read it"),
    ObserverReason.ENCRYPTED: Remedy("nothing can be read there; drives settle without a witness", ("koru explain",)),
}
_ELSE = Remedy("look at it; Koru never writes there", ("koru history list",))


def readable(observer: Observer, scene: Scene) -> Iterator[Finding | Seen]:
    """The stores that were found, at most 16 of them, each by its newest chats."""
    interfaces = scene.of_adapter("chat_store", observer.ID)
    check = f"store-{observer.ID.replace('_', '-')}"
    stores = observer.locate()
    yield Seen(f"stores of {observer.ID}", str(len(stores)))
    if not stores:
        remedy = Remedy("open the product's chat once; without a store there is no witness")
        problem = f"no store of {observer.ID} was found on this machine"
        yield Finding(check, "note", problem, remedy, interfaces=interfaces, blocker=f"store_{ObserverReason.MISSING}")
        return
    complaints = [(store, error) for store in stores[:STORES_MOST] for error in _health(observer, store)]
    broken = {store.path for store, _ in complaints}
    for store in stores[:STORES_MOST]:
        if store.path not in broken:
            yield Seen(str(store.path), observer.fingerprint(store))
    none_left = len(broken) == len(stores[:STORES_MOST])
    for store, error in complaints:
        yield Finding(
            check,
            "warning",
            f"{error.where or store.path}: {error.message}",
            Remedy(error.hint) if error.hint else _REMEDIES.get(error.reason, _ELSE),
            str(error.where or store.path),
            interfaces if none_left else (),
            f"store_{error.reason}",
        )


def _health(observer: Observer, store: Store) -> tuple[ObserverError, ...]:
    try:
        return observer.health(store)
    except ObserverError as error:
        return (error,)


CHECKS = tuple(
    Check(f"store-{name.replace('_', '-')}", f"the stores of {name} can be read", partial(readable, observer))
    for name, observer in OBSERVERS.items()
)
