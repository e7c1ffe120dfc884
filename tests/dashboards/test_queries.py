import pytest

from dashboards.queries import filled, panel_queries


def test_both_forms_of_a_variable_are_filled() -> None:
    assert filled('x{site=~"$site",queue=~"${queue:regex}"}[$window]') == (
        'x{site=~".*",queue=~".*"}[30m]'
    )


def test_a_variable_without_a_value_is_refused() -> None:
    with pytest.raises(KeyError, match="agent"):
        filled("$agent")


def test_every_query_comes_with_its_panels_title_and_folded_panels_too() -> None:
    folded = {"title": "b", "targets": [{"expr": "y"}]}
    board = {
        "panels": [
            {"title": "a", "targets": [{"expr": "x[$window]"}, {"expr": "z"}]},
            {"title": "row", "panels": [folded]},
        ]
    }
    assert panel_queries(board, {"window": "5m"}) == [("a", "x[5m]"), ("a", "z"), ("b", "y")]
