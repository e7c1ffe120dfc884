"""Wrong, missing and replayed signatures, and the vectors that the systems' documents give."""

import hashlib
import hmac

import pytest

from streams.config.chatwoot import ChatwootSettings
from streams.config.onebot import OneBotSettings
from streams.sources.signatures import is_signed_chatwoot, is_signed_onebot, knows_token, signature

BODY, NOW_S = b'{"event":"message_created"}', 1_700_000_000.0
TOKEN = "0123456789abcdef"


def test_published_vectors() -> None:
    # RFC 2202, test case 2, and RFC 4231, test case 2.
    content = b"what do ya want for nothing?"
    assert signature("Jefe", content, "sha1") == "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
    assert signature("Jefe", content, "sha256") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def onebot(**headers: str) -> bool:
    settings = OneBotSettings.model_validate({"secret": "s", "token": "t"})
    return is_signed_onebot(settings, headers, "", BODY)


def sha1(key: str, body: bytes = BODY) -> str:
    return "sha1=" + hmac.new(key.encode(), body, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    ("headers", "good"),
    [
        ({"X-Signature": sha1("s")}, True),
        ({"X-Signature": sha1("s").upper()}, True),
        ({"X-Signature": sha1("t")}, False),  # a secret of its own is set
        ({"X-Signature": sha1("s", BODY + b" ")}, False),
        ({"X-Signature": sha1("s").removeprefix("sha1=")}, False),
        ({"X-Signature": ""}, False),
        ({"X-Signature": "sha1=é"}, False),
        ({}, False),
        ({"Authorization": "Bearer t"}, True),  # version 12
        ({"Authorization": "Bearer s"}, False),
        ({"X-Signature": "sha1=0", "Authorization": "Bearer t"}, False),
    ],
)
def test_onebot_posts(headers: dict[str, str], good: bool) -> None:
    assert onebot(**headers) is good


def test_napcat_signs_with_its_token() -> None:
    settings = OneBotSettings.model_validate({"token": "t"})
    assert is_signed_onebot(settings, {"X-Signature": sha1("t")}, "", BODY)
    assert not is_signed_onebot(settings, {}, "", BODY)
    assert is_signed_onebot(OneBotSettings(), {}, "", BODY)


@pytest.mark.parametrize(
    ("given", "headers", "query", "good"),
    [
        ({"token": "t"}, {"Authorization": "Bearer t"}, "", True),
        ({"token": "t"}, {"Authorization": "Token t"}, "", True),
        ({"token": "t"}, {}, "t", True),
        ({"token": "t"}, {}, "", False),
        ({"token": "t"}, {"Authorization": "Bearer x"}, "t", False),
        ({"token": "t"}, {"Authorization": "Basic t"}, "", False),
        ({"secret": "s"}, {}, "", False),  # or a secret would leave another door open
        ({}, {}, "", True),
    ],
)
def test_onebot_connections(
    given: dict[str, str], headers: dict[str, str], query: str, good: bool
) -> None:
    assert knows_token(OneBotSettings.model_validate(given), headers, query) is good


def sha256(stamp: str, key: str = "s", body: bytes = BODY) -> dict[str, str]:
    signed = hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Chatwoot-Timestamp": stamp, "X-Chatwoot-Signature": f"sha256={signed}"}


@pytest.mark.parametrize(
    ("headers", "good"),
    [
        (sha256("1700000000"), True),
        (sha256("1699999701"), True),
        (sha256("1699999699"), False),  # recorded, and sent again
        (sha256("1700000301"), False),
        (sha256("1700000000", "x"), False),
        (sha256("1700000000", body=b"{}"), False),
        (sha256("1700000000") | {"X-Chatwoot-Timestamp": "1700000001"}, False),
        (sha256("soon"), False),
        (sha256("-1"), False),
        (sha256("1" * 400), False),
        (sha256("\u0661"), False),
        ({}, False),
    ],
)
def test_chatwoot_signs_time_and_body(headers: dict[str, str], good: bool) -> None:
    settings = ChatwootSettings.model_validate({"secret": "s"})
    assert is_signed_chatwoot(settings, headers, "/chatwoot", BODY, NOW_S) is good


@pytest.mark.parametrize(
    ("path", "good"),
    [
        (f"/chatwoot/{TOKEN}", True),
        (f"/chatwoot/{TOKEN}/", True),
        ("/chatwoot/", False),
        ("/chatwoot/0123456789abcdeF", False),
        (f"/chatwoot/{TOKEN}/x", False),
        (f"/{TOKEN}", False),
    ],
)
def test_versions_that_do_not_sign_show_a_token(path: str, good: bool) -> None:
    settings = ChatwootSettings.model_validate({"path_token": TOKEN})
    assert is_signed_chatwoot(settings, {}, path, BODY, NOW_S) is good
    both = ChatwootSettings.model_validate({"path_token": TOKEN, "secret": "s"})
    assert not is_signed_chatwoot(both, {}, path, BODY, NOW_S)
    assert is_signed_chatwoot(both, sha256("1700000000"), path, BODY, NOW_S) is good
