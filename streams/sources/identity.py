"""Identities that a second reading gives again: of records, and of customers without their numbers."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

_ID_BYTES = 9  # 72 bits: a billion records of one contact would not collide, and it prints as 18 digits
_CUSTOMER_BYTES = 12
_NOT_DIGITS = re.compile(r"\D")
# A number shorter than this says "anonymous" or is an extension's misuse of the field.
_NUMBER_DIGITS_MIN = 3


class RecordIds:
    """Ids of records: hash of source, bytes, and ordinal among identical records.

    A queue log's records carry their second, so identical ones are of one second: a copy of a file gives
    the same ids again, and a true repetition within a file gets one of its own. One instance per file.
    """

    def __init__(self, source: str) -> None:
        self._key = source.encode()[:64]
        self._second = ""
        self._recent: dict[str, int] = {}

    def dump(self) -> list[Any]:
        """The newest second and its records' counts, as JSON."""
        return [self._second, self._recent]

    def load(self, stored: list[Any]) -> None:
        """Go on from what `dump` gave."""
        self._second, self._recent = stored

    def of(self, record: bytes, second: str) -> str:
        """The id of a record of that second."""
        if second != self._second:
            self._second = second
            self._recent = {}
        digest = self._hash(record)
        ordinal = self._recent.get(digest, 0)
        self._recent[digest] = ordinal + 1
        return digest if not ordinal else self._hash(record + b"#%d" % ordinal)

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
