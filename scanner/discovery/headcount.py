"""How many people stand behind what was observed: a lower and an upper bound, never a wrong name. One person met in
four channels is one."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from shadowledger.db.bitsets import members, pick
from shadowledger.db.identities import ACCOUNTS, PERSON
from shadowledger.scanner.discovery.crowd import Group
from shadowledger.scanner.people import Directory, Lead

_SOMEBODY = (PERSON, *ACCOUNTS)


class People(NamedTuple):
    """Bounds on a number of distinct people."""

    low: int
    high: int


class Tally:
    """Certain are those to whom an id leads without a choice; an address or machine that leads to nobody, or to several
    at that time, may hide one more person, or one of the others."""

    __slots__ = ("alone", "certain", "nobodies", "possible")

    def __init__(self) -> None:
        self.alone: Counter[str] = Counter()
        """Ends that no other id leads to, by their kind; empty for nobody known. They are only counted."""
        self.certain: set[str] = set()
        self.possible: set[str] = set()
        self.nobodies: dict[str, int] = {}
        """Ends that are nobody known, and how many people stand behind each at most."""

    def add(self, group: Group, bits: int) -> None:
        """Take in members of a group, none of whom change."""
        self.alone[group.kind if group.kind in _SOMEBODY else ""] += (bits & ~group.known).bit_count()
        for kind, some in group.alone.items():
            self.alone[kind] += (bits & some).bit_count()
        self.certain.update(pick(group.ends, bits & group.joined))
        for number in members(bits & group.other):
            self.take(group.others[number])

    def take(self, lead: Lead) -> None:
        """Take in one by one."""
        if not lead.is_to_somebody:
            most = max(lead.most, 1) if lead.shared else 1
            for end in lead.ends:
                self.nobodies[end] = max(most, self.nobodies.get(end, 1))
        elif len(lead.ends) == 1:
            self.certain |= lead.ends
        else:
            self.possible |= lead.ends

    def count(self, directory: Directory) -> People:
        """Accounts of different kinds that no directory joins (`ada`, `ada@x.example`), or of one shorter form
        (`corp\\ada`, `ada`), may be one person's."""
        hidden = sum(most for end, most in self.nobodies.items() if end not in self.certain | self.possible)
        high = self.alone.total() + len(self.certain | self.possible) + hidden
        kinds = self.alone + Counter(one[0] for one in set(map(directory.bare_form, self.certain)))
        low = kinds[PERSON] + max(kinds[account] for account in ACCOUNTS)
        return People(max(low, 1 if high else 0), high)
