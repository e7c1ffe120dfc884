"""What `[ami]` decides by itself."""

import pytest

from streams.config.ami import AmiSettings


@pytest.mark.parametrize(
    ("given", "gives_way"),
    [
        ({}, False),
        ({"secret": "x"}, True),
        ({"secret": "x", "beside_queue_log": False}, False),
        ({"beside_queue_log": True}, True),
    ],
)
def test_the_queue_log_gives_way_where_ami_can_be_reached(
    given: dict[str, object], gives_way: bool
) -> None:
    assert AmiSettings.model_validate(given).is_beside_queue_log is gives_way


def test_the_secret_is_not_printed() -> None:
    made = AmiSettings.model_validate({"secret": "hunter2"})
    assert "hunter2" not in f"{made!r} {made.model_dump()}"
    assert made.secret_text() == "hunter2"
