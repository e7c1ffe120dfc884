"""The pure core: events in, figures out.

No clock, no input or output, no framework and no chance: time arrives on the events, what leaves is
a value. Read `events` (what can happen), `life` (the table of a visit's phases), `visit` (the
order-free merge), `tally` (what adds up), `state` (one partition's fold), `book` and `figures`
(what is shown).
"""
