"""A growing log is read line by line, each once, whatever happens to its files."""

import gzip
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.sources.follow import CHUNK_BYTES, Follower, Gap, Line, NewFile
from streams.sources.pieces import Place


def drain(follower: Follower) -> list[str]:
    """Everything that is new now: lines as text, `+` for a new file, `!reason` for a gap."""
    story = []
    while items := follower.poll():
        for item in items:
            if isinstance(item, Line):
                story.append(item.record.decode())
            else:
                story.append("+" if isinstance(item, NewFile) else f"!{item.reason}")
    return story


def append(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


@pytest.fixture(autouse=True)
def close_all(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made: list[Follower] = []
    start = Follower.__init__

    def remembered(self: Follower, *args: Any, **kwargs: Any) -> None:
        made.append(self)
        start(self, *args, **kwargs)

    monkeypatch.setattr(Follower, "__init__", remembered)
    yield
    for each in made:
        each.close()


def following(path: Path, place: Place | None = None) -> Follower:
    return Follower([path], follow=True, place=place)


def test_once_takes_the_last_line_without_its_end(path: Path) -> None:
    path.write_bytes(b"a\r\nb\n\nc")
    follower = Follower([path], follow=False)
    assert drain(follower) == ["+", "a", "b", "", "c"]
    assert follower.ended


def test_once_through_several_files(path: Path, tmp_path: Path) -> None:
    path.write_text("a\nb")
    other = tmp_path / "other"
    other.write_text("c\n")
    follower = Follower([path, other], follow=False)
    assert drain(follower) == ["+", "a", "b", "+", "c"]
    assert follower.place is not None
    third = tmp_path / "third"
    third.write_text("d\n")
    again = Follower([path, other, third], follow=False, place=follower.place)
    assert again.found
    assert drain(again) == ["+", "d"]


def test_once_a_copy_given_beside_its_file_changes_nothing(path: Path, tmp_path: Path) -> None:
    path.write_text("a\nb\n")
    shutil.copy(path, tmp_path / "copy")
    assert drain(Follower([path, tmp_path / "copy"], follow=False)) == ["+", "a", "b"]


def test_once_a_missing_file_is_an_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Follower([path], follow=False).poll()


def test_a_place_that_is_in_no_file(path: Path, tmp_path: Path) -> None:
    path.write_text("a\n")
    follower = Follower([path], follow=False)
    drain(follower)
    other = tmp_path / "other"
    other.write_text("b\n")
    again = Follower([other], follow=False, place=follower.place)
    assert not again.found
    assert drain(again) == ["+", "b"]


def test_a_partial_line_waits_for_its_end(path: Path) -> None:
    path.write_text("a\nb")
    follower = following(path)
    assert drain(follower) == ["+", "a"]
    append(path, "b")
    assert drain(follower) == []
    append(path, "b\nc")
    assert drain(follower) == ["bbb"]


def test_a_file_that_is_not_there_yet(path: Path) -> None:
    follower = following(path)
    assert drain(follower) == []
    assert follower.place is None
    path.write_text("a\n")
    assert drain(follower) == ["+", "a"]


def test_rotation_finishes_the_old_file_first(path: Path) -> None:
    path.write_text("a\n")
    follower = following(path)
    drain(follower)
    moved = path.rename(path.with_name("queue_log.1"))
    append(moved, "b\n")
    assert drain(follower) == ["b"]
    path.touch()  # made by rotation, while the writer still has the old one
    append(moved, "c\nlast")
    assert drain(follower) == ["c"]
    append(moved, " one")
    append(path, "d\n")
    assert drain(follower) == ["last one", "+", "d"]


def test_two_rotations_between_two_looks(path: Path) -> None:
    path.write_text("a\n")
    follower = following(path)
    drain(follower)
    append(path, "b\n")
    path.rename(path.with_name("queue_log.2"))
    path.write_text("c\n")
    path.rename(path.with_name("queue_log.1"))
    path.write_text("d\n")
    assert drain(follower) == ["b", "+", "c", "+", "d"]


@pytest.mark.parametrize("packed", [False, True])
def test_three_rotations_while_nobody_followed(path: Path, packed: bool) -> None:
    older = path.with_name("queue_log.9")
    older.write_text("long ago\n")
    os.utime(older, (1, 1))
    path.write_text("a\nb\n")
    follower = following(path)
    drain(follower)
    follower.close()
    append(path, "c\npartial")
    for number, text in ((3, "d\n"), (2, "e\n"), (1, "f\n")):
        path.rename(path.with_name(f"queue_log.{number}"))
        path.write_text(text)
    if packed:
        pack(path.with_name("queue_log.3"))
        pack(path.with_name("queue_log.2"))
    again = following(path, follower.place)
    assert drain(again) == ["c", "partial", "+", "d", "+", "e", "+", "f"]


def pack(path: Path) -> None:
    """As gzip does: another inode, the same time."""
    status = path.stat()
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
    os.utime(path.with_name(path.name + ".gz"), ns=(status.st_atime_ns, status.st_mtime_ns))
    path.unlink()


def test_dated_rotation_and_a_foreign_file(path: Path) -> None:
    path.write_text("a\n")
    follower = following(path)
    drain(follower)
    append(path, "b\n")
    path.rename(path.with_name("queue_log-20261122"))
    path.with_name("queue_log.bak").write_text("no\n")
    path.with_name("queue_log2").write_text("no\n")
    path.write_text("c\n")
    again = following(path, follower.place)
    assert drain(again) == ["b", "+", "c"]


def test_what_was_read_last_is_gone(path: Path) -> None:
    path.write_text("a\n")
    follower = following(path)
    drain(follower)
    follower.close()
    path.unlink()
    path.write_text("b\n")
    assert drain(following(path, follower.place)) == ["!lost", "+", "b"]


def test_truncated(path: Path) -> None:
    path.write_text("a\nb\n")
    follower = following(path)
    drain(follower)
    os.truncate(path, 0)
    append(path, "c\n")
    assert drain(follower) == ["!truncated", "+", "c"]
    append(path, "d\n")
    assert drain(follower) == ["d"]


def test_truncated_and_longer_again_before_anybody_looked(path: Path) -> None:
    path.write_text("a\nb\n")
    follower = following(path)
    drain(follower)
    path.write_text("cc\ndd\nee\n")
    assert drain(follower) == ["!truncated", "+", "cc", "dd", "ee"]


@pytest.mark.parametrize("restarted", [False, True])
def test_copied_and_truncated_reads_the_rest_in_the_copy(path: Path, restarted: bool) -> None:
    path.write_text("a\n")
    follower = following(path)
    drain(follower)
    append(path, "b\nc\n")
    shutil.copy(path, path.with_name("queue_log.1"))
    os.truncate(path, 0)
    append(path, "d\n")
    if restarted:
        follower = following(path, follower.place)
    assert drain(follower) == ["!truncated", "b", "c", "+", "d"]


def test_deleted_and_made_again(path: Path) -> None:
    path.write_text("a\n")
    follower = following(path)
    drain(follower)
    path.unlink()
    assert drain(follower) == []
    path.write_text("b\n")
    assert drain(follower) == ["+", "b"]


def test_replaced_by_a_longer_copy_of_itself(path: Path, tmp_path: Path) -> None:
    path.write_text("a\nb")
    follower = following(path)
    drain(follower)
    synchronised = tmp_path / ".new"
    synchronised.write_text("a\nb\nc\n")
    synchronised.replace(path)
    assert drain(follower) == ["b", "c"]


def test_an_inode_that_is_used_again_is_another_file(path: Path) -> None:
    path.write_text("a\nb\n")
    follower = following(path)
    drain(follower)
    follower.close()
    assert follower.place is not None
    path.write_text("c\nd\n")  # keeps the inode, and the size
    assert path.stat().st_ino == follower.place.inode
    assert drain(following(path, follower.place)) == ["!lost", "+", "c", "d"]


def test_a_line_that_is_too_long_is_one_cut_line(path: Path) -> None:
    path.write_bytes(b"a\n" + b"x" * (3 * CHUNK_BYTES))
    follower = following(path)
    assert drain(follower) == ["+", "a"]
    append(path, "\nb\n")
    story = drain(follower)
    assert [len(each) for each in story] == [CHUNK_BYTES, 1]
    with path.open("ab") as stream:
        stream.write(b"y" * (2 * CHUNK_BYTES))
    story = drain(Follower([path], follow=False, place=follower.place))
    assert [len(each) for each in story] == [CHUNK_BYTES]


def test_stopped_and_restarted_at_every_byte(path: Path) -> None:
    whole = b"one|a\ntwo|\xc3\xa4\r\n\nfour\n"
    path.touch()
    place, lines = None, []
    for length in range(len(whole) + 1):
        _grow(path, whole, length)
        follower = following(path, place)
        lines += [item.record for item in _all(follower) if isinstance(item, Line)]
        place = follower.place
        follower.close()
        assert place is not None
        assert Place.from_json(place.as_json()) == place
    assert lines == [b"one|a", b"two|\xc3\xa4", b"", b"four"]


def _grow(path: Path, whole: bytes, length: int) -> None:
    with path.open("ab") as stream:
        stream.write(whole[path.stat().st_size : length])


def _all(follower: Follower) -> list[Line | NewFile | Gap]:
    found: list[Line | NewFile | Gap] = []
    while items := follower.poll():
        found += items
    return found


def test_a_folder_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / "queue_log"
    path.write_text("a\n")
    follower = following(path)
    drain(follower)
    folder.rename(tmp_path / "away")
    assert drain(follower) == []
    (tmp_path / "away").rename(folder)
    append(path, "b\n")
    assert drain(follower) == ["b"]
