"""What Makefile and scripts say in a bare clone when something is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.repository import ROOT

TOOLS = ("bash", "sh", "id", "touch", "rm", "make", "dirname", "mktemp", "tee", "grep")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the Makefile and a PATH of only a shell's tools."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"{tool} is not installed")
        (tmp_path / "bin" / tool).symlink_to(found)
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    """Put a made-up program on the PATH."""
    path = folder / "bin" / name
    path.write_text(f"#!{shutil.which('bash')}\n{text}\n")
    path.chmod(0o755)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing on its PATH but the folder's."""
    environment = {"PATH": str(folder / "bin"), "HOME": str(folder)}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_python_it_says_what_is_needed(bare: Path) -> None:
    ended = run(bare, "make", "demo")
    assert ended.returncode != 0
    assert "Python 3.11 or newer is needed" in ended.stderr
    assert "make PYTHON=" in ended.stderr


def test_an_older_python_is_refused(bare: Path) -> None:
    program(bare, "python3", '[ "$1" = --version ] && echo "Python 3.9.2" && exit; exit 1')
    for command in (("make", "demo"), ("make", "demo", "PYTHON=python3")):
        ended = run(bare, *command)
        assert ended.returncode != 0
        assert "Python 3.11 or newer is needed (found: Python 3.9.2)" in ended.stderr


def test_a_newer_python_is_found_by_its_name(bare: Path) -> None:
    program(bare, "python3", "exit 1")
    program(bare, "python3.11", f'exec {sys.executable} "$@"')
    ended = run(bare, "make", "-n", "demo")
    assert '"python3.11" -m venv .venv' in ended.stdout


def test_a_second_call_installs_nothing(bare: Path) -> None:
    (bare / ".venv" / "bin").mkdir(parents=True)
    (bare / ".venv" / ".installed").touch()
    os.utime(bare / "pyproject.toml", (0, 0))
    ended = run(bare, "make", "-n", "demo")
    assert "pip" not in ended.stdout
    assert "hotline demo" in ended.stdout


def test_missing_programs_are_named(bare: Path) -> None:
    (bare / "bin" / "id").unlink()
    program(bare, "id", "echo 1000")
    program(bare, "chromium", "exit 0")
    ended = run(bare, "bash", ".ci/system-packages")
    assert ended.returncode == 1
    assert "apt-get install prometheus prometheus-alertmanager" in ended.stderr


def test_root_installs_the_missing_programs(bare: Path) -> None:
    (bare / "bin" / "id").unlink()
    program(bare, "id", "echo 0")
    program(bare, "apt-get", 'echo "apt-get $*"')
    ended = run(bare, "bash", ".ci/system-packages")
    assert ended.returncode == 0
    assert "chromium prometheus prometheus-alertmanager" in ended.stdout.splitlines()[-1]


def test_nothing_is_said_when_all_is_there(bare: Path) -> None:
    for name in ("chromium", "prometheus", "promtool", "prometheus-alertmanager", "amtool"):
        program(bare, name, "exit 0")
    ended = run(bare, "bash", ".ci/system-packages")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize("status", [0, 2])
def test_the_full_run_ends_with_pytests_closing_lines(bare: Path, status: int) -> None:
    (bare / "bin" / "make").unlink()
    lines = '; echo "2 passed in 1.5s"; echo "1 failed, 3 passed in 75.2s (0:01:15)"; echo end'
    program(
        bare,
        "make",
        f'echo "make $* with data at ${{HOTLINE_DATA:-nowhere}}"{lines}; exit {status}',
    )
    ended = run(bare, "bash", ".ci/run")
    assert ended.returncode == status
    assert ended.stdout.startswith("make test with data at nowhere\n")
    closing = ended.stdout.split("--- closing lines\n")[1].splitlines()
    assert closing == ["2 passed in 1.5s", "1 failed, 3 passed in 75.2s (0:01:15)"]


def test_the_full_run_uses_recordings_beside_the_clone(bare: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(bare / ".ci", clone / ".ci")
    (tmp_path / "shared" / "data").mkdir(parents=True)
    (bare / "bin" / "make").unlink()
    program(bare, "make", 'echo "data at $HOTLINE_DATA"; echo "1 passed in 1.0s"')
    ended = run(bare, "bash", str(clone / ".ci" / "run"))
    assert ended.stdout.startswith(f"data at {tmp_path}/shared/data\n")
