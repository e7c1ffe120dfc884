"""A Kafka that wants TLS and a user: certificates for an afternoon, a password, and a token."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from kafka.admin import KafkaAdminClient, ScramMechanism, UserScramCredentialUpsertion

from streams.broker import EmbeddedKafka, Listener
from streams.broker.ports import free_port

USER, PASSWORD = "hotline", "correct-horse-battery"
LOGIN = "org.apache.kafka.common.security"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
SAN = "subjectAltName=IP:127.0.0.1"


class Secured(NamedTuple):
    """Where it listens, whom it trusts, and a file with a token that it takes."""

    bootstrap: str
    authority: Path
    token: Path

    def with_password(self, **other: object) -> dict[str, object]:
        """The settings of a client with SCRAM."""
        return {
            **self._tls(),
            "HOTLINE_KAFKA__SASL_MECHANISM": "SCRAM-SHA-512",
            "HOTLINE_KAFKA__SASL_USERNAME": USER,
            "HOTLINE_KAFKA__SASL_PASSWORD": PASSWORD,
            **other,
        }

    def with_token(self) -> dict[str, object]:
        """The settings of a client with OAUTHBEARER."""
        return {
            **self._tls(),
            "HOTLINE_KAFKA__SASL_MECHANISM": "OAUTHBEARER",
            "HOTLINE_KAFKA__SASL_PASSWORD_FILE": self.token,
        }

    def _tls(self) -> dict[str, object]:
        return {
            "HOTLINE_KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
            "HOTLINE_KAFKA__SSL_CAFILE": self.authority,
        }


def openssl(*arguments: object) -> None:
    """Run it; the test fails with its words."""
    program = shutil.which("openssl")
    if program is None:
        pytest.fail("openssl is missing. On Debian: apt-get install openssl", pytrace=False)
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def authority(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that may sign others, and its key."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    made = ("-x509", *NEW_KEY, "-nodes", "-days", 2, "-subj", f"/CN={name}")
    openssl("req", *made, "-keyout", key, "-out", pem)
    return pem, key


def signed(folder: Path, signer: tuple[Path, Path]) -> Path:
    """One file with the broker's key and certificate, for 127.0.0.1."""
    key, request, pem = (folder / f"broker.{ending}" for ending in ("key", "csr", "pem"))
    asked = (*NEW_KEY, "-nodes", "-subj", "/CN=broker")
    openssl("req", *asked, "-keyout", key, "-out", request)
    names = folder / "names"
    names.write_text(SAN)
    by = ("-CA", signer[0], "-CAkey", signer[1], "-CAcreateserial", "-days", 2, "-extfile", names)
    openssl("x509", "-req", "-in", request, *by, "-out", pem)
    both = folder / "both.pem"
    both.write_text(key.read_text() + pem.read_text())
    return both


def token(folder: Path) -> Path:
    """A token of the kind that Kafka takes where nobody signs tokens, for the day."""
    now_s = int(time.time())
    claims = {"sub": USER, "iat": now_s, "exp": now_s + 86_400}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none"}, claims)
    ]
    file = folder / "token"
    file.write_text(".".join([*parts, ""]))
    return file


@contextmanager
def secured_kafka(folder: Path) -> Iterator[Secured]:
    """A broker with both mechanisms; its plain listener is for itself and for making the user."""
    signer = authority(folder, "authority")
    listener = Listener("SECURED", free_port(), "SASL_SSL")
    at = f"listener.name.{listener.name.lower()}"
    properties = {
        f"{at}.ssl.keystore.type": "PEM",
        f"{at}.ssl.keystore.location": str(signed(folder, signer)),
        f"{at}.sasl.enabled.mechanisms": "SCRAM-SHA-512,OAUTHBEARER",
        f"{at}.scram-sha-512.sasl.jaas.config": f"{LOGIN}.scram.ScramLoginModule required;",
        f"{at}.oauthbearer.sasl.jaas.config": (
            f"{LOGIN}.oauthbearer.OAuthBearerLoginModule required "
            'unsecuredLoginStringClaim_sub="broker";'
        ),
    }
    with EmbeddedKafka(
        folder / "kafka", heap_mb=256, listeners=[listener], properties=properties
    ) as kafka:
        user = UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_512, PASSWORD)
        with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
            admin.alter_user_scram_credentials([user])
        yield Secured(f"127.0.0.1:{listener.port}", signer[0], token(folder))
