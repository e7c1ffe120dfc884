"""Published and independently computed values (30 digits, or two codes that agree), with where they
are from. Nothing here was computed by what it tests.
"""

from typing import Any

# erlangs, agents -> (share that waits, service level at T for handle time, mean wait in s)
# R package ErlangC 0.1.0 (README), pyworkforce's tests, Gans-Koole-Mandelbaum 2003, phubers/erlang,
# and recomputed at 30 digits.
ERLANG_C: list[tuple[float, int, float, tuple[float, float, float] | None, float | None]] = [
    (10, 11, 0.6821182, (0.3896138, 20, 180), 122.7813),
    (10, 12, 0.4493882, (0.6401580, 20, 180), 40.4449),
    (10, 13, 0.2852705, (0.7955948, 20, 180), 17.1162),
    (10, 14, 0.1741319, (0.8883500, 20, 180), 7.8359370),
    (10, 15, 0.1020424, (0.9414528, 20, 180), 3.6735),
    (48, 55, 0.2387009, (0.8458831, 15, 240), 8.1840),
    (48, 50, 0.6944556, (0.6434546, 20, 60), 20.8337),
    (123, 132, 0.3211162, None, None),
    (12345, 12421, 0.3812250, None, None),
    (20, 25, 0.2091028, (0.9605056, 60, 180), 7.5277),
]

# calls per hour, handle s, patience s, agents -> P(wait), P(abandon), mean wait, ASA, occupancy,
# F3, F4, F2, F1 at 20 s. The first is Garnett-Mandelbaum-Reiman 2002; the second is also in
# pyworkforce's tests.
ERLANG_A: list[tuple[tuple[float, float, float, int], tuple[float, ...]]] = [
    (
        (2880, 60, 120, 50),
        (
            0.46777407, 0.03091225, 3.7094699, 3.6159002, 0.93032424,
            0.94301895, 0.97202960, 0.97309965, 0.97286439,
        ),
    ),
    (
        (200, 180, 300, 14),
        (
            0.14526011, 0.01398374, 4.1951232, 3.8784800, 0.70429733,
            0.91679209, 0.92340732, 0.92979409, 0.92395603,
        ),
    ),
    (
        (200, 180, 120, 12),
        (
            0.27980702, 0.06159738, 7.3916852, 6.3347742, 0.78200219,
            0.82558264, 0.85464453, 0.87977444, 0.85958729,
        ),
    ),
    (
        (200, 180, 120, 10),
        (
            0.49685275, 0.13746383, 16.495659, 14.554230, 0.86253617,
            0.63994131, 0.68445925, 0.74192982, 0.70498234,
        ),
    ),
    (
        (200, 180, 120, 6),
        (
            0.88972522, 0.41807979, 50.169575, 53.286821, 0.96986702,
            0.18746932, 0.21565173, 0.32215639, 0.31815416,
        ),
    ),
    (
        (6120, 60, 60, 100),
        (
            0.59171863, 0.04991798, 2.9950786, 2.9424553, 0.96908366,
            0.94896292, 0.99878429, 0.99882210, 0.99884493,
        ),
    ),
    (
        (10800, 180, 120, 540),
        (
            0.45580964, 0.01889845, 2.2678145, 2.2351729, 0.98110155,
            0.98026959, 0.99913878, 0.99915201, 0.99915504,
        ),
    ),
]  # fmt: skip

# Handle time = patience: the number in the system is Poisson. erlangs, agents, P(wait), P(abandon).
POISSON = [
    (10, 9, 0.66718032, 0.17931706),
    (10, 10, 0.54207029, 0.12511004),
    (10, 12, 0.30322385, 0.05309163),
    (10, 14, 0.13553558, 0.01869372),
    (1, 1, 0.63212056, 0.36787944),
]

# F3 at 20 s of A (200 an hour, 180 s, patience 120 s) and B (120 an hour, 240 s, 120 s).
MOVES = {
    (13, 7): (0.888550, 0.503049),
    (12, 8): (0.825583, 0.626344),
    (11, 9): (0.742209, 0.735958),
    (10, 10): (0.639941, 0.825157),
}


def figures_of(found: dict[str, Any]) -> tuple[float, ...]:
    """A performance in the order of ERLANG_A."""
    levels = [found["sl"][name] for name in ("F3", "F4", "F2", "F1")]
    names = ("p_wait", "p_abandon", "mean_wait_s", "asa_s", "occupancy")
    return (*(found[name] for name in names), *levels)
