"""What of a wrong value may be shown: somebody who writes a secret where its name belongs does not find it in the log of a job."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from pytest_mlmonitor.core.text.redaction import ANYWHERE_LENGTH, CONCEALED

OUTLETS = ("alerts", "retrain", "metrics", "lineage", "traces", "api", "store_env", "prometheus")
"""Keys of the policy below which secrets are named."""

_SECRET_KEY = re.compile(
    r"_env$|pass(?!ed)|pwd|secret|token|credential|(?:api|routing|access|private|integration|account)_?key|hook|dsn"
    r"|(?:^|_)(?:auth|authorization|login|sig)$",
    re.IGNORECASE,
)
_SECRET_PARAMETER = re.compile(
    r"sig|signature|key|pwd|code|.*(?:token|secret|passw|api_?key|auth|credential).*", re.IGNORECASE
)
_SECRET_HOSTS = re.compile(
    r"hooks\.slack(?:-gov)?\.com|(?:^|[/.@])discord(?:app)?\.com/api/(?:v\d+/)?webhooks/|webhook\.office\.com|logic\.azure\.com"
    r"|api\.powerplatform\.com|hooks\.zapier\.com|chat\.googleapis\.com/v1/spaces|maker\.ifttt\.com|webexapis\.com/v1/webhooks",
    re.IGNORECASE,
)
"""Services whose address is the secret."""

_TOKEN = re.compile(
    r"xox[a-z]-|xapp-|gh[a-z]_|github_pat_|glpat-|AKIA[A-Z0-9]{12}|sk-[A-Za-z0-9]|pd[a-z]_|eyJ[A-Za-z0-9_-]{10}|-----BEGIN"
)
"""How tokens of well-known services begin."""


def shown_input(path: Sequence[str], value: object, *, known: bool) -> str:
    """Return a value of the policy as a message shows it, ``***`` for what may be a secret.

    Args:
        path: the key, level by level.
        value: what stands there.
        known: whether the policy has a plain key of that name: then what it holds is no secret unless it looks like one.

    >>> shown_input(["alerts", "slack", "url_env"], "https://hooks.slack.com/services/T0/B0/x", known=True)
    '***'
    >>> shown_input(["alerts", "cooldown"], "1 fortnight", known=True), shown_input(["colour"], "red", known=False)
    ("'1 fortnight'", "'red'")
    """
    if isinstance(value, Mapping):
        inside = (f"{key!r}: {shown_input([*path, str(key)], one, known=False)}" for key, one in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown_input(path, one, known=known) for one in value)}]"
    if not isinstance(value, str):
        return repr(value)
    secret = bool(_SECRET_KEY.search(path[-1])) or is_secret_address(value) or bool(_TOKEN.search(value))
    if not known:
        secret |= "://" in value or (path[0] in OUTLETS and is_secretive(value)) or _is_random(value)
    return CONCEALED if secret else repr(value)


def is_secret_address(text: str) -> bool:
    """Return whether a URL holds a user, a password or a token, or is the address of a service whose address is the secret.

    >>> is_secret_address("https://me:pass@h/"), is_secret_address("https://h/?token=1"), is_secret_address("http://h:9093/am")
    (True, True, False)
    """
    if _SECRET_HOSTS.search(text):
        return True
    if "://" not in text:
        return bool(re.search(r"(?:^|\s)[^\s/@]+:[^\s/@]+@", text)) or bool(re.search(r"(?i)\bpassword\s*=", text))
    try:
        parts = urlsplit(text)
    except ValueError:
        return "@" in text
    return "@" in parts.netloc or any(
        value and _SECRET_PARAMETER.fullmatch(name) for name, value in parse_qsl(parts.query + "&" + parts.fragment)
    )


def is_secretive(text: str) -> bool:
    """Return whether a text is no word that stands in others, too, such as ``alertmanager`` or ``v1/traces``.

    >>> is_secretive("v1/traces"), is_secretive("prometheus-gateway"), is_secretive("services/T024BE7LD")
    (False, False, True)
    """
    plain = re.sub(r"[-/_.]", "", text)
    return len(plain) >= ANYWHERE_LENGTH and not re.fullmatch(r"v?\d?[a-z]+", plain)


def _is_random(text: str) -> bool:
    kinds = (str.islower, str.isupper, str.isdigit)
    return len(text) >= 20 and not re.search(r"[\s/]", text) and all(any(is_one(c) for c in text) for is_one in kinds)
