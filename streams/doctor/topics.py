"""Judges the topics against what `hotline provision` would make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streams.doctor.findings import Finding, Severity, listing, ok, problem
from streams.provisioning import Difference

# Wrong, these lose records, refuse them, or make figures wrong; the others cost disk or time.
GRAVE = frozenset(
    {
        "partitions",
        "cleanup.policy",
        "message.timestamp.type",
        "retention.ms",
        "retention.bytes",
        "max.message.bytes",
    }
)
# More of these than wanted harms nobody.
_MORE_IS_FINE = frozenset({"retention.ms", "retention.bytes", "max.message.bytes", "replication"})
PROVISION = "run `hotline provision`"


def check_topics(found: Mapping[str, tuple[Difference, ...] | None]) -> list[Finding]:
    """One finding for what is missing and one for each setting that differs."""
    missing = [name for name, differences in found.items() if differences is None]
    findings = []
    if missing:
        words = f"topics missing: {listing(missing)}"
        findings.append(problem("topics-missing", words, PROVISION))
    for name, differences in found.items():
        findings += list(_differing(name, differences or ()))
    return findings or [ok("topics", f"all {len(found)} topics are as they should be")]


def _differing(name: str, differences: tuple[Difference, ...]) -> Iterator[Finding]:
    for each in differences:
        grave = each.setting in GRAVE and not _is_more(each)
        yield Finding(
            f"topic-{each.setting}",
            Severity.PROBLEM if grave else Severity.WARNING,
            f"{name}: {each.setting} is {each.found}, expected {each.wanted}",
            _advice(each),
        )


def _is_more(each: Difference) -> bool:
    """Whether there is only more than wanted; -1 is Kafka's word for without limit."""
    if each.setting not in _MORE_IS_FINE or not each.found.lstrip("-").isdigit():
        return False
    found, wanted = int(each.found), int(each.wanted)
    return wanted != -1 and (found == -1 or found > wanted)


def _advice(each: Difference) -> str:
    if each.setting == "partitions":
        return (
            f"set kafka.partitions to {each.found} if all input topics have as many; "
            "else make new topics under another kafka.topic_prefix"
        )
    if each.setting == "replication":
        return "have Kafka's own tool move the partitions, or set kafka.replication"
    return PROVISION
