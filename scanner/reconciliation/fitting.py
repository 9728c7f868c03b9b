"""How well a discovered initiative fits a line of the official list, with the reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shadowledger.db.declared import Declared
from shadowledger.scanner.discovery.consolidate import Discovered
from shadowledger.scanner.discovery.gathering import DEPLOYMENT
from shadowledger.scanner.discovery.natures import POC, PRODUCTION
from shadowledger.scanner.naming import words
from shadowledger.scanner.reconciliation.claims import Claim, Key
from shadowledger.scanner.reconciliation.units import same_units

_ELSEWHERE = 0.6
"""What is left of a score where the list names units and it was seen in none of them."""
_OF_ANOTHER_NAME = 0.7
"""The same where another instance has a word of the initiative's name in its own."""
_OF_MORE_PRODUCTS = 0.01
_MEANT = 0.76
"""A product in a line's own name, at the least; what is less certain is not declared for a unit."""
_DOUBTFUL, _ALONE_THERE = 0.5, 0.81
"""From here on, and what becomes of it where nothing else of the line's units fits."""
_SHORTEST_WORD = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """A discovered initiative that a declared one may be."""

    discovered_id: str
    score: float
    reasons: tuple[str, ...]
    decided: bool = False
    """A person said so."""
    is_elsewhere: bool = False
    """Seen in none of the units that the list names."""


class _Fit(NamedTuple):
    one: Discovered
    score: float
    reasons: tuple[str, ...]
    is_elsewhere: bool
    is_there: bool
    """Seen in a unit that the line names."""
    named: int
    """How many words of the line stand in the instance's name."""


def fitting(line: Declared, claims: Mapping[Key, Claim], discovered: Iterable[Discovered]) -> list[Proposal]:
    """Everything discovered that a line may mean, the likeliest first."""
    fits = [fit for one in discovered if (fit := _fit(line, claims, one)) is not None]
    fits = [_only_one_there(fit, fits) for fit in fits]
    most = max((fit.named for fit in fits), default=0)
    proposals = []
    for fit in fits:
        score, reasons = fit.score, fit.reasons
        if most and not fit.named and fit.one.instances:
            score, reasons = score * _OF_ANOTHER_NAME, (*reasons, "but another instance has words of its name")
        elif fit.named:
            reasons = (*reasons, f"and {', '.join(fit.one.instances)} has words of its name")
        proposals.append(Proposal(fit.one.id, round(score, 3), reasons, is_elsewhere=fit.is_elsewhere))
    likeliest = {fit.one.id: (fit.named, _of_its_kind(line, fit.one)) for fit in fits}
    return sorted(
        proposals, key=lambda one: (-one.score, *(-told for told in likeliest[one.discovered_id]), one.discovered_id)
    )


def _only_one_there(fit: _Fit, fits: list[_Fit]) -> _Fit:
    """Where the line's units use one thing alone of all that its words may mean, that is more likely meant."""
    there = [other for other in fits if other.is_there]
    if not fit.is_there or len(there) > 1 or not _DOUBTFUL <= fit.score < _ALONE_THERE:
        return fit
    return fit._replace(score=_ALONE_THERE, reasons=(*fit.reasons, "and nothing else there fits"))


def _fit(line: Declared, claims: Mapping[Key, Claim], one: Discovered) -> _Fit | None:
    held = [claim for seen in one.products for claim in _claimed(claims, seen.service_id, seen.instance)]
    if not held:
        return None
    best = max(held, key=lambda claim: claim.score)
    score, reasons = best.score, best.reasons
    if len(held) > 1:
        score = min(1.0, score + _OF_MORE_PRODUCTS * (len(held) - 1))
        reasons = tuple(dict.fromkeys(reason for claim in held for reason in claim.reasons))
    is_elsewhere = bool(line.business_units and one.units) and not same_units(line.business_units, one.units)
    if is_elsewhere:
        here, there = ", ".join(line.business_units), ", ".join(one.units)
        score, reasons = score * _ELSEWHERE, (*reasons, f"but is declared for {here} and was seen in {there}")
    elif line.business_units and one.units:
        reasons = (*reasons, f"and was seen in {', '.join(sorted(same_units(line.business_units, one.units)))}")
    is_there = bool(line.business_units and one.units) and not is_elsewhere
    is_elsewhere &= best.score >= _MEANT
    return _Fit(one, score, reasons, is_elsewhere, is_there, _words_in_common(line, one))


def _claimed(claims: Mapping[Key, Claim], service_id: str, instance: str) -> Iterable[Claim]:
    for key in dict.fromkeys(
        ((service_id, instance), (service_id, instance.partition(DEPLOYMENT)[0]), (service_id, ""))
    ):
        if key in claims:
            yield claims[key]


def _words_in_common(line: Declared, one: Discovered) -> int:
    """Words of a line's name, id and purpose that an instance's name has too: `hr` in `contoso-hr.openai.azure.com`."""
    own = {word for text in (line.id, line.name) for word in words(text)}
    theirs = {word for instance in one.instances for word in words(instance.partition(".")[0].replace("-", " "))}
    theirs |= {word for instance in one.instances for word in words(instance.partition("/")[2].replace("-", " "))}
    return len({word for word in own & theirs if len(word) >= _SHORTEST_WORD or not word.isdigit()})


def _of_its_kind(line: Declared, one: Discovered) -> int:
    """Whether a line's status is what the nature shows; it only breaks ties."""
    fitting_natures = {"poc": (POC,), "pilot": (POC,), "production": (PRODUCTION,)}
    return int(one.nature in fitting_natures.get(line.status, ()))
