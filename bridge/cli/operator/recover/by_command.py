"""Recoveries that this command runs itself, because they must work when no daemon does."""

from bridge.cli.operator.recover.consent import agreed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from bridge.cli.operator.recover.consent import Answer
    from registry.model import Recovery


def recover(recovery: "Recovery", arguments: "Namespace") -> "Answer":
    """Plan it and, if the plan is agreed to, run it. The yes is against mistakes alone: a shell may do all of this."""
    import uuid

    from bridge.recovery.action import Aim
    from bridge.recovery.catalogue import IN_COMMAND
    from bridge.recovery.conduct import conduct
    from bridge.recovery.machine import this_machine

    action, hands = IN_COMMAND[recovery.id], this_machine()
    answer: dict[str, Any] = {"run_id": f"r-{uuid.uuid4().hex}", "recovery": recovery.id, "checks": []}
    plan = action.plan(hands, Aim(arguments.window, arguments.drive, arguments.ide, arguments.output))
    if plan.needless:
        return {**answer, "state": "not_needed", "said": [plan.needless]}
    if arguments.dry_run:
        return {**answer, "state": "planned", "said": list(plan.steps)}
    if plan.by_hand:
        return {**answer, "state": "by_hand", "said": list(plan.steps)}
    if recovery.risk != "none" and plan.risky and not agreed(list(plan.steps), arguments):
        return {**answer, "state": "waiting", "said": [*plan.steps, "nothing was done; run it again with --yes"]}
    done = conduct(action, hands, plan, answer["run_id"], recovery.checks)
    checks = [
        {"id": ran.check.id, "state": ran.state, "problems": [finding.problem for finding in ran.findings]}
        for ran in done.checks
    ]
    said = [*done.result.said, *([done.unrecorded] if done.unrecorded else [])]
    return {**answer, "state": done.result.state, "said": said, "checks": checks, "recorded": not done.unrecorded}
