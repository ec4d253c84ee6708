"""What a fault of ours that a test plants leaves behind: exactly one contained fault, told by its own words."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge import contained as module
from bridge.contained import SWITCH, faults


@contextmanager
def one_fault(what: str, *errors: str, count: int = 1) -> Iterator[None]:
    """In the block, faults are contained as in the daemon of a person; behind it, this one and no other was.

    `errors`: the classes that it may be told of by; any where none is given.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH, "keep")
        patch.setattr(module, "_faults", {})
        yield
        found = faults()
    assert [(each.what, each.count) for each in found] == [(what, count)]
    assert not errors or found[0].error in errors
