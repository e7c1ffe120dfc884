"""Who is recognised, by what, and from where; and whose word is not taken."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest

from streams.board.access.gate import Asked, Gate, Identity
from streams.board.access.tokens import Role
from streams.config import AccessSettings
from tests.board.access.people import Clock, People

PROXY, CLIENT, STRANGER = "10.0.0.5", "192.0.2.7", "203.0.113.9"


def asked(
    headers: Mapping[str, str | Sequence[str]] | None = None,
    peer: str = CLIENT,
    secure: bool = False,
    cookies: Mapping[str, str] = MappingProxyType({}),
) -> Asked:
    known = {
        name.lower(): [values] if isinstance(values, str) else list(values)
        for name, values in (headers or {}).items()
    }
    return Asked(peer, secure, lambda name: known.get(name.lower(), []), cookies)


def by_proxy(**more: Any) -> Gate:
    settings = {"mode": "proxy", "proxy_addresses": [f"{PROXY}/32", "2001:db8::/64"], **more}
    return Gate(AccessSettings.model_validate(settings))


def test_without_a_decision_whoever_is_here_sees_everything() -> None:
    identity = Gate(AccessSettings()).caller(asked()).identity
    assert identity == Identity("local", Role.ADMIN)


def test_a_board_that_was_opened_gives_everybody_the_role_that_was_named() -> None:
    gate = Gate(AccessSettings(everybody_without_login_is="viewer"))
    assert gate.caller(asked()).identity == Identity("everybody", Role.VIEWER)


def test_a_bearer_token(people: People) -> None:
    gate = people.gate()
    for name, role in (("wall-1", Role.VIEWER), ("li-na", Role.LEAD), ("root", Role.ADMIN)):
        found = gate.caller(asked({"Authorization": f"bearer {people.tokens[name]}"})).identity
        assert found == Identity(name, role, f"token:{name}")


@pytest.mark.parametrize("kind", ["Bearer  ", "Bearer", "Bearer{}", "Bearer {} {}", "Bearer x{}"])
def test_what_is_no_bearer_token_opens_nothing(people: People, kind: str) -> None:
    caller = people.gate().caller(
        asked({"Authorization": kind.format(*[people.tokens["root"]] * 2)})
    )
    assert caller.identity is None
    assert caller.wrong


def test_another_kind_of_authorization_is_a_proxys_own(people: People) -> None:
    gate = people.gate()
    assert gate.tokens is not None
    token = gate.tokens.named("root")
    assert token is not None
    basic = {"Authorization": "Basic cm9vdDpyb290"}
    assert gate.caller(asked(basic)).identity is None
    assert (
        gate.caller(asked(basic, cookies={"hotline": gate.sessions.begin(token)})).identity
        is not None
    )


def test_two_authorizations_are_none(people: People) -> None:
    shown = [f"Bearer {people.tokens['root']}", "Bearer x"]
    assert people.gate().caller(asked({"Authorization": shown})).identity is None


def test_nobody(people: People) -> None:
    caller = people.gate().caller(asked())
    assert (caller.identity, caller.wrong, caller.address) == (None, False, CLIENT)


def test_a_sessions_cookie(people: People, clock: Clock) -> None:
    gate = people.gate(clock)
    assert gate.tokens is not None
    token = gate.tokens.named("li-na")
    assert token is not None
    cookie = gate.sessions.begin(token)
    found = gate.caller(asked(cookies={"hotline": cookie}))
    assert found.identity is not None
    assert (found.identity.name, found.identity.role, found.cookie) == ("li-na", Role.LEAD, None)


def test_over_https_only_the_cookie_that_cannot_be_planted_counts(people: People) -> None:
    gate = people.gate()
    assert gate.tokens is not None
    token = gate.tokens.named("root")
    assert token is not None
    cookie = gate.sessions.begin(token)
    assert gate.caller(asked(secure=True, cookies={"hotline": cookie})).identity is None
    assert gate.caller(asked(secure=True, cookies={"__Host-hotline": cookie})).identity is not None
    assert gate.caller(asked(cookies={"__Host-hotline": cookie})).identity is None


def test_a_user_whom_the_proxy_names() -> None:
    gate = by_proxy()
    headers = {"X-Forwarded-User": "li.na@example.org"}
    found = gate.caller(asked(headers, peer=PROXY)).identity
    assert found == Identity("li.na@example.org", Role.VIEWER, f"li.na@example.org {PROXY}")
    for groups, role in (
        ("staff", Role.VIEWER),
        ("staff, hotline-lead", Role.LEAD),
        ("hotline-admin,hotline-lead", Role.ADMIN),
        ("HOTLINE-ADMIN", Role.VIEWER),
    ):
        found = gate.caller(asked({**headers, "X-Forwarded-Groups": groups}, PROXY)).identity
        assert found is not None
        assert found.role is role, groups


@pytest.mark.parametrize("peer", [STRANGER, "10.0.0.6", "", "rubbish", "2001:db8:0:1::1"])
def test_the_same_header_from_anybody_else_is_not_read(peer: str) -> None:
    headers = {"X-Forwarded-User": "root", "X-Forwarded-Groups": "hotline-admin"}
    assert by_proxy().caller(asked(headers, peer)).identity is None


@pytest.mark.parametrize("peer", [PROXY, f"::ffff:{PROXY}", "2001:db8::77"])
def test_addresses_of_a_proxy(peer: str) -> None:
    assert by_proxy().caller(asked({"X-Forwarded-User": "a"}, peer)).identity is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-User": ["root", "li-na"]},
        {"X-Forwarded-User": "li-na", "X-Forwarded-Groups": ["hotline-admin", "staff"]},
        {"X-Forwarded-User": ""},
        {"X-Forwarded-User": "x" * 201},
        {"X-Forwarded-User": "a\x00b"},
        {"X-Forwarded-Groups": "hotline-admin"},
    ],
)
def test_what_a_proxy_should_not_pass_on_names_nobody(headers: dict[str, Any]) -> None:
    assert by_proxy().caller(asked(headers, PROXY)).identity is None


def test_behind_a_proxy_a_token_works_where_there_is_a_file(people: People) -> None:
    gate = people.gate(mode="proxy", proxy_addresses=(PROXY,), session_key=None)
    shown = {"Authorization": f"Bearer {people.tokens['root']}"}
    for peer in (PROXY, STRANGER):
        found = gate.caller(asked(shown, peer)).identity
        assert found == Identity("root", Role.ADMIN, "token:root")


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"{STRANGER}, {CLIENT}", CLIENT),
        (PROXY, [STRANGER, CLIENT], CLIENT),
        (PROXY, f"{CLIENT}, {PROXY}", CLIENT),
        (PROXY, "rubbish", PROXY),
        (PROXY, f"rubbish, {PROXY}", PROXY),
        (PROXY, "", PROXY),
        (STRANGER, CLIENT, STRANGER),
    ],
)
def test_the_address_is_the_nearest_one_that_is_no_proxy_of_ours(
    peer: str, said: str | list[str], address: str
) -> None:
    assert by_proxy().caller(asked({"X-Forwarded-For": said}, peer)).address == address


def test_https_is_the_connections_or_what_the_proxy_says() -> None:
    gate, says = by_proxy(), {"X-Forwarded-Proto": "https"}
    assert gate.caller(asked(secure=True)).https
    assert gate.caller(asked(says, PROXY)).https
    assert not gate.caller(asked(says, STRANGER)).https
    assert not gate.caller(asked({"X-Forwarded-Proto": ["http", "https"]}, PROXY)).https


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:80"])
def test_without_a_login_only_loopbacks_own_names_are_served(host: str) -> None:
    gate = Gate(AccessSettings())
    assert gate.serves([host])
    for foreign in ("evil.example", "127.0.0.1.evil.example", "localhost:80:80", "", "a b", "[::1"):
        assert not gate.serves([foreign]), foreign
    assert not gate.serves([])
    assert not gate.serves([host, "evil.example"])


def test_names_that_are_set_are_the_only_ones(people: People) -> None:
    gate = people.gate(hosts=("board.example",))
    assert gate.serves(["Board.Example:443"])
    assert not gate.serves(["evil.example"])
    assert people.gate().serves(["any.example"])
