"""Trust, permission rules and the files they come from, as tables."""

from pathlib import Path

import pytest

from bridge.drive.permission import Decision
from bridge.policy.files import load, save_grants, signature
from bridge.policy.rules import OnSecrets, Policy, PolicyAction, PolicyRequest, Rule, permit
from bridge.policy.trust import Grant, default_level, granted, level
from bridge.protocol.errors import BridgeError, Reason
from registry.load import load as load_registry
from registry.model import Interface, Trust

INTERFACES = load_registry(None).interfaces
NATIVE = INTERFACES["vscode_native_send"]
X11 = INTERFACES["os_injector_x11"]
SHOP = ("/home/ann/shop",)
SEND = PolicyRequest("send", "code", SHOP)


def test_defaults_of_what_is_registered() -> None:
    """Plugins send, operating-system input drafts, observers observe, nothing is autonomous."""
    assert default_level(NATIVE) == "send"
    assert {default_level(i) for i in INTERFACES.values() if i.family == "desktop_control"} == {"draft"}
    assert {default_level(i) for i in INTERFACES.values() if i.family == "observation"} == {"observe"}
    assert "autonomous" not in {default_level(i) for i in INTERFACES.values()}


def test_a_file_cannot_claim_more_than_its_family() -> None:
    bold = X11.model_copy(update={"trust": "autonomous"})
    assert default_level(bold) == "draft"
    assert default_level(NATIVE.model_copy(update={"trust": "observe"})) == "observe"


GRANTS = (
    Grant("*", "os_injector_x11", "send"),
    Grant("/home/ann", "os_injector_x11", "observe"),
    Grant("/home/ann/shop", "os_injector_x11", "autonomous"),
)


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (("/home/ann/shop",), "autonomous"),
        (("/home/ann/shop/sub",), "autonomous"),
        (("/home/ann/shopping",), "observe"),
        (("/srv",), "send"),
        ((), "send"),
        (("/home/ann/shop", "/home/ann/other"), "observe"),
        (("/home/ann/shop", "/srv"), "send"),
    ],
)
def test_the_nearest_grant_counts_and_of_several_folders_the_least(folders: tuple[str, ...], expected: Trust) -> None:
    assert level(GRANTS, X11, folders) == expected
    assert level(GRANTS, NATIVE, folders) == "send"


def test_a_window_without_a_folder_is_covered_by_no_folder() -> None:
    assert level((Grant("/", "os_injector_x11", "send"),), X11, ()) == "draft"


def test_a_grant_replaces_and_is_taken_away() -> None:
    once = granted(GRANTS, "*", "os_injector_x11", "draft")
    assert once[-1] == Grant("*", "os_injector_x11", "draft")
    assert len(once) == 3
    assert granted(once, "*", "os_injector_x11", None) == GRANTS[1:]


@pytest.mark.parametrize(
    ("interface", "action", "grants", "decision", "blocker"),
    [
        (NATIVE, "send", (), "allow", None),
        (NATIVE, "draft", (), "allow", None),
        (X11, "draft", (), "allow", None),
        (X11, "send", (), "deny", "trust_too_low"),
        (X11, "send", GRANTS[:1], "allow", None),
        (NATIVE, "send", (Grant("/home/ann", NATIVE.id, "draft"),), "deny", "trust_too_low"),
        (NATIVE, "draft", (Grant("/home/ann", NATIVE.id, "observe"),), "deny", "trust_too_low"),
    ],
)
def test_trust_decides(
    interface: Interface, action: PolicyAction, grants: tuple[Grant, ...], decision: Decision, blocker: str | None
) -> None:
    found = permit(Policy(grants), interface, PolicyRequest(action, "code", SHOP))
    assert (found.decision, found.blocker) == (decision, blocker)


ALLOW, ASK, DENY = Rule("allow"), Rule("ask"), Rule("deny")


@pytest.mark.parametrize(
    ("rules", "default", "decision"),
    [
        ((), "allow", "allow"),
        ((), "ask", "ask"),
        ((), "deny", "deny"),
        ((ALLOW,), "deny", "allow"),
        ((ALLOW, ASK), "allow", "ask"),
        ((ALLOW, ASK, DENY), "allow", "deny"),
        ((DENY, ASK, ALLOW), "allow", "deny"),
        ((Rule("deny", action="draft"),), "allow", "allow"),
        ((Rule("deny", action="send"),), "allow", "deny"),
        ((Rule("deny", interface="vscode_*"),), "allow", "deny"),
        ((Rule("deny", interface="os_*"),), "allow", "allow"),
        ((Rule("deny", ide="cursor"),), "allow", "allow"),
        ((Rule("deny", ide="c*"),), "allow", "deny"),
        ((Rule("deny", workspace="/home/ann"),), "allow", "deny"),
        ((Rule("deny", workspace="/home/ann/shop/sub"),), "allow", "allow"),
        ((Rule("deny", workspace="/home/ann", ide="cursor"),), "allow", "allow"),
        ((Rule("allow", workspace="/home/ann"),), "ask", "allow"),
    ],
)
def test_rules_decide(rules: tuple[Rule, ...], default: Decision, decision: Decision) -> None:
    assert permit(Policy(rules=rules, default=default), NATIVE, SEND).decision == decision


def test_one_folder_is_enough_to_deny_and_all_are_needed_to_allow() -> None:
    both = PolicyRequest("send", "code", (*SHOP, "/srv/other"))
    assert permit(Policy(rules=(Rule("deny", workspace="/srv"),)), NATIVE, both).decision == "deny"
    assert permit(Policy(rules=(Rule("allow", workspace="/srv"),), default="ask"), NATIVE, both).decision == "ask"


def test_no_rule_lifts_trust() -> None:
    assert permit(Policy(rules=(ALLOW,)), X11, SEND).blocker == "trust_too_low"


@pytest.mark.parametrize(
    ("on_secrets", "rules", "decision", "blocker"),
    [
        ("warn", (), "allow", None),
        ("ask", (), "ask", None),
        ("ask", (DENY,), "deny", "policy_denied"),
        ("deny", (), "deny", "secret_in_prompt"),
        ("deny", (ASK,), "deny", "secret_in_prompt"),
    ],
)
def test_secrets_in_a_prompt(
    on_secrets: OnSecrets, rules: tuple[Rule, ...], decision: Decision, blocker: str | None
) -> None:
    policy = Policy(rules=rules, on_secrets=on_secrets)
    found = permit(policy, NATIVE, PolicyRequest("send", "code", SHOP, ("github_token",)))
    assert (found.decision, found.blocker) == (decision, blocker)
    assert permit(Policy(on_secrets=on_secrets), NATIVE, SEND).decision == "allow"


@pytest.mark.usefixtures("faults_kept")
def test_what_cannot_be_evaluated_is_denied() -> None:
    broken = Policy(grants=(Grant(None, NATIVE.id, "send"),))  # type: ignore[arg-type]
    found = permit(broken, NATIVE, SEND)
    assert (found.decision, found.blocker) == ("deny", "policy_denied")
    assert "TypeError" in found.reason


def write(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_no_files_are_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "missing") == Policy()


def test_a_policy_is_read(tmp_path: Path) -> None:
    text = """
        default: ask
        secrets_in_prompts: deny
        rules:
          - {decision: allow, action: draft, interface: vscode_*, ide: code, workspace: /home/ann, reason: "drafts"}
        redact:
          - {name: corp, pattern: "corp_[a-z]{20}"}
    """
    write(tmp_path, "policy.yaml", text)
    policy = load(tmp_path)
    assert policy.problem is None
    assert (policy.default, policy.on_secrets) == ("ask", "deny")
    assert policy.rules == (Rule("allow", "draft", "vscode_*", "code", "/home/ann", "drafts"),)
    assert [shape.kind for shape in policy.shapes] == ["corp"]


@pytest.mark.parametrize(
    ("name", "text", "line", "says"),
    [
        ("policy.yaml", "rules: [\n", 2, "YAML"),
        ("policy.yaml", "\nrules:\n  - {decision: perhaps}\n", 3, "rules.0.decision"),
        ("policy.yaml", "rules:\n  - decision: deny\n    workspaces: /x\n", 3, "workspaces"),
        ("policy.yaml", "rules:\n  - decision: deny\n    workspace: home\n", 3, "absolute"),
        ("policy.yaml", "rules:\n  - decision: deny\n    workspace: /a/../b\n", 3, "absolute"),
        ("policy.yaml", "redact:\n  - {name: x, pattern: '(a+)+'}\n", 2, "redact.0"),
        ("policy.yaml", "- a list\n", 1, "mapping"),
        ("trust.yaml", "grants:\n  - {workspace: '*', interface: x, level: boss}\n", 2, "level"),
    ],
)
def test_a_bad_file_is_told_with_its_line_and_denies(
    tmp_path: Path, name: str, text: str, line: int, says: str
) -> None:
    path = write(tmp_path, name, text)
    policy = load(tmp_path)
    assert policy.problem is not None
    assert policy.problem.startswith(f"{path}:{line}: ")
    assert says in policy.problem
    found = permit(policy, NATIVE, SEND)
    assert (found.decision, found.blocker) == ("deny", "policy_denied")
    assert str(path) in found.reason


def test_a_file_that_others_can_change_denies(tmp_path: Path) -> None:
    write(tmp_path, "policy.yaml", "default: allow\n").chmod(0o660)
    assert "others can change it" in (load(tmp_path).problem or "")


def test_grants_are_saved_privately_and_at_once(tmp_path: Path) -> None:
    directory = tmp_path / "koru"
    before = signature(directory)
    save_grants(directory, GRANTS)
    assert load(directory).grants == GRANTS
    assert signature(directory) != before
    assert [path.name for path in directory.iterdir()] == ["trust.yaml"]
    assert (directory / "trust.yaml").stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_grant_that_cannot_be_saved_says_so(tmp_path: Path) -> None:
    (tmp_path / "koru").write_bytes(b"")
    with pytest.raises(BridgeError) as caught:
        save_grants(tmp_path / "koru", GRANTS)
    assert caught.value.reason is Reason.STATE_UNWRITABLE
