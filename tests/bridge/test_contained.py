"""A fault of ours costs the work it happened in and nothing else: it is logged, counted, and raised in tests."""

import logging
from collections.abc import Iterator

import pytest

from bridge import contained as module
from bridge.cli.daemon import status
from bridge.contained import SWITCH, contained, faults

PROMPT = "the words of a person"


@pytest.fixture(autouse=True)
def nothing_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "_faults", {})
    yield


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a daemon of a person: nothing is raised."""
    monkeypatch.setenv(SWITCH, "keep")


def fail() -> None:
    raise KeyError(PROMPT)


@pytest.mark.usefixtures("kept")
def test_it_is_kept_counted_and_logged_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        with contained("planting", "d-1") as held:
            fail()
        assert isinstance(held.caught, KeyError)
    with contained("planting more"):
        fail()
    assert [(each.what, each.count, each.error) for each in faults()] == [
        ("planting", 2, "KeyError"),
        ("planting more", 1, "KeyError"),
    ]
    assert "planting, d-1" in caplog.text
    assert "in fail" in caplog.text, "the log does not say where"
    assert PROMPT not in caplog.text


@pytest.mark.usefixtures("kept")
def test_what_failed_last_is_told_last() -> None:
    for what in ("one", "two", "one"):
        with contained(what):
            fail()
    assert [(each.what, each.count) for each in faults()] == [("two", 1), ("one", 2)]


def test_in_a_test_it_is_raised_and_counted_all_the_same() -> None:
    with pytest.raises(KeyError), contained("planting"):
        fail()
    assert [each.what for each in faults()] == ["planting"]


def test_what_is_foreseen_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    with contained("planting", foreseen=(ValueError, KeyError)) as held:
        fail()
    assert isinstance(held.error, KeyError)
    assert (faults(), caplog.text) == ([], "")


def test_a_block_that_ends_by_itself_leaves_nothing() -> None:
    with contained("planting") as held:
        pass
    assert (held.error, faults()) == (None, [])
    with pytest.raises(RuntimeError):
        _ = held.caught


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_process_goes_through(error: type[BaseException]) -> None:
    with pytest.raises(error), contained("planting"):
        raise error
    assert faults() == []


@pytest.mark.usefixtures("kept")
def test_without_a_log_nothing_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("koru.contained"), "propagate", False)
    with contained("planting"):
        fail()
    assert capsys.readouterr() == ("", "")


def test_the_status_for_people_names_it() -> None:
    fault = {"what": "looking at a store", "count": 2, "error": "KeyError", "at_ms": 1_000}
    answer = {
        "version": "1",
        "started_at_ms": 0,
        "pid": 7,
        "protocol": {"min": 1, "max": 1},
        "socket": "s",
        "state_directory": "d",
        "drives_open": 0,
        "drives_settled": 0,
        "ledger_rows": 0,
        "clients": 0,
        "sessions": [],
        "contained": [fault],
    }
    page = status._page(answer, 2_000)
    assert "fault    looking at a store: KeyError, 2 times, " in page


@pytest.mark.usefixtures("kept")
def test_what_it_is_about_is_named_as_it_is_called_by_then(caplog: pytest.LogCaptureFixture) -> None:
    class Connection:
        name = "a new connection"

        def __str__(self) -> str:
            return self.name

    connection = Connection()
    with contained("planting", connection):
        connection.name = "plugin of w1"
        fail()
    assert "planting, plugin of w1" in caplog.text


@pytest.mark.usefixtures("kept")
def test_what_a_task_group_wrapped_is_named_by_its_own_class() -> None:
    with contained("planting"):
        raise ExceptionGroup("tasks", [ExceptionGroup("tasks", [KeyError(PROMPT)])])
    with contained("planting two"):
        raise ExceptionGroup("tasks", [KeyError(PROMPT), ValueError(PROMPT)])
    assert [each.error for each in faults()] == ["KeyError", "ExceptionGroup"]
