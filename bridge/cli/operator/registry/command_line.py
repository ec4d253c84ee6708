"""Whether a command line that a file of the registry names could be run."""

from bridge.protocol.errors import BridgeError


def command_fault(command: str) -> str | None:
    """Why this command line of `koru` would be refused; None when it would run. Nothing is run."""
    import shlex

    from bridge.cli.arguments import parse
    from bridge.cli.main import MODULES

    name, *words = shlex.split(command)
    if name != "koru" or not words or words[0] not in MODULES:
        return "it is no verb of koru"
    try:
        parse(words[0], __import__(MODULES[words[0]], fromlist=["run"]), words[1:])
    except (BridgeError, ImportError) as error:
        return str(error)
    return None
