"""How many products nobody saw, at least: a lower bound from what independent channels saw in common.

Each list holds the products that one channel saw. A product that most lists have is easily seen; many that only one
list has speak of more that none has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence, Set
from itertools import combinations
from typing import NamedTuple

FEWEST_LISTS = 2
FEWEST_COMMON = 7
"""Products in several lists, below which nothing is told: from seven recaptures on Chapman's estimate is unbiased with
95 % confidence (Robson and Regier, Trans. Am. Fisheries Soc. 93, 1964; Seber, The Estimation of Animal Abundance, 2nd
ed., 1982, section 3.1)."""
QUANTILE = 1.959964
"""Of the normal distribution, two-sided 95 %."""
UNLIKELY = 0.01
"""How rare an overlap as small as the one that was met has to be, for two lists to be taken for dependent."""


class RefusedError(Exception):
    """No bound can be told; the text says why, in a clause."""


class Missed(NamedTuple):
    """How many more there are that no list has."""

    at_least: int
    """The whole number below `low`."""
    estimate: float
    low: float
    high: float
    """Between which the number lies in 95 of 100 cases."""
    seen: int
    common: int
    """In several lists."""


Lists = Sequence[Set[Hashable]]


def missed(lists: Lists) -> Missed:
    """The lower bound from two lists or more. Raises RefusedError.

    With Z_i products in list i alone and f2 in exactly two, sum of Z_i Z_j over all pairs / (f2 + 1) are missed at
    least (Chao, Estimating population size for sparse data in capture-recapture experiments, Biometrics 45, 1989, model
    Mt). Lists may see more or fewer products each; that some products are easier to see for all of them makes the true
    number larger. Chao's older form, f1 (f1 - 1) / (2 (f2 + 1)) (Biometrics 43, 1987), takes lists for equal and is too
    high where they are not. With two lists it is Lincoln's and Petersen's estimate with Chapman's correction,
    (n1 + 1) (n2 + 1) / (m + 1) - 1 (Univ. California Publ. Statist. 1, 1951).

    The interval supposes that the logarithm of what is missed is normal (Chao 1987). Variances are below."""
    lists = [one for one in lists if one]
    if len(lists) < FEWEST_LISTS:
        raise RefusedError(f"{len(lists)} independent channel saw anything, and it takes {FEWEST_LISTS}")
    times = Counter(product for one in lists for product in one)
    common = sum(count > 1 for count in times.values())
    if common < FEWEST_COMMON:
        raise RefusedError(f"several channels saw {common} products in common, and it takes {FEWEST_COMMON}")
    for one, other in combinations(range(len(lists)), 2):
        if _exclude_each_other(lists, one, other):
            raise RefusedError("some of the channels see what others do not, as if one silenced the other")
    alone = [sum(times[product] == 1 for product in one) for one in lists]
    twice = sum(count == 2 for count in times.values())
    estimate = sum(one * other for one, other in combinations(alone, 2)) / (twice + 1)
    if not estimate:
        return Missed(0, 0.0, 0.0, 0.0, len(times), common)
    variance = _variance_of_two(lists) if len(lists) == FEWEST_LISTS else _variance(alone, twice, estimate)
    away = math.exp(QUANTILE * math.sqrt(math.log(1 + variance / estimate**2)))
    low, high = estimate / away, estimate * away
    return Missed(math.floor(low), estimate, low, high, len(times), common)


def _variance_of_two(lists: Lists) -> float:
    """Of Chapman's estimate: Seber, The effects of trap response on tag recapture estimates, Biometrics 26, 1970."""
    first, second, both = len(lists[0]), len(lists[1]), len(lists[0] & lists[1])
    return (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))


def _variance(alone: Sequence[int], twice: int, estimate: float) -> float:
    """By the delta method, with the frequencies as in Chao 1987: the missed themselves vary, and so do those seen once
    and twice."""
    once = sum(alone)
    of_once = sum(((once - one) / (twice + 1)) ** 2 * one for one in alone)
    return estimate + of_once + (estimate / (twice + 1)) ** 2 * twice


def _exclude_each_other(lists: Lists, one: int, other: int) -> bool:
    """Whether two lists have less in common, of what the remaining ones saw, than chance gives (hypergeometric; Fisher,
    Statistical Methods for Research Workers, 5th ed., 1934, section 21.02). Never known of two lists alone."""
    rest = set().union(*(seen for number, seen in enumerate(lists) if number not in (one, other)))
    first, second = rest & lists[one], rest & lists[other]
    return _chance_of_so_few(len(rest), len(first), len(second), len(first & second)) < UNLIKELY


def _chance_of_so_few(size: int, first: int, second: int, both: int) -> float:
    ways = math.comb(size, second)
    fewest = max(0, first + second - size)
    return sum(math.comb(first, n) * math.comb(size - first, second - n) for n in range(fewest, both + 1)) / ways
