"""Named limits, as the design has them."""

from streams.core import limits
from streams.core.limits import Rules


def test_the_limits_are_those_of_the_documents() -> None:
    rules = Rules()
    assert rules.allowed_lateness_ms == 15 * 60_000
    assert rules.future_ms == 60_000
    assert rules.max_disorder_ms == 5_000
    assert rules.waiting_timeout_ms == 2 * 3_600_000
    assert rules.talking_timeout_ms == 4 * 3_600_000
    assert (rules.queues_max, rules.contacts_max) == (500, 100_000)
    assert rules.zone_of("main", "q") == "UTC"


def test_what_is_kept_and_how_long() -> None:
    assert limits.MINUTES_KEPT_MS == 2 * 3_600_000
    assert limits.QUARTERS_KEPT_MS == 50 * 3_600_000  # two days of 25 hours
    assert limits.DAYS_KEPT == 40
    assert limits.DURATION_MS_MAX == 40 * 86_400_000
    assert limits.TIMED_OUT_KEPT_MS == 86_400_000
    assert limits.RINGS_PER_CONTACT_MAX < limits.EVENTS_PER_CONTACT_MAX


def test_a_source_may_have_its_own_disorder() -> None:
    rules = Rules(disorder_by_source={"slow": 60_000})
    assert (rules.disorder_of("slow"), rules.disorder_of("other")) == (60_000, 5_000)
