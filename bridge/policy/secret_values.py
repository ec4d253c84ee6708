"""Is the value beside such a word really a secret, or code, a label, a reference to where the secret is?"""

import re
from base64 import b64decode

ENCODED_HEADER = 80  # characters of base64, the first line of a key's file among them
PLACEHOLDER = "[redacted:"

_PEM_LINE = re.compile("[A-Za-z0-9+/]{40}")
# Types and booleans stand where values stand.
_TYPE = re.compile(r"(?:u?int|float|utf|str|bytes|[uif])[_-]?\d{1,3}|true|false|null|none|undefined", re.IGNORECASE)
_DOTTED = re.compile(r"[A-Za-z_]\w*+(?:\.[A-Za-z_]\w*+)++")
_NAMED = re.compile(r"[A-Za-z_]+\d{0,2}")
_REFERENCE = re.compile(
    r"\$[A-Za-z_{(]|\$\d+$|\$$|%[({sd]|[{<]|\*{3}|\.\.\.|…|(?i:x{4,}$|env[.:]|secrets?[.:/]|vault:|op://|file:)"
)
_RANDOM = re.compile(r"[A-Za-z0-9+/=_.~:-]{16,}")
_STRONG_SYMBOLS = frozenset("!@#$%^&*+~?")


def is_reference(value: str) -> bool:
    """It says where the secret is, or that there is none: `${TOKEN}`, `<your token>`, `****`."""
    return value.startswith(PLACEHOLDER) or _REFERENCE.match(value) is not None or len(set(value)) == 1


def is_mixed(match: re.Match[str]) -> bool:
    """Letters and digits both."""
    return has_letters_and_digits(match["s"]) and not is_reference(match["s"])


def is_pem(match: re.Match[str]) -> bool:
    """A key has a line of base64 in it; code that looks for the header has not."""
    return _PEM_LINE.search(match["body"]) is not None


def is_encoded_private_key(match: re.Match[str]) -> bool:
    """The base64 of a private key's file, not of a certificate's."""
    return b"PRIVATE KEY" in _decoded(match[0][:ENCODED_HEADER])


def is_encoded_pair(match: re.Match[str]) -> bool:
    """The base64 of `name:password`."""
    return b":" in _decoded(match["s"])


def _decoded(text: str) -> bytes:
    """Empty where the text is no base64."""
    try:
        return b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def is_url_password(match: re.Match[str]) -> bool:
    return not is_reference(match["s"])


def is_basic_pair(match: re.Match[str]) -> bool:
    """`curl -u name:password`, and not the user and group of another program."""
    return not match["s"].isdigit() and not is_reference(match["s"])


def is_secret_value(match: re.Match[str]) -> bool:
    """The value of an assignment, by the word it is assigned to."""
    key, quoted, bare = match["key"], match["s1"], match["s2"]
    value = quoted if quoted is not None else bare
    called = match.string[match.end() : match.end() + 1] in tuple("([{")
    if called or is_reference(value) or _TYPE.fullmatch(value):
        return False
    password = key.lower().startswith(("pass", "pwd"))
    if quoted is not None:
        return _quoted_password(match, quoted) if password else _quoted_secret(quoted)
    tight = match["sep"] == "=" and not match["gap"] and not match[0].endswith(f" {bare}")
    if tight and key.isupper():  # NAME=value, as in the environment of a process
        return password or not (value.isdigit() or _DOTTED.fullmatch(value) or value.startswith("/"))
    if _DOTTED.fullmatch(value) or (_NAMED.fullmatch(value) and value.lower().startswith(key.lower())):
        return False
    return _bare_password(match, bare, tight) if password else _random(bare) or (tight and _strong(bare))


def _quoted_password(match: re.Match[str], value: str) -> bool:
    lower = value.lower()
    if any(character.isspace() for character in value):
        return match["key"].lower() == "passphrase" and match["sep"] != ":"
    if any(character.isdigit() for character in value):
        return len(value) >= 4
    if any(word in lower for word in ("pass", "secret", "token", "pwd")):
        return False
    if any(character in _STRONG_SYMBOLS for character in value):
        return True
    # Words alone are labels and types where a colon stands, passwords where something is assigned.
    return match["sep"] in {"=", ":="} and len(value) >= 8 and value.isalpha()


def _quoted_secret(value: str) -> bool:
    return not _DOTTED.fullmatch(value) and (_random(value) or _strong(value))


def _bare_password(match: re.Match[str], value: str, tight: bool) -> bool:
    if match["key"].lower() == "pass" and match["sep"] != "=":
        return False
    if match["sep"] == ":" or tight:
        return has_letters_and_digits(value) and len(value) >= 6
    return _random(value) and not _NAMED.fullmatch(value)


def has_letters_and_digits(value: str) -> bool:
    return any(c.isalpha() for c in value) and any(c.isdigit() for c in value)


def _random(value: str) -> bool:
    """At least 16 characters of a token's alphabet with two digits and a letter among them."""
    return (
        _RANDOM.fullmatch(value) is not None and sum(c.isdigit() for c in value) >= 2 and has_letters_and_digits(value)
    )


def _strong(value: str) -> bool:
    """Short, but with both cases and a digit."""
    return (
        len(value) >= 8
        and not any(c.isspace() for c in value)
        and has_letters_and_digits(value)
        and value != value.lower()
        and value != value.upper()
        and not _NAMED.fullmatch(value)
    )
