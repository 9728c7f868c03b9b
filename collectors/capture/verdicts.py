"""What is known of questions and names that were seen before: each is decoded and asked for once."""

from __future__ import annotations

from shadowledger.collectors.capture import dns
from shadowledger.collectors.records import Traffic
from shadowledger.signatures.wanted import Wanted

_MOST = 131_072
"""Questions: a network of ten thousand people asks about as many a day; twice as many take some 50 MB."""

Told = tuple[str, str, tuple[str | int, ...]]
"""Name, question type, and the fields of a Traffic from the seventh on."""
Verdict = Told | tuple[()]
"""Empty where nobody wants the name."""
_UNWANTED: Verdict = ()


class Verdicts:
    """Bounded: in two generations, of which the older goes when the younger is full."""

    def __init__(self, wanted: Wanted | None) -> None:
        self._wanted = wanted
        self.by_bytes: dict[bytes, Verdict] = {}
        """By the bytes of a question that are no pointer; always the same dict."""
        self._old: dict[bytes, Verdict] = {}
        self._rests: dict[str, tuple[str | int, ...]] = {}
        """By question type, of which there are 65,536."""
        self._by_name: dict[tuple[str, int], bool] = {}

    def questions(self, buffer: bytes, start: int, end: int) -> tuple[list[Verdict], str]:
        """Of each named question of the message that lies from `start` to `end` a verdict; and why the only question
        cannot be read."""
        promised = dns.question_count(buffer, start)
        at = start + dns.HEADER_BYTES
        if promised == 1:
            after = buffer.find(b"\0", at, end) + 5
            known = self.question(bytes(buffer[at:after])) if at < after <= end else None
            if known is not None:
                return [known], ""
        verdicts: list[Verdict] = []
        for _ in range(promised):
            try:
                question = dns.read_question(buffer, start, at, end)
            except dns.UnreadableError as error:  # after more it is what other protocols look like on these ports
                return verdicts, str(error) if promised == 1 else ""
            at = question.end
            if question.name:
                verdicts.append(self._of(question.name, question.type))
        return verdicts, ""

    def question(self, raw: bytes) -> Verdict | None:
        """The verdict on a question by its bytes, from its first label to its class; None where these are no name, or
        not all of it."""
        known = self.by_bytes.get(raw)
        if known is not None:
            return known
        lowered = raw[:-4].lower() + raw[-4:]
        known = self.by_bytes.get(lowered)
        if known is not None:  # in mixed case it is different each time, and nothing to keep
            return known
        known = self._old.pop(lowered, None)
        if known is None:
            name = dns.plain_name(lowered[:-4])
            if not name:
                return None
            known = self._of(name, dns.type_word(raw[-4] << 8 | raw[-3]))
        if len(self.by_bytes) >= _MOST:
            self._old = dict(self.by_bytes)
            self.by_bytes.clear()
        self.by_bytes[lowered] = known
        return known

    def _of(self, name: str, question_type: str) -> Verdict:
        is_wanted = self._wanted is None or self._wanted(name, "", "", 0, "", question_type)
        if not is_wanted:
            return _UNWANTED
        rest = self._rests.get(question_type)
        if rest is None:
            rest = self._rests[question_type] = Traffic(0, "", "", question_type=question_type)[6:]
        return name, question_type, rest

    def is_wanted(self, name: str, port: int) -> bool:
        """Whether somebody wants to know of a contact with a name."""
        if self._wanted is None:
            return True
        known = self._by_name.get((name, port))
        if known is None:
            if len(self._by_name) >= _MOST:
                self._by_name.clear()
            known = self._by_name[name, port] = self._wanted(name, "", "", port, "", "")
        return known
