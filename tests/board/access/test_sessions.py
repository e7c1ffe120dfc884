"""Sessions: how long, renewed by what, ended by what, and that none can be made up."""

import base64
import hashlib
import hmac

import pytest

from streams.board.access.sessions import DAY_S, Sessions
from streams.board.access.tokens import Token, Tokens
from tests.board.access.people import KEY, OTHER_KEY, Clock, People

Ground = tuple[Sessions, Tokens, Token]


@pytest.fixture
def ground(people: People, clock: Clock) -> Ground:
    tokens = Tokens(people.path, clock)
    token = tokens.named("li-na")
    assert token is not None
    return Sessions([KEY.encode()], 180, clock), tokens, token


def test_the_cookie_is_signed_with_hmac_sha256(ground: Ground, clock: Clock) -> None:
    sessions, _, token = ground
    name, session, issued, mac = sessions.begin(token).split(".")
    assert (name, int(issued)) == ("li-na", clock.now_s)
    said = f"hotline session 1|li-na|{session}|{issued}|{token.digest}"
    expected = hmac.new(KEY.encode(), said.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(mac + "=") == expected


def test_it_outlives_the_board(ground: Ground, clock: Clock) -> None:
    sessions, tokens, token = ground
    cookie = sessions.begin(token)
    found = Sessions([KEY.encode()], 180, clock).read(cookie, tokens)
    assert found is not None
    assert (found.token, found.due) == (token, False)


def test_use_renews_it_for_ever_and_idleness_ends_it(ground: Ground, clock: Clock) -> None:
    sessions, tokens, token = ground
    cookie = sessions.begin(token)
    number = cookie.split(".")[1]
    for _ in range(40):
        clock.now_s += 100 * DAY_S
        found = sessions.read(cookie, tokens)
        assert found is not None
        assert found.due
        assert found.id == number
        cookie = sessions.renew(found)
    clock.now_s += 180 * DAY_S
    assert sessions.read(cookie, tokens) is None


def test_it_ends_with_its_token(ground: Ground, people: People, clock: Clock) -> None:
    sessions, tokens, token = ground
    cookie = sessions.begin(token)
    people.write("root", "wall-1")
    clock.now_s += 1
    assert sessions.read(cookie, tokens) is None
    people.write("root", "li-na")
    clock.now_s += 1
    assert sessions.read(cookie, tokens) is not None


def test_another_token_of_the_same_name_is_another_session(ground: Ground) -> None:
    sessions, tokens, token = ground
    assert sessions.read(sessions.begin(token._replace(digest="0" * 64)), tokens) is None


def test_a_key_can_be_changed_without_signing_anybody_out(ground: Ground, clock: Clock) -> None:
    before, tokens, token = ground
    cookie = before.begin(token)
    both = Sessions([OTHER_KEY.encode(), KEY.encode()], 180, clock)
    found = both.read(cookie, tokens)
    assert found is not None
    assert found.due
    after = Sessions([OTHER_KEY.encode()], 180, clock)
    assert after.read(both.renew(found), tokens) is not None
    assert after.read(cookie, tokens) is None


def test_none_can_be_made_up(ground: Ground, clock: Clock) -> None:
    sessions, tokens, token = ground
    good = sessions.begin(token)
    name, session, issued, mac = good.split(".")
    foreign = Sessions([OTHER_KEY.encode()], 180, clock)
    for wrong in (
        "",
        "....",
        good[:-1],
        good + "A",
        good.swapcase(),
        f"root.{session}.{issued}.{mac}",
        f"{name}.{'0' * 16}.{issued}.{mac}",
        f"{name}.{session}.{int(issued) + 1}.{mac}",
        f"{name}.{session}.-1.{mac}",
        f"{name}.{session}.{'9' * 12}.{mac}",
        f"{name}.{session}.{'٣' * 9}.{mac}",
        f"{name}.{session}.{issued}.",
        f"{name}.{session}.{issued}.{'A' * 43}",
        foreign.begin(token),
        "a" * 1_000_000,
    ):
        assert sessions.read(wrong, tokens) is None, wrong[:80]
