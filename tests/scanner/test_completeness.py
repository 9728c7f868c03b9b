"""How many products nobody saw: the bound holds where channels are independent, and is refused where they are not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from shadowledger.scanner.completeness import RefusedError, missed

RUNS = 1_000
Lists = list[set[int]]
Draw = Callable[[random.Random], tuple[Lists, int]]


def seen_by(rng: random.Random, count: int, *shares: float) -> Lists:
    """Lists of channels each of which sees its share of all products."""
    return [{one for one in range(count) if rng.random() < share} for share in shares]


def independent(count: int, *shares: float) -> Draw:
    return lambda rng: (seen_by(rng, count, *shares), count)


def uneven(count: int, *shares: float) -> Draw:
    """Some products are easier to see than others, for every channel."""

    def draw(rng: random.Random) -> tuple[Lists, int]:
        ease = [rng.choice((0.2, 0.6, 1.0)) for _ in range(count)]
        return [{one for one in range(count) if rng.random() < share * ease[one]} for share in shares], count

    return draw


def together(count: int, share: float, follows: float, *more: float) -> Draw:
    """The second channel sees mostly what the first does."""

    def draw(rng: random.Random) -> tuple[Lists, int]:
        first, *rest = seen_by(rng, count, share, *more)
        second = {one for one in range(count) if rng.random() < (follows if one in first else 0.2)}
        return [first, second, *rest], count

    return draw


def silenced(count: int, share: float, left: float, *more: float) -> Draw:
    """The second channel, names looked up, hardly sees what goes through the first, an explicit proxy."""

    def draw(rng: random.Random) -> tuple[Lists, int]:
        first, *rest = seen_by(rng, count, share, *more)
        second = {one for one in range(count) if rng.random() < (left if one in first else 0.7)}
        return [first, second, *rest], count

    return draw


def runs(draw: Draw) -> tuple[int, int]:
    """In how many runs the bound was right, and in how many it was refused."""
    right = refused = 0
    for seed in range(RUNS):
        lists, count = draw(random.Random(seed))  # noqa: S311 - repeatable, not secret
        try:
            right += missed(lists).at_least <= count - len(set().union(*lists))
        except RefusedError:
            refused += 1
    return right, refused


@pytest.mark.parametrize(
    "draw",
    [
        independent(60, 0.6, 0.5),
        independent(200, 0.3, 0.4),
        independent(60, 0.5, 0.4, 0.4),
        independent(100, 0.8, 0.2, 0.2),
        independent(80, 0.9, 0.3, 0.2, 0.2),
        uneven(100, 0.7, 0.6),
        uneven(100, 0.7, 0.6, 0.5),
        uneven(150, 0.9, 0.4, 0.3, 0.3),
        together(80, 0.5, 0.8),
        together(80, 0.5, 0.8, 0.4),
    ],
    ids=["two", "two weak", "three", "three unlike", "four unlike", "uneven two", "uneven three", "uneven four",
         "together two", "together three"],
)  # fmt: skip
def test_the_bound_is_right_where_no_channel_silences_another(draw: Draw) -> None:
    right, refused = runs(draw)
    assert right + refused >= RUNS * 0.9
    assert right >= RUNS * 0.85, "it is refused without need"


@pytest.mark.parametrize(
    "draw",
    [silenced(100, 0.6, 0.02, 0.7), silenced(150, 0.5, 0.05, 0.5), silenced(100, 0.6, 0.0, 0.6, 0.5)],
    ids=["nearly all", "weaker", "four lists"],
)
def test_a_channel_that_silences_another_is_noticed_where_a_third_tells(draw: Draw) -> None:
    right, refused = runs(draw)
    assert right + refused >= RUNS * 0.9
    assert refused >= RUNS * 0.9


def test_a_bound_by_hand_is_chapmans_and_sebers() -> None:
    """40 and 30 were seen, 16 of them by both: 41 x 31 / 17 - 1 in all."""
    found = missed([set(range(40)), set(range(24, 54))])
    assert (found.seen, found.common) == (54, 16)
    assert found.seen + found.estimate == pytest.approx(41 * 31 / 17 - 1)
    assert found.low < found.at_least + 1 <= found.low + 1
    assert found.low < found.estimate < found.high
    variance = 41 * 31 * 24 * 14 / (17**2 * 18)
    away = math.exp(1.959964 * math.sqrt(math.log(1 + variance / found.estimate**2)))
    assert (found.low, found.high) == pytest.approx((found.estimate / away, found.estimate * away))


def test_the_estimate_itself_would_be_no_bound() -> None:
    """So the simulation can fail."""
    draw, too_high, told = independent(60, 0.6, 0.5), 0, 0
    for seed in range(RUNS):
        lists, count = draw(random.Random(seed))  # noqa: S311 - repeatable, not secret
        found = missed(lists)
        too_high += found.estimate > count - found.seen
        told += found.at_least > 0
    assert too_high > RUNS * 0.2
    assert told > RUNS * 0.9, "a bound that says nothing is always right"


@pytest.mark.parametrize(
    ("lists", "why"),
    [
        ([], "0 independent channel"),
        ([set(range(50))], "1 independent channel"),
        ([set(range(50)), set()], "1 independent channel"),
        ([set(range(10)), set(range(10, 20))], "0 products in common"),
        ([set(range(20)), set(range(14, 40))], "6 products in common"),
    ],
)
def test_it_is_refused_where_too_little_was_seen(lists: Lists, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        missed(lists)


def test_what_all_channels_saw_speaks_of_no_more() -> None:
    assert missed([set(range(20)), set(range(20))]).at_least == 0
    assert missed([set(range(20)), set(range(19)), set(range(20))]).high == 0
