import ssl
from pathlib import Path
from typing import Any

import faust
from faust.auth import OAuthCredentials
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from streams.config import KafkaSettings
from streams.worker.security import client_options, credentials


def settings(**values: Any) -> KafkaSettings:
    return KafkaSettings(**values)


def faust_words(kafka: KafkaSettings) -> dict[str, Any]:
    return dict(credentials_to_aiokafka_auth(credentials(kafka.security())))


def test_nothing_is_asked_for() -> None:
    assert credentials(settings().security()) is None
    assert client_options(settings())["security_protocol"] == "PLAINTEXT"


def test_tls() -> None:
    kafka = settings(security_protocol="SSL")
    assert isinstance(credentials(kafka.security()), faust.SSLCredentials)
    words = faust_words(kafka)
    assert words["security_protocol"] == client_options(kafka)["security_protocol"] == "SSL"
    assert isinstance(words["ssl_context"], ssl.SSLContext)


def test_a_user_with_and_without_tls() -> None:
    for protocol in ("SASL_PLAINTEXT", "SASL_SSL"):
        kafka = settings(
            security_protocol=protocol,
            sasl_mechanism="SCRAM-SHA-512",
            sasl_username="worker",
            sasl_password="hush",
        )
        for words in (faust_words(kafka), client_options(kafka)):
            assert words["security_protocol"] == protocol
            assert words["sasl_mechanism"] == "SCRAM-SHA-512"
            assert words["sasl_plain_username"] == "worker"
            assert words["sasl_plain_password"] == "hush"
            assert (words["ssl_context"] is not None) == (protocol == "SASL_SSL")


async def test_a_token_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    kafka = settings(
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="OAUTHBEARER",
        sasl_password="first",
        sasl_password_file=file,
    )
    assert isinstance(credentials(kafka.security()), OAuthCredentials)
    provider = client_options(kafka)["sasl_oauth_token_provider"]
    assert await provider.token() == "first"
    file.write_text("second")
    assert await provider.token() == "second"
    assert faust_words(kafka)["sasl_mechanism"] == "OAUTHBEARER"
