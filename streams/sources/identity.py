"""What a second reading gives again: identities of records, and of customers without numbers."""

from __future__ import annotations

import hashlib
import hmac
import re

_ID_BYTES = (
    9  # 72 bits: a billion records of one contact would not collide, and it prints as 18 digits
)
_CUSTOMER_BYTES = 12
_NOT_DIGITS = re.compile(r"\D")
# A number shorter than this says "anonymous" or is an extension's misuse of the field.
_NUMBER_DIGITS_MIN = 3


# Writers' threads overtake each other: a second may come back after the next one has begun.
_SECONDS_KEPT = 3
# Lines without a time are no log's: told apart as long as they are few enough to remember.
_UNTIMED_MAX = 100_000


class RecordIds:
    """Ids of records: hash of source, bytes, and ordinal among identical records.

    A queue log's records carry their second, so identical ones are of one second: a copy of a file
    gives the same ids again, and a true repetition within a file gets one of its own. One instance
    per file.
    """

    def __init__(self, source: str) -> None:
        self._key = source.encode()[:64]
        self._recent: dict[str, dict[str, int]] = {}
        self._untimed: dict[str, int] = {}

    def dump(self) -> dict[str, dict[str, int]]:
        """The newest seconds and their records' counts, as JSON."""
        return self._recent

    def load(self, stored: dict[str, dict[str, int]]) -> None:
        """Go on from what `dump` gave."""
        self._recent = {second: dict(counts) for second, counts in stored.items()}

    def of(self, record: bytes, second: str) -> str:
        """The id of a record of that second; "" where it names none."""
        counts = self._counts(second)
        digest = self._hash(record)
        ordinal = counts.get(digest, 0)
        counts[digest] = ordinal + 1
        return digest if not ordinal else self._hash(record + b"#%d" % ordinal)

    def _counts(self, second: str) -> dict[str, int]:
        if not second:
            if len(self._untimed) > _UNTIMED_MAX:
                self._untimed.clear()
            return self._untimed
        counts = self._recent.get(second)
        if counts is None:
            counts = self._recent[second] = {}
            if len(self._recent) > _SECONDS_KEPT:
                del self._recent[next(iter(self._recent))]
        return counts

    def alone(self, record: bytes) -> str:
        """The id of a record whose every repetition is a copy."""
        return self._hash(record)

    def _hash(self, record: bytes) -> str:
        return hashlib.blake2b(record, digest_size=_ID_BYTES, key=self._key).hexdigest()


def customer(number: str, key: bytes) -> str | None:
    """A caller's number as a keyed hash (HMAC-SHA-256); None where no number was sent.

    Punctuation, a leading + and leading zeros do not matter. The number itself goes no further.
    """
    digits = _NOT_DIGITS.sub("", number).lstrip("0")
    if len(digits) < _NUMBER_DIGITS_MIN:
        return None
    return hmac.new(key, digits.encode(), hashlib.sha256).digest()[:_CUSTOMER_BYTES].hex()


def hidden(text: str, key: bytes) -> str:
    """Any other text as a keyed hash: the same for the same text, and nobody can guess it back."""
    return hmac.digest(key, b"text:" + text.encode("utf-8", "replace"), "sha256")[
        :_CUSTOMER_BYTES
    ].hex()
