import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worker.running import ROOT


def run(folder: Path, configuration: str) -> tuple[int, str]:
    path = folder / "hotline.toml"
    path.write_text(configuration)
    command = [sys.executable, "-m", "streams.worker", str(path)]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return ended.returncode, ended.stderr


def test_a_health_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, words = run(tmp_path, f"[worker]\nhealth_port = {port}\n")
    assert code == 1
    assert f"health port 127.0.0.1:{port}: " in words
    assert "Set worker.health_host and worker.health_port" in words
    assert "Traceback" not in words


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ("[worker]\nhealth_prot = 1\n", "health_prot"),
        (
            '[kafka]\nsecurity_protocol = "SSL"\nssl_cafile = "/nowhere.pem"\n',
            "kafka.ssl_cafile: expected PEM files that can be read",
        ),
    ],
)
def test_a_bad_configuration_is_exit_code_two(
    tmp_path: Path, configuration: str, words: str
) -> None:
    code, said = run(tmp_path, configuration)
    assert code == 2
    assert words in said
    assert "Traceback" not in said
