"""A goal in the real VS Code: red to green over several turns, a question and a rate limit on the way."""

from tests.real.vscode import goal_demo
from tests.real.vscode.install import Editor


def test_red_to_green(editor: Editor) -> None:
    shown = goal_demo.scenario(editor)
    assert shown.status == 0, shown.view
    assert (shown.view["state"], shown.view["turn"]) == ("accepted", 4)
    decisions = [(body["decision"], body["turn"]) for kind, body in shown.kinds if kind == "goal_decided"]
    assert decisions == [
        ("continue", 1),
        ("continue", 2),
        ("ask", 2),
        ("continue", 3),
        ("continue", 4),
        ("accept", 4),
    ]
    counts = [sum(r["failing"] or 0 for r in body["results"]) for kind, body in shown.kinds if kind == "goal_checked"]
    assert (counts[0], counts[-1]) == (3, 0)
    assert counts == sorted(counts, reverse=True)
    driven = [body for kind, body in shown.kinds if kind == "goal_driven"]
    assert [body["outcome"] for body in driven] == ["confirmed"] * 4
    assert [body["limited"] for body in driven] == [False, False, True, False]
    assert [body["text"] for kind, body in shown.kinds if kind == "goal_answered"] == [goal_demo.ANSWER]
    assert any(kind == "goal_waiting" and body["why"] == "rate_limit" for kind, body in shown.kinds)
    assert len(shown.prompts) == len(set(shown.prompts)) == 4, "a prompt was sent twice"
    assert goal_demo.ANSWER in shown.prompts[2]
    assert shown.verdict.startswith("Verified here")
