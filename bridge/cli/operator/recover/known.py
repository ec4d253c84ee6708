"""The recoveries and blockers of the registry, with the user's own files."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from registry.load import Registry


def known_recoveries() -> "Registry":
    from bridge import paths
    from registry.load import load

    return load(paths.config_directory() / "interfaces")
