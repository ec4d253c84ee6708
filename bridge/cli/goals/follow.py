"""`koru goals follow`: one goal, live, until it has ended."""

from bridge.cli.goals import one_goal
from bridge.cli.goals.follower import GoalFollower, exit_status
from bridge.cli.output import emit
from bridge.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def configure(parser: "ArgumentParser") -> None:
    one_goal.configure(parser)


def run(arguments: "Namespace") -> int:
    with Client.connect(role="operator") as client:
        view = client.request("goals/get", {"goal_id": arguments.id})
        view = GoalFollower(client, view, as_json=arguments.json, patient=True, events=arguments.json).run()
    if arguments.json:
        emit({"goal": view, "exit": exit_status(view)})
    return exit_status(view)
