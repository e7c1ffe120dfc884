"""docs/standards.md says what the data say."""

import re
from pathlib import Path

from streams.core.chats import CHAT_DEFINITIONS
from streams.core.definitions import DEFINITIONS
from streams.standards.documentation import page
from streams.standards.presets import NAMES, figures, preset

PAGE = Path(__file__).parents[2] / "docs" / "standards.md"
VERSIONS = {one.id: one.version for one in (*DEFINITIONS, *CHAT_DEFINITIONS)}


def test_the_page_is_up_to_date() -> None:
    rebuild = "hotline standards --markdown > docs/standards.md"
    assert PAGE.read_text(encoding="utf-8") == page(VERSIONS), rebuild


def test_each_norm_and_each_figure_has_its_row() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`: ", text, re.MULTILINE)
    assert rows == [norm.id for name in NAMES for norm in preset(name).norms]
    assert re.findall(r"^\| `(\w+)`(?: \S+)? \| ", text, re.MULTILINE) == list(figures())


def test_a_row_is_proved_or_has_no_value() -> None:
    rows = [row for row in PAGE.read_text(encoding="utf-8").splitlines() if "`: " in row[:60]]
    proofs = [row.rstrip(" |").rpartition(" | ")[2] for row in rows if row.startswith("| `")]
    assert all(proof.startswith(("`tests/", "no value: ")) for proof in proofs)
    assert len(proofs) == 74
    assert sum(proof.startswith("`tests/") for proof in proofs) == 5


def test_the_tables_have_their_columns() -> None:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            assert line.count("|") in {4, 6}, line
