"""Secrets that are none, and that they are never repeated."""

import pytest

from streams.config.secrets import DEMO_CUSTOMER_KEY, weakness
from tests.config.conftest import Load, Refuse


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        ("x", "fewer than 16 characters"),
        ("0" * 32, "fewer than 8 different characters"),
        ("abcabcabcabcabcabcabc", "fewer than 8 different characters"),
        (DEMO_CUSTOMER_KEY.decode(), "the demo's key, which is public"),
        ("ChangeMe-0123456789", "the word of an example"),
        ("my-password-is-long", "the word of an example"),
    ],
)
def test_a_weak_secret(secret: str, found: str) -> None:
    assert weakness(secret, 16) == found


@pytest.mark.parametrize("secret", ["Zs8-kQ1_vT7hWm3x", "seven different wolves"])
def test_a_strong_one(secret: str) -> None:
    assert weakness(secret, 16) is None


@pytest.mark.parametrize("secret", ["1" * 20, DEMO_CUSTOMER_KEY.decode(), "changeme-changeme-1"])
def test_a_weak_customer_key_is_refused_and_not_shown(refused: Refuse, secret: str) -> None:
    error = refused(f'[source]\ncustomer_key = "{secret}"\n')
    assert (error.key, error.line) == ("source.customer_key", 2)
    assert "16 random characters" in error.expected
    assert secret not in str(error)


def test_without_any_key_a_source_is_refused_and_the_rest_is_not(loaded: Load) -> None:
    assert loaded().source.customer_key is None
