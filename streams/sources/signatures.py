"""Whether a request comes from who knows the secret: over the raw bytes, in constant time.

Refuses to look into a body.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from pydantic import SecretStr

from streams.config.chatwoot import ChatwootSettings
from streams.config.onebot import OneBotSettings

# A signed request that is older than this was recorded and is sent again.
REPLAY_LIMIT_S = 300
_DIGITS_MAX = 15


def same(given: str, expected: str) -> bool:
    """Compare without telling by the time it takes how much of it was right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def signature(secret: str, content: bytes, digest: str) -> str:
    """`sha1=…` or `sha256=…`."""
    return f"{digest}={hmac.digest(secret.encode(), content, digest).hex()}"


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def knows_token(settings: OneBotSettings, headers: Mapping[str, str], query: str) -> bool:
    """Whether a connection shows OneBot's access token, in its header or its address (`query`).

    Where no secret is set, anybody on this machine may connect; with a secret and no token nobody.
    """
    token = _text(settings.token)
    if not token:
        return settings.secret is None
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if scheme.lower() in {"bearer", "token"}:
        return same(given, token)
    return bool(query) and same(query, token)


def is_signed_onebot(
    settings: OneBotSettings, headers: Mapping[str, str], query: str, body: bytes
) -> bool:
    """Whether a POST is version 11's with a good X-Signature, or version 12's with the token."""
    key = _text(settings.secret) or _text(settings.token)
    if not key:
        return True
    given = headers.get("X-Signature")
    if given is not None:
        return same(given.lower(), signature(key, body, "sha1"))
    return settings.token is not None and knows_token(settings, headers, query)


def is_signed_chatwoot(
    settings: ChatwootSettings, headers: Mapping[str, str], path: str, body: bytes, now_s: float
) -> bool:
    """Whether a POST has Chatwoot's signature over `timestamp.body`, and the token in its path:
    each that is set.
    """
    token, secret = _text(settings.path_token), _text(settings.secret)
    if not same(path.strip("/"), f"chatwoot/{token}".strip("/")):
        return False
    if not secret:
        return True
    stamp = headers.get("X-Chatwoot-Timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _DIGITS_MAX):
        return False
    expected = signature(secret, f"{stamp}.".encode() + body, "sha256")
    is_right = same(headers.get("X-Chatwoot-Signature", "").lower(), expected)
    return is_right and abs(now_s - int(stamp)) <= REPLAY_LIMIT_S
