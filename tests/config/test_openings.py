import pytest
from pydantic import ValidationError

from streams.config import QueueSettings, Settings

# 2026-03-02 03:00 in Shanghai, a Monday; six hours later it opens.
NIGHT_MS = 1_772_391_600_000
HOUR_MS = 3_600_000


def test_each_queue_has_its_own_hours() -> None:
    qq = QueueSettings(opening_hours=("Mon-Fri 09:00-18:00",))
    rules = Settings(queues={"qq": qq, "bj/qq": QueueSettings()}).rules()
    assert rules.opening_of("main", "qq")(NIGHT_MS) == NIGHT_MS + 6 * HOUR_MS
    assert rules.opening_of("bj", "qq")(NIGHT_MS) == NIGHT_MS
    assert rules.opening_of("main", "web")(NIGHT_MS) == NIGHT_MS
    assert rules.opening_of("main", "qq") is not None


@pytest.mark.parametrize(
    ("key", "words", "expected"),
    [
        ("opening_hours", "Mo 09:00-18:00", "Mon-Fri 09:00-12:00"),
        ("holidays", "yesterday", "2026-10-01"),
        ("special_hours", "2026-10-10", "2026-10-10 09:00-18:00"),
    ],
)
def test_hours_that_cannot_be_read_are_refused(key: str, words: str, expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        QueueSettings.model_validate({key: [words]})
