"""The cluster's settings, and that the client libraries understand what is handed to them."""

import ssl
import subprocess
from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.net.sasl.oauth import AbstractTokenProvider

from streams.config import ConfigError, KafkaSettings
from tests.config.conftest import Load, Refuse

SASL = '[kafka]\nsecurity_protocol = "SASL_SSL"\nsasl_mechanism = '
USER = 'sasl_username = "hotline"\nsasl_password = "correct-horse"\n'


@pytest.mark.parametrize("broker", ["kafka:9092", "10.0.0.1:1", "[::1]:9092", "a-b.example:65535"])
def test_brokers(loaded: Load, broker: str) -> None:
    kafka = loaded(f'[kafka]\nbootstrap = ["{broker}"]').kafka
    assert kafka.broker_urls() == [f"kafka://{broker}"]
    assert kafka.client_options()["bootstrap_servers"] == [broker]


@pytest.mark.parametrize(
    "broker",
    ["kafka", ":9092", "kafka:", "kafka:0", "kafka:65536", "kafka:x", "kafka://a:1", "a b:1", ""],
)
def test_what_is_no_broker(refused: Refuse, broker: str) -> None:
    error = refused(f'[kafka]\nbootstrap = ["kafka:9092", "{broker}"]')
    assert (error.key, error.line) == ("kafka.bootstrap", 2)
    assert "host:port" in error.expected
    assert broker in error.found


@pytest.mark.parametrize("prefix", ["", "a/b", "a b", "热线", "a" * 201])
def test_what_is_no_prefix(refused: Refuse, prefix: str) -> None:
    assert refused(f'[kafka]\ntopic_prefix = "{prefix}"').key == "kafka.topic_prefix"


CONTRADICTIONS = [
    ('ssl_cafile = "ca.pem"', "ssl_cafile", "PLAINTEXT"),
    ('ssl_password = "x"', "ssl_password", "PLAINTEXT"),
    ('sasl_username = "x"', "sasl_username", "PLAINTEXT"),
    ('security_protocol = "SSL"\nsasl_mechanism = "PLAIN"', "sasl_mechanism", "SSL"),
    ('security_protocol = "SASL_PLAINTEXT"', "sasl_mechanism", "a mechanism"),
    ('security_protocol = "SASL_PLAINTEXT"\nssl_cafile = "ca.pem"', "ssl_cafile", "SASL_PLAINTEXT"),
    ('security_protocol = "SASL_SSL"\nsasl_mechanism = "PLAIN"', "sasl_username", "a user"),
    (
        'security_protocol = "SASL_SSL"\nsasl_mechanism = "PLAIN"\nsasl_username = "x"',
        "sasl_password",
        "a password",
    ),
    (
        'security_protocol = "SASL_SSL"\nsasl_mechanism = "OAUTHBEARER"',
        "sasl_password",
        "a password",
    ),
    ('security_protocol = "SSL"\nssl_keyfile = "key.pem"', "ssl_certfile", "the certificate"),
    ("session_timeout_s = 30\nrequest_timeout_s = 30", "request_timeout_s", "session_timeout_s"),
]


@pytest.mark.parametrize(("text", "key", "expected"), CONTRADICTIONS)
def test_settings_that_contradict_each_other(
    refused: Refuse, text: str, key: str, expected: str
) -> None:
    error = refused(f"[kafka]\n{text}")
    assert error.key == f"kafka.{key}"
    assert expected in error.expected
    assert error.line is not None


def test_password_and_file_are_not_both_given(refused: Refuse) -> None:
    error = refused(f'{SASL}"PLAIN"\n{USER}sasl_password_file = "password"')
    assert (error.key, error.found) == ("kafka.sasl_password", "both")


def test_options_of_a_plain_cluster() -> None:
    assert KafkaSettings().client_options() == {
        "bootstrap_servers": ["127.0.0.1:9092"],
        "request_timeout_ms": 30_000,
        "reconnect_backoff_max_ms": 1_000,
        "security_protocol": "PLAINTEXT",
    }
    security = KafkaSettings().security()
    assert (security.protocol, security.ssl_context, security.token) == ("PLAINTEXT", None, None)


def test_options_of_a_cluster_with_a_password(loaded: Load) -> None:
    kafka = loaded(f'{SASL}"SCRAM-SHA-512"\n{USER}').kafka
    options, security = kafka.client_options(), kafka.security()
    assert options["sasl_mechanism"] == security.sasl_mechanism == "SCRAM-SHA-512"
    assert options["sasl_plain_username"] == security.sasl_username == "hotline"
    assert options["sasl_plain_password"] == security.sasl_password == "correct-horse"
    assert isinstance(options["ssl_context"], ssl.SSLContext)
    assert options["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert security.token is None


def test_a_token_is_read_anew(loaded: Load, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    kafka = loaded(f'{SASL}"OAUTHBEARER"\nsasl_password_file = "{file}"').kafka
    provider = kafka.client_options()["sasl_oauth_token_provider"]
    assert isinstance(provider, AbstractTokenProvider)
    assert provider.token() == "first"
    file.write_text("second\n")
    assert provider.token() == "second"
    token = kafka.security().token
    assert token is not None
    assert token() == "second"


def test_a_token_can_stand_in_the_file(loaded: Load) -> None:
    kafka = loaded(f'{SASL}"OAUTHBEARER"\nsasl_password = "token"').kafka
    token = kafka.security().token
    assert token is not None
    assert token() == "token"
    assert "sasl_plain_password" not in kafka.client_options()


@pytest.mark.parametrize("client", [KafkaConsumer, KafkaProducer, KafkaAdminClient])
@pytest.mark.parametrize("mechanism", ["PLAIN", "OAUTHBEARER"])
def test_every_client_knows_the_options(loaded: Load, client: type, mechanism: str) -> None:
    options = loaded(f'{SASL}"{mechanism}"\n{USER}').kafka.client_options()
    assert set(options) <= set(client.DEFAULT_CONFIG)  # type: ignore[attr-defined]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for an afternoon, its key under the password `correct-horse`."""
    key, pem = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=hotline", "-days", "1", "-passout", "pass:correct-horse"]
    outputs = ["-keyout", str(key), "-out", str(pem)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", *subject, *outputs]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return pem, key


def _with_certificate(loaded: Load, pem: Path, key: Path, password: str) -> KafkaSettings:
    return loaded(
        f'[kafka]\nsecurity_protocol = "SSL"\nssl_cafile = "{pem}"\nssl_certfile = "{pem}"\n'
        f'ssl_keyfile = "{key}"\nssl_password = "{password}"'
    ).kafka


def test_an_own_certificate(loaded: Load, certificate: tuple[Path, Path]) -> None:
    context = _with_certificate(loaded, *certificate, "correct-horse").security().ssl_context
    assert context is not None
    assert context.cert_store_stats()["x509"] == 1


def test_a_certificate_with_the_wrong_password(
    loaded: Load, certificate: tuple[Path, Path]
) -> None:
    with pytest.raises(ConfigError, match=r"kafka\.ssl_certfile: expected PEM") as refusal:
        _with_certificate(loaded, *certificate, "battery-staple").security()
    assert "battery-staple" not in str(refusal.value)


def test_a_certificate_that_is_missing(loaded: Load) -> None:
    kafka = loaded('[kafka]\nsecurity_protocol = "SSL"\nssl_cafile = "none.pem"').kafka
    with pytest.raises(ConfigError, match=r"kafka\.ssl_cafile: expected PEM files"):
        kafka.client_options()
