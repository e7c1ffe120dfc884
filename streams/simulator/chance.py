"""Chance that comes again: what is drawn depends on a name and the seed, and on nothing else.

So a caller's patience is the same however many people are there to answer, and two days differ only
in what was changed.
"""

from __future__ import annotations

import hashlib
import math
from random import Random

# Retried customers are invented; the hash only makes them look like any other source's.
_CUSTOMER_BYTES = 12


def stream(*names: object) -> Random:
    """Chance of that name: the same in every process, whatever PYTHONHASHSEED is."""
    return Random("|".join(map(str, names)))


def customer(*names: object) -> str:
    """A customer's key, in the form that sources give."""
    text = "|".join(map(str, names)).encode()
    return hashlib.blake2b(text, digest_size=_CUSTOMER_BYTES).hexdigest()


def exponential(chance: Random, mean: float) -> float:
    """A time of that mean without memory."""
    return chance.expovariate(1.0) * mean


def lognormal(chance: Random, mean: float, spread: float) -> float:
    """A positive number of that mean; `spread` is its standard deviation ÷ mean."""
    variance = math.log1p(spread * spread)
    return mean * math.exp(chance.gauss(0.0, 1.0) * math.sqrt(variance) - variance / 2)


def weibull(chance: Random, mean: float, shape: float) -> float:
    """A patience of that mean; shape 1 is exponential, above it people leave together."""
    unit: float = chance.expovariate(1.0) ** (1 / shape)
    return mean / math.gamma(1 + 1 / shape) * unit


def poisson_times(chance: Random, expected: float, begin: float, end: float) -> list[float]:
    """The times of a Poisson process that expects so many between begin and end, in order."""
    found: list[float] = []
    if expected <= 0:
        return found
    step = (end - begin) / expected
    at = begin + exponential(chance, step)
    while at < end:
        found.append(at)
        at += exponential(chance, step)
    return found
