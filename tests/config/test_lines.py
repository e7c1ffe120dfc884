"""Lines of keys in a text as people write it."""

import pytest

from streams.config.lines import line_of

TEXT = """# kafka.partitions = 1
top = 1
[kafka]
partitions = 8  # partitions
"quoted" = 1
board.port = 2
list = [
  "top = 1",
]
[ queues . "a.b" ]
title = "[kafka]"
'single' = 1
[queues."\\u9500\\u552e"]
title = 1
[[several]]
key = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("kafka",), 3),
        (("kafka", "partitions"), 4),
        (("kafka", "quoted"), 5),
        (("kafka", "board", "port"), 6),
        (("kafka", "list"), 7),
        (("kafka", "list", 0), 7),
        (("kafka", "missing"), 3),
        (("queues", "a.b", "title"), 11),
        (("queues", "a.b", "single"), 12),
        (("queues", "销售", "title"), 14),
        (("missing",), None),
        ((), None),
    ],
)
def test_line(path: tuple[str | int, ...], line: int | None) -> None:
    assert line_of(TEXT, path) == line
