from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from streams.worker import gaps as module
from streams.worker.gaps import Gaps
from streams.worker.lookup import Reach
from tests.worker.made import CALLS, Counting, partition


class Ground:
    """A log that reaches from `begin` and holds these offsets; a partition that needs offset 5."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, begin: int, *offsets: int) -> None:
        self.begin, self.offsets = begin, offsets
        self.owned = partition()
        self.owned.state.offset = 4
        self.sought: list[int] = []
        self.looks = 0
        self.counting = Counting()
        self.gaps = Gaps({}, self._seek, self.counting)
        monkeypatch.setattr(module, "looking", self._looking)

    async def _seek(self, positions: Mapping[TP, int]) -> None:
        self.sought.append(positions[CALLS])

    @asynccontextmanager
    async def _looking(self, _options: object) -> AsyncIterator["Ground"]:
        self.looks += 1
        yield self

    async def reach(self, tps: Iterable[TP]) -> dict[TP, Reach]:
        return {tp: Reach(self.begin, 100) for tp in tps}

    async def read(self, stretches: Mapping[TP, Reach]) -> AsyncIterator[Any]:
        for offset in self.offsets:
            if stretches[CALLS].begin <= offset < stretches[CALLS].end:
                yield SimpleNamespace(offset=offset)

    async def close(self, came: int) -> bool:
        return await self.gaps.close(self.owned, came)


async def test_at_first_it_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(monkeypatch, 0, 5, 6, 7)
    await ground.close(7)
    assert (ground.sought, ground.looks) == ([5], 0)


async def test_what_is_in_the_log_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(monkeypatch, 0, 5, 6, 7)
    for _ in range(3):
        await ground.close(7)
    assert ground.sought == [5, 5, 5]
    assert ground.owned.state.offset == 4
    assert ground.counting.counts == {"reread": 3}


async def test_what_the_log_does_not_hold_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ground = Ground(monkeypatch, 0, 7, 8)
    assert not await ground.close(7)
    assert await ground.close(7)
    assert ground.sought == [5]
    assert ground.owned.state.offset == 6
    assert ground.counting.counts == {"reread": 1, "empty": 2}
    assert "hotline.calls/0: offsets 5 to 6 hold no record" in caplog.text


async def test_a_log_with_one_hole_is_looked_into_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = Ground(monkeypatch, 0, 7, 9)
    await ground.close(7)
    await ground.close(7)
    ground.owned.state.offset = 7
    assert await ground.close(9)
    assert ground.sought == [5]


async def test_what_was_deleted_is_lost_loudly(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ground = Ground(monkeypatch, 20, 20, 21)
    await ground.close(20)
    assert await ground.close(20)
    assert ground.sought == [5]
    assert ground.counting.counts == {"reread": 1, "lost hotline.calls/0": 15}
    assert "DATA LOST" in caplog.text


async def test_kafka_away_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ground = Ground(monkeypatch, 0, 7)

    async def away(_positions: object) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(ground.gaps, "_seek", away)
    await ground.close(7)
    assert ground.owned.state.offset == 4
    assert "cannot go back to 5: ConnectionError('away')" in caplog.text
