"""What listens beyond this machine needs a secret; secrets come from files and are not printed."""

from pathlib import Path

import pytest

from streams.config.errors import ConfigError
from streams.config.loading import load
from streams.config.push import is_loopback


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("10.0.0.1", False), ("example.org", False)],
)  # fmt: skip
def test_this_machine_only(host: str, own: bool) -> None:
    assert is_loopback(host) is own


@pytest.mark.parametrize("section", ["onebot", "chatwoot"])
def test_no_listening_to_others_without_a_secret(section: str) -> None:
    with pytest.raises(ConfigError, match=f"{section}.host: expected 127.0.0.1"):
        load(environ={f"HOTLINE_{section.upper()}__HOST": "0.0.0.0"})


@pytest.mark.parametrize(
    ("section", "key"),
    [("onebot", "secret"), ("onebot", "token"), ("chatwoot", "secret"), ("chatwoot", "path_token")],
)
def test_a_secret_from_a_file(section: str, key: str, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("0123456789abcdef\n", encoding="utf-8")
    made = load(
        environ={
            f"HOTLINE_{section.upper()}__HOST": "0.0.0.0",
            f"HOTLINE_{section.upper()}__{key.upper()}_FILE": str(path),
        }
    )
    assert getattr(getattr(made, section), key).get_secret_value() == "0123456789abcdef"
    assert "0123456789abcdef" not in repr(made)


def test_who_only_connects_listens_to_nobody() -> None:
    environ = {"HOTLINE_ONEBOT__HOST": "0.0.0.0", "HOTLINE_ONEBOT__LISTEN": "false"}
    with pytest.raises(ConfigError, match=r"onebot\.listen: expected true, or an onebot\.url"):
        load(environ=environ)
    assert load(environ={**environ, "HOTLINE_ONEBOT__URL": "ws://127.0.0.1:3001/"}).onebot.url


@pytest.mark.parametrize("url", ["http://127.0.0.1:3001", "ws://", "ws://a b"])
def test_what_is_no_websocket(url: str) -> None:
    with pytest.raises(ConfigError, match=r"onebot\.url"):
        load(environ={"HOTLINE_ONEBOT__URL": url})
