"""How much one address or session may ask: buckets that fill with time, in bounded memory.

It refuses to know what is asked.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

# Addresses remembered; beyond, the one that was quiet the longest is forgotten, its bucket full.
KEYS_MAX = 10_000
# Whoever has one address of the sixth version has 2**64 of them.
IPV6_PREFIX = 64


class Buckets:
    """One bucket for each key: `burst` at once, then `per_s` each second."""

    def __init__(
        self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, key: str) -> float:
        """Take one: 0, or the seconds until there is one."""
        now_s = self._clock()
        left, since_s = self._buckets.pop(key, (float(self._burst), now_s))
        left = min(self._burst, left + (now_s - since_s) * self._per_s)
        granted = left >= 1
        self._buckets[key] = (left - granted, now_s)
        if len(self._buckets) > KEYS_MAX:
            self._buckets.popitem(last=False)
        return 0.0 if granted else (1 - left) / self._per_s


def network_of(address: str) -> str:
    """The key of an address: itself, of the sixth version its network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004 - IP's own
        return address
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    if mapped is not None:
        return str(mapped)
    return str(ipaddress.ip_network(f"{found}/{IPV6_PREFIX}", strict=False))
