"""`hotline standards`: lists, one object, and words on stderr only for an unknown name."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli import app

NAMES = ["esale", "gas-hotline", "etiquette", "time-standards", "studio"]


@pytest.fixture(autouse=True)
def _unusable_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not be read at all."""
    broken = tmp_path / "hotline.toml"
    broken.write_text("not TOML")
    monkeypatch.setenv("HOTLINE_CONFIG", str(broken))
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["standards", *arguments])


def test_the_list() -> None:
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()[:5]] == NAMES


def test_the_list_as_one_object() -> None:
    found = json.loads(run("--json").stdout)
    assert list(found) == ["presets"]
    assert [one["name"] for one in found["presets"]] == NAMES
    assert [one["norms"] for one in found["presets"]] == [8, 35, 7, 6, 18]
    assert [one["computed"] for one in found["presets"]] == [3, 0, 1, 1, 0]


@pytest.mark.parametrize("name", NAMES)
def test_one_for_people_and_for_programs(name: str) -> None:
    told, done = run(name), run(name, "--json")
    assert (told.exit_code, told.stderr, done.exit_code, done.stderr) == (0, "", 0, "")
    found = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    for norm in found["norms"]:
        assert f"\n{norm['id']}: {norm['wording']} {norm['wording_zh']}\n" in told.stdout
        assert norm["value"] is None
        assert (norm["status"] == "computed") <= bool(norm["fed_by"])
        assert (norm["status"] == "computed") <= (norm["figure"]["version"] is not None)


def test_one_norm_as_an_object() -> None:
    norms = {norm["id"]: norm for norm in json.loads(run("esale", "--json").stdout)["norms"]}
    assert norms["hold_update"] == {
        "id": "hold_update",
        "wording": "Who is put on hold hears from us every 15 seconds.",
        "wording_zh": "保持等待时每 15 秒回应一次。",
        "advisory": False,
        "target": {
            "comparison": "<=",
            "value": 15,
            "upper": None,
            "unit": "s",
            "blank": False,
            "key": None,
        },
        "figure": {"id": "hold_within_rate", "version": None},
        "signals": [
            {"signal": "call.held", "sources": ["asterisk-ami"]},
            {"signal": "call.resumed", "sources": ["asterisk-ami"]},
        ],
        "fed_by": ["asterisk-ami"],
        "status": "not computed",
        "value": None,
        "note": "",
    }


@pytest.mark.parametrize("arguments", [["nope"], [""], ["ESALE"], ["nope", "--json"]])
def test_an_unknown_name(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"standard {arguments[0]!r}: expected one of {', '.join(NAMES)}" in done.stderr


@pytest.mark.parametrize("beside", ["esale", "--json"])
def test_the_page_stands_alone(beside: str) -> None:
    done = run("--markdown", beside)
    assert (done.exit_code, done.stdout) == (2, "")
    page = Path(__file__).parents[2] / "docs" / "standards.md"
    assert run("--markdown").stdout == page.read_text(encoding="utf-8")
