import pytest

from tests.config.conftest import Load, Refuse


def test_an_address_loses_its_last_slash(loaded: Load) -> None:
    settings = loaded('[dashboards]\nboard_url = "https://board.example/"').dashboards
    assert settings.board_url == "https://board.example"


def test_runbooks_may_lie_in_a_folder(loaded: Load) -> None:
    assert loaded().dashboards.runbooks_url == "docs/runbooks"
    found = loaded('[dashboards]\nrunbooks_url = "https://wiki.example/值班/"').dashboards
    assert found.runbooks_url == "https://wiki.example/值班"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("board_url", "board.example"),
        ("grafana_url", "https://a b"),
        ("grafana_url", "https://{{ $value }}"),
        ("runbooks_url", "{{ $value }}"),
        ("runbooks_url", ""),
    ],
)
def test_what_is_no_address_is_refused(refused: Refuse, key: str, text: str) -> None:
    error = refused(f'[dashboards]\n{key} = "{text}"')
    assert error.key == f"dashboards.{key}"
    assert "a web address" in error.expected
    assert error.line == 2
