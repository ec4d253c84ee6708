"""A fault of our own inside a running daemon costs the work it happened in, and is told."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HONEST = [{"turn": {}}, {"answer": {"disposition": "done", "facts": [{"kind": "submitted", "grade": "host"}]}}]
# The first call of one method fails in a way that no code foresees.
PLANTED = """
import sys
from bridge.daemon.drives.{module} import {name}
from bridge.daemon.process.main import leave, main
whole, left = {name}.{method}, ["planted"]
async def failing(*given, **named):
    if left:
        raise LookupError(left.pop())
    return await whole(*given, **named)
{name}.{method} = failing
leave(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("module", "name", "method", "blocker", "what"),
    [
        ("lanes", "Lanes", "_fresh", "internal", "running a drive"),
        ("plugin_channel", "PluginChannel", "deliver", "plugin_lost", "delivering a drive"),
    ],
)
def test_a_planted_fault_ends_its_drive_and_is_shown(
    module: str,
    name: str,
    method: str,
    blocker: str,
    what: str,
    daemon: Any,
    fake_ide: Callable[..., Any],
    tmp_path: Path,
) -> None:
    daemon.command = (sys.executable, "-P", "-c", PLANTED.format(module=module, name=name, method=method))
    daemon.more["KORU_CONTAINED"] = "keep"
    daemon.start()
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"deliver": HONEST}), encoding="utf-8")
    fake_ide(script, tmp_path / "workspaceStorage" / "w")
    with daemon.client() as client:
        views = [_driven(client, drive_id) for drive_id in ("first", "second")]
        (fault,) = client.request("daemon/status", {})["contained"]
    assert [(view["outcome"], view.get("blocker")) for view in views] == [("refused", blocker), ("confirmed", None)]
    assert (fault["what"], fault["count"], fault["error"]) == (what, 1, "LookupError")


def _driven(client: Any, drive_id: str) -> Any:
    about = {"drive_id": drive_id, "text": drive_id, "selector": {}, "target": {}, "deadline_ms": 60_000}
    client.request("drive/start", about)
    return client.request("drive/wait", {"drive_id": drive_id, "timeout_ms": 60_000}, timeout=90)
