"""Whether there are keys for a model. A key that is there is named by its variable; its value is never shown."""

from collections.abc import Iterator

from bridge.doctor.finding import Check, Finding, Remedy, Seen
from bridge.doctor.scene import Scene

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")


def keys(scene: Scene) -> Iterator[Finding | Seen]:
    there = [name for name in KEYS if scene.environment.get(name, "").strip()]
    for name in KEYS:
        yield Seen(name, "is set" if name in there else "is not set")
    if not there:
        problem = "no model may be asked for an opinion: no key is set"
        remedy = Remedy(f"set {' or '.join(KEYS)}, if you want that; everything else works without")
        blocked = scene.built("model_key")
        yield Finding("model-keys", "note", problem, remedy, interfaces=blocked, blocker="model_key_missing")


CHECKS = (Check("model-keys", "a key for a model is set", keys),)
