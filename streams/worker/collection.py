"""Python's garbage collector, held off where many objects are made and none of them is garbage.

Looking for some meanwhile takes as long as the work itself. Refuses to switch it off for good: what
the framework leaves behind has cycles.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """No collection until the block ends."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
