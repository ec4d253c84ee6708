"""What secrets look like: tokens with a known beginning, and values beside a word such as `password`.

These are the shapes that the rule list (`listed_shapes.py`) has not, or has more narrowly. Each needs a word that is in
the text, and gives nothing back once it took it, or a few characters at most: no text makes matching slow.
A long random string alone is no secret here, so hashes, UUIDs and ordinary code are left as they are.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from bridge.policy.secret_values import (
    is_basic_pair,
    is_encoded_pair,
    is_encoded_private_key,
    is_mixed,
    is_pem,
    is_secret_value,
    is_url_password,
)

COMPILED_KEPT = 2000  # all the shapes there are, and those of the operator


def _always(match: re.Match[str]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class SecretShape:
    """`anchors`: one of them (in lower case) is in every text that can match. The group `s`, or all, is the secret.

    The expression is compiled when a text first has an anchor.
    """

    kind: str
    anchors: tuple[str, ...]
    expression: str
    accept: Callable[[re.Match[str]], bool] = _always

    @property
    def pattern(self) -> re.Pattern[str]:
        return compiled(self.expression)


@lru_cache(COMPILED_KEPT)
def compiled(expression: str) -> re.Pattern[str]:
    """The pattern of an expression; each is compiled once."""
    return re.compile(expression)


_WORD = r"(?<![A-Za-z0-9_])"
_END = r"(?![A-Za-z0-9_])"
_B64URL = "[A-Za-z0-9_-]"

# The characters of a value without quotes. A backslash that begins an escape ends it.
_BARE = r"""(?:[^\s"'`,;&<>(){}\[\]|\\]|\\(?![nrt"']))"""
_KEY_WORDS = (
    r"(?P<key>pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?"
    r"|(?:api|access|secret|private|signing|encryption|account|auth)[_-]?key)"
)
# The key may be quoted or an index, and may have a type: `"token": `, `env["TOKEN"] = `, `password: str = `.
_ASSIGNED = (
    _KEY_WORDS + r"(?:_?[0-9]{1,2})?\\?[\"'`]?\]?(?::[ \t]{0,4}[A-Za-z_][\w.\[\]|]{0,40}+[ \t]{0,4}(?==))?"
    r"(?P<gap>[ \t]{0,8})(?P<sep>:=|=>|===?|!==?|:|=)[ \t]{0,8}"
    r"(?:[fbru]{0,2}(?P<q>\\?[\"'`])(?P<s1>(?:(?!(?P=q))(?:\\.|[^\n\r])){3,8192}+)(?P=q)"
    rf"|(?P<s2>{_BARE}{{4,}}+))"
)


def _prefixed(kind: str, beginning: str, rest: str) -> SecretShape:
    """A token that begins with one of these words, separated by `|`."""
    anchors = tuple(word.lower() for word in beginning.split("|"))
    words = "|".join(re.escape(word) for word in beginning.split("|"))
    return SecretShape(kind, anchors, rf"{_WORD}(?:{words}){rest}+")


def _exact(kind: str, words: str, expression: str) -> SecretShape:
    """A token of letters and digits both that is a word of its own. One of the words, separated by `|`, is in it."""
    return SecretShape(kind, tuple(words.lower().split("|")), rf"(?<![\w/])(?P<s>{expression}){_END}", is_mixed)


# Secrets that are known by themselves.
TOKENS: tuple[SecretShape, ...] = (
    SecretShape(
        "private_key",
        ("-----begin",),
        (
            r"-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"""(?P<body>(?:[A-Za-z0-9+/=:,.\s\\"'()<>@]|-(?!----))*+)(?:-----END[A-Z0-9 ]{0,60}-----)?"""
        ),
        is_pem,
    ),
    SecretShape(
        "json_web_token",
        ("eyj",),
        rf"(?<![A-Za-z0-9_-])eyJ{_B64URL}{{8,}}+(?:\.{_B64URL}*+){{2,4}}+",
    ),
    _prefixed("github_token", "ghp_|gho_|ghu_|ghs_|ghr_", "[A-Za-z0-9]{30,}"),
    _prefixed("github_token", "github_pat_", "[A-Za-z0-9_]{22,}"),
    _prefixed("gitlab_token", "glpat-|gldt-|glrt-|glcbt-|glptt-|gloas-", f"{_B64URL}{{20,}}"),
    _prefixed("slack_token", "xoxb-|xoxp-|xoxa-|xoxo-|xoxs-|xoxr-|xoxe-|xapp-", "[A-Za-z0-9-]{10,}"),
    SecretShape(
        "webhook_url",
        ("hooks.slack.com/", "/api/webhooks/"),
        (
            r"https://(?:hooks\.slack\.com/(?:services|workflows)|(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks)"
            r"/(?P<s>[A-Za-z0-9_/-]{20,}+)"
        ),
    ),
    SecretShape(
        "discord_token",
        ("discord",),
        r"(?<![\w.-])(?P<s>[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}+)(?![\w.-])",
        is_mixed,
    ),
    _prefixed("anthropic_key", "sk-ant-", f"{_B64URL}{{20,}}"),
    _prefixed("openai_key", "sk-proj-|sk-svcacct-|sk-admin-", f"{_B64URL}{{20,}}"),
    _prefixed("api_key", "sk-or-v1-|xai-|gsk_|fw_|r8_|nvapi-|pplx-", f"{_B64URL}{{24,}}"),
    SecretShape("api_key", ("sk-",), rf"{_WORD}sk-(?P<s>[A-Za-z0-9]{{32,}}+)", is_mixed),
    SecretShape(
        "aws_key_id",
        ("akia", "asia", "abia", "acca"),
        rf"{_WORD}A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{{16}}{_END}",
    ),
    _prefixed("google_key", "AIza", f"{_B64URL}{{35,}}"),
    _prefixed("google_key", "ya29.|GOCSPX-", r"[A-Za-z0-9_.-]{20,}"),
    _prefixed("stripe_key", "sk_live_|sk_test_|rk_live_|rk_test_|whsec_", "[A-Za-z0-9]{16,}"),
    _prefixed("npm_token", "npm_", "[A-Za-z0-9]{36,}"),
    _prefixed("pypi_token", "pypi-AgE", f"{_B64URL}{{50,}}"),
    _prefixed("huggingface_token", "hf_", "[A-Za-z0-9]{30,}"),
    _prefixed("sendgrid_key", "SG.", rf"{_B64URL}{{16,}}+\.{_B64URL}{{16,}}"),
    _prefixed("digitalocean_token", "dop_v1_|doo_v1_|dor_v1_", "[a-f0-9]{64,}"),
    _prefixed("shopify_token", "shpat_|shpca_|shppa_|shpss_", "[A-Fa-f0-9]{32,}"),
    _prefixed("vault_token", "hvs.|hvb.", f"{_B64URL}{{24,}}"),
    _prefixed("linear_key", "lin_api_", "[A-Za-z0-9]{32,}"),
    _prefixed("age_key", "AGE-SECRET-KEY-", "[A-Z0-9]{40,}"),
    _prefixed("atlassian_api_token", "ATBB|ATCTT3|ATTA", "[A-Za-z0-9_=-]{28,}"),
    _prefixed("dropbox_short_lived_api_token", "sl.", f"{_B64URL}{{130,}}"),
    _prefixed("sonar_token", "squ_|sqp_|sqa_", "[a-f0-9]{40,}"),
    _prefixed("square_access_token", "sq0csp-", f"{_B64URL}{{40,}}"),
    _prefixed("tailscale_key", "tskey-auth-|tskey-client-|tskey-scim-|tskey-webhook-", "[A-Za-z0-9-]{20,}"),
    _exact("azure_devops_token", "AZDO", "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"),
    _exact("azure_key", "JQQJ99", "[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}"),
    _exact("braintree_token", "access_token$", r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}"),
    _exact("google_key", "1//0", f"1//0{_B64URL}{{30,200}}+"),
    _exact(
        "jetbrains_token",
        "perm:|perm-",
        r"perm[:-][A-Za-z0-9+/=]{6,64}+\.[A-Za-z0-9+/=]{4,64}+\.[A-Za-z0-9+/=]{20,64}+",
    ),
    _exact("notion_api_token", "secret_", "secret_[A-Za-z0-9]{43}"),
    _exact("nuget_key", "oy2", "oy2[a-z0-9]{43}"),
    # The literal stands first, for `sk` is in many texts: so the search for it is fast.
    SecretShape("twilio_api_key", ("sk",), r"SK(?<![\w/]SK)[0-9a-f]{32}(?![A-Za-z0-9_])"),
    SecretShape(
        "telegram_bot_api_token", (":aa",), r"(?<!\d)(?P<s>\d{8,10}:AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])", is_mixed
    ),
    SecretShape("private_key", ("ls0tls1crudjti",), r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}+={0,2}", is_encoded_private_key),
)

# Secrets that are known by what stands beside them.
VALUES: tuple[SecretShape, ...] = (
    SecretShape(
        "url_password",
        ("://",),
        r"""://[^\s/:@"'<>]{0,}+:(?P<s>(?!\[redacted:)[^\s/"'<>]{1,4096})@(?=[A-Za-z0-9\[_.$-])""",
        is_url_password,
    ),
    SecretShape(
        "authorization",
        ("authorization", "bearer"),
        (
            r"""(?i:(?:authorization\\?["']?[ \t]{0,4}[:=][ \t]{0,4}\\?["']?(?:bearer|basic|token|apikey)|bearer))"""
            r"[ \t]{1,4}"
            r"(?P<s>[A-Za-z0-9._~+/=-]{8,}+)"
        ),
        is_mixed,
    ),
    SecretShape(
        "account_key",
        ("accountkey=", "accesskey="),
        r"(?i:(?:account|access)key)=(?P<s>[A-Za-z0-9+/=]{20,}+)",
    ),
    SecretShape(
        "password",
        (";password=", ";pwd=", "; password=", "; pwd="),
        r"""(?i:; ?(?:password|pwd))=(?P<s>(?![$%{<\[])[^;\s"']{1,}+)""",
    ),
    SecretShape(
        "registry_auth",
        ('"auth":', '"auth" :', ":_auth="),
        r"""(?:"auth"[ \t]{0,4}:[ \t]{0,4}"|:_auth="?)(?P<s>[A-Za-z0-9+/]{8,4096}+={0,2})""",
        is_encoded_pair,
    ),
    SecretShape(
        "url_signature",
        ("&sig=", "?sig=", "x-amz-signature="),
        r"(?i:[?&]sig|X-Amz-Signature)=(?P<s>[A-Za-z0-9%+/=]{40,}+)",
        is_mixed,
    ),
    SecretShape(
        "password",
        ("machine ",),
        r"machine[ \t]{1,4}\S{1,200}+\s{1,8}+login[ \t]{1,4}\S{1,200}+\s{1,8}+password[ \t]{1,4}"
        r"""(?P<s>(?![$<{\[])[^\s"'\\]{4,}+)""",
    ),
    SecretShape(
        "assigned",
        ("pass", "pwd", "secret", "token", "credential", "key"),
        f"(?i:{_ASSIGNED})",
        is_secret_value,
    ),
    SecretShape(
        "argument",
        ("-password ", "-passwd ", "-token ", "-secret ", "key ", "-passphrase "),
        (
            r"(?<=-)(?:password|passwd|passphrase|token|secret|api-?key)[ \t]{1,4}"
            rf"(?P<s>(?![-$<{{\[]){_BARE}{{6,}}+)"
        ),
        is_mixed,
    ),
    SecretShape(
        "password",
        ("password is ", "passwd is ", "passphrase is ", "password: ", "token is "),
        (
            r"""(?i:password|passwd|passphrase|token)[ \t]{1,4}is:?[ \t]{1,4}["'`]?"""
            rf"(?P<s>{_BARE}{{6,}}+)"
        ),
        is_mixed,
    ),
    SecretShape(
        "password",
        ("curl",),
        r"""(?:-u|--user)[ \t=]{1,4}["']?[^\s:"']{1,}+:(?P<s>(?!\[redacted:)[^\s"']{3,}+)""",
        is_basic_pair,
    ),
)
