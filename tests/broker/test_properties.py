"""What the node is told, as text; Java's own reading of it is the live tests' affair."""

from pathlib import Path

import pytest

from streams.broker import BrokerError, Listener
from streams.broker.properties import as_java_properties, node_properties


def test_one_address_for_clients_and_one_for_the_controller() -> None:
    settings = node_properties(Path("/data"), 9092, 9093)
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:9092"
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:9093"
    assert settings["log.dirs"] == "/data"


def test_further_listeners_are_served_advertised_and_mapped() -> None:
    settings = node_properties(Path("/data"), 1, 2, [Listener("SASL", 3, "SASL_SSL")])
    assert "SASL://127.0.0.1:3" in settings["listeners"]
    assert "SASL://127.0.0.1:3" in settings["advertised.listeners"]
    assert "SASL:SASL_SSL" in settings["listener.security.protocol.map"]


def test_extra_properties_win() -> None:
    settings = node_properties(Path("/data"), 1, 2, extra={"num.io.threads": "9"})
    assert settings["num.io.threads"] == "9"


def test_what_folder_port_and_listeners_decide_is_no_property() -> None:
    with pytest.raises(BrokerError, match="listeners"):
        node_properties(Path("/data"), 1, 2, extra={"listeners": "PLAINTEXT://0.0.0.0:1"})


def test_a_folder_is_one_folder() -> None:
    with pytest.raises(BrokerError, match="/a,b: a folder without a comma"):
        node_properties(Path("/a,b"), 1, 2)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("/plain/path-1_2.x", "/plain/path-1_2.x"),
        ("a b", r"a\u0020b"),
        (r"back\slash", r"back\u005cslash"),
        ("two\nlines", r"two\u000alines"),
        ("数据", r"\u6570\u636e"),
        ("\N{TELEPHONE RECEIVER}", r"\ud83d\udcde"),
        ("#k=v:!", r"\u0023k\u003dv\u003a\u0021"),
    ],
)
def test_java_reads_back_what_was_meant(value: str, written: str) -> None:
    assert as_java_properties({"key": value}) == f"key={written}\n"
