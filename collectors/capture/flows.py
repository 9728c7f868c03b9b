"""What is remembered of flows, in bounded memory: the oldest goes when there is too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

State = TypeVar("State")


class Flows(Generic[State]):
    """States by flow, in two generations: when the younger is full, the older is dropped, so that nothing has to be
    sorted and no flow that is in use is lost."""

    def __init__(self, most: int, most_bytes: int, dropped: Callable[[State], object]) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._dropped = dropped
        self._held_bytes = 0
        self._young: dict[bytes, State] = {}
        self._old: dict[bytes, State] = {}

    def get(self, key: bytes) -> State | None:
        state = self._young.get(key)
        if state is None and self._old:
            state = self._old.pop(key, None)
            if state is not None:
                self._young[key] = state
        return state

    def put(self, key: bytes, state: State) -> None:
        if len(self._young) >= self._most:
            self._age()
        self._old.pop(key, None)
        self._young[key] = state

    def grow(self, size_bytes: int) -> None:
        """A state holds so much more, or less, than before."""
        self._held_bytes += size_bytes
        if self._held_bytes > self._most_bytes:
            self._age()

    def pop(self, key: bytes) -> None:
        if self._young.pop(key, None) is None:
            self._old.pop(key, None)

    def states(self) -> Iterator[State]:
        """All that are remembered."""
        yield from self._old.values()
        yield from self._young.values()

    def end(self) -> None:
        """Nothing follows."""
        self._age()
        self._age()

    def _age(self) -> None:
        for state in self._old.values():
            self._dropped(state)
        self._old, self._young, self._held_bytes = self._young, {}, 0


class Quiet:
    """Flows that have told all that they will tell, each with a word on what that was."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.young: dict[bytes, bytes] = {}
        """Asked first and by whoever is in a hurry; always the same dict."""
        self._old: dict[bytes, bytes] = {}

    def add(self, key: bytes, word: bytes = b"") -> None:
        if len(self.young) >= self._most:
            self._old = dict(self.young)
            self.young.clear()
        self.young[key] = word

    def get(self, key: bytes) -> bytes | None:
        word = self.young.get(key)
        if word is None and self._old:
            word = self._old.get(key)
            if word is not None:
                self.add(key, word)
        return word

    def rest(self) -> None:
        """A while has passed: all may tell something new."""
        self.young.clear()
        self._old = {}

    def discard(self, key: bytes) -> None:
        self.young.pop(key, None)
        self._old.pop(key, None)
