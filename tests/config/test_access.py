"""Who may look: a board that strangers can reach is refused until somebody has decided."""

import pytest

from streams.config.access import AccessSettings, is_loopback
from tests.config.conftest import Load, Refuse

KEY = "0123456789abcdef-0123456789-key-one"
LOGIN = f'[access]\nmode = "token"\ntokens_file = "tokens.toml"\nsession_key = "{KEY}"\n'


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "board.example", "2001:db8::1"])
def test_a_board_open_to_strangers_is_refused(refused: Refuse, host: str) -> None:
    error = refused(f'[board]\nport = 80\nhost = "{host}"\n')
    assert (error.key, error.line) == ("board.host", 3)
    assert "access.mode" in error.expected
    assert "access.everybody_without_login_is" in error.expected
    assert host in error.found


def test_the_variable_is_named_where_it_came_from_there(refused: Refuse) -> None:
    error = refused(HOTLINE_BOARD__HOST="0.0.0.0")
    assert error.file == "environment variable HOTLINE_BOARD__HOST"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_decision(loaded: Load, host: str) -> None:
    assert is_loopback(host)
    assert not loaded(f'[board]\nhost = "{host}"\n').access.decided


@pytest.mark.parametrize(
    "access",
    [
        LOGIN,
        '[access]\nmode = "proxy"\nproxy_addresses = ["10.0.0.5"]\n',
        '[access]\neverybody_without_login_is = "viewer"\n',
    ],
)
def test_each_decision_opens_the_address(loaded: Load, access: str) -> None:
    assert loaded(f'[board]\nhost = "0.0.0.0"\n{access}').access.decided


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('mode = "token"', "tokens_file", "a file"),
        ('mode = "token"\ntokens_file = "t"', "session_key", "a key (or session_key_file)"),
        ('mode = "proxy"', "proxy_addresses", "the proxies' addresses"),
        ('mode = "proxy"\nproxy_addresses = ["proxy"]', "proxy_addresses", "10.0.0.0/24"),
        ('proxy_addresses = ["10.0.0.5/24"]', "proxy_addresses", "10.0.0.0/24"),
        ('proxy_user_header = "a b"', "proxy_user_header", "only"),
        ("session_days = 401", "session_days", "at most 400"),
        (f'session_key = "{"ab" * 30}"', "session_key", "32 random characters"),
        (f'session_key = "{KEY} short"', "session_key", "32 random characters"),
        (
            LOGIN.removeprefix("[access]\n") + 'everybody_without_login_is = "viewer"',
            "everybody_without_login_is",
            'no such key while mode is "token"',
        ),
    ],
)
def test_what_is_not_whole_is_refused(refused: Refuse, text: str, key: str, expected: str) -> None:
    error = refused(f"[access]\n{text}\n")
    assert error.key == f"access.{key}"
    assert expected in error.expected
    assert KEY not in str(error)


def test_several_keys_of_sessions(loaded: Load) -> None:
    found = loaded(LOGIN.replace(KEY, f"{KEY[::-1]} {KEY}")).access
    assert found.session_keys() == (KEY[::-1].encode(), KEY.encode())
    assert KEY not in repr(found)
    assert AccessSettings().session_keys() == ()
