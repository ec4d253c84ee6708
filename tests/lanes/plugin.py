"""What a lane's pytest tells the run of lanes: one JSON line for the number of tests, for each test, and for the end.

Given to pytest by `-p tests.lanes.plugin`; with xdist the controller tells, and each worker orders its tests.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any, TextIO

import pytest

from tests.lanes.costs import Costs

MARKERS = ("sampled", "slow", "command")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lanes")
    group.addoption("--lane-log", type=Path, help="file for what became of each test, a JSON line each")
    group.addoption(
        "--lane-fast", action="store_true", help="leave out what is marked slow or built, and files that take long"
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    path: Path | None = config.option.lane_log
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(LaneLog(path.open("w", encoding="utf-8", buffering=1)), "lane-log")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no worker is left alone with one; the order in a file stays.

    Only where there are workers: the files of a real product share its windows, and come in the order of their names.
    """
    costs = Costs.load()
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: -costs.seconds(_file(item.nodeid)))
    if config.option.lane_fast:
        kept = [item for item in items if not _is_slow(item, costs)]
        config.hook.pytest_deselected(items=[item for item in items if _is_slow(item, costs)])
        items[:] = kept


def _is_slow(item: pytest.Item, costs: Costs) -> bool:
    return any(map(item.get_closest_marker, ("slow", "built"))) or costs.is_slow(_file(item.nodeid))


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


class LaneLog:
    """Writes the lines. A test's seconds are those of its fixtures, too."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._collected = 0
        self._left_out: set[str] = set()
        self._reports: defaultdict[str, list[pytest.TestReport]] = defaultdict(list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._counted(len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._counted(len(ids))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._say(test=report.nodeid, outcome="failed", seconds=0.0, markers=[], why=report.longreprtext)
        elif report.skipped and report.nodeid not in self._left_out:  # each worker says so
            self._left_out.add(report.nodeid)
            self._say(left_out=report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reports = self._reports[report.nodeid]
        reports.append(report)
        # A worker that died reports the test it had in hand as failed, and no end of it.
        if report.when == "teardown" or report.when not in ("setup", "call"):
            self._ended(report.nodeid)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        for nodeid in list(self._reports):
            self._ended(nodeid)
        self._say(ended=int(exitstatus))
        self._file.close()

    def _ended(self, nodeid: str) -> None:
        reports = self._reports.pop(nodeid)
        bad = [report for report in reports if report.failed]
        if not bad and all(report.when != "call" and report.passed for report in reports):
            return  # interrupted before its end: the lane says so
        outcome = "failed" if bad else "skipped" if any(report.skipped for report in reports) else "passed"
        self._say(
            test=nodeid,
            outcome=outcome,
            seconds=sum(report.duration for report in reports),
            markers=[marker for marker in MARKERS if marker in reports[0].keywords],
            why="\n".join(_in_full(report) for report in bad),
        )

    def _counted(self, number: int) -> None:
        if number > self._collected:
            self._collected = number
            self._say(collected=number)

    def _say(self, **line: Any) -> None:
        self._file.write(json.dumps(line) + "\n")


def _in_full(report: pytest.TestReport) -> str:
    printed = [f"--- {title} ---\n{text}" for title, text in report.sections]
    return "\n".join([f"at {report.when}:", report.longreprtext, *printed])
