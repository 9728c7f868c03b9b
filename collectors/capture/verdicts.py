"""What is known of questions and names that were seen before: each is decoded and asked for once."""

from __future__ import annotations

from shadowledger.collectors.capture import dns
from shadowledger.signatures.wanted import Wanted

_MOST = 32_768
_BEFORE_FLAGS = 2

Verdict = tuple[str, str] | tuple[()]
"""Name and question type; empty where nobody wants the name."""
_UNWANTED: Verdict = ()


class Verdicts:
    """Bounded: when there are too many, all are asked for anew."""

    def __init__(self, wanted: Wanted | None) -> None:
        self._wanted = wanted
        self.by_bytes: dict[bytes, Verdict] = {}
        """By the bytes of a message from its flags to the end of its only question; always the same dict."""
        self._by_name: dict[tuple[str, int], bool] = {}

    def questions(self, buffer: bytes, start: int, end: int) -> tuple[list[Verdict], str]:
        """Of each named question of the message that lies from `start` to `end` a verdict; and why the only question
        cannot be read."""
        promised = dns.question_count(buffer, start)
        at = start + dns.HEADER_BYTES
        raw = b""
        if promised == 1:
            after = buffer.find(b"\0", at, end) + 5
            if at < after <= end:
                raw = bytes(buffer[start + _BEFORE_FLAGS : after])
                known = self.by_bytes.get(raw)
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
                is_wanted = self._wanted is None or self._wanted(question.name, "", "", 0, "", question.type)
                verdicts.append((question.name, question.type) if is_wanted else _UNWANTED)
                if raw and at == start + _BEFORE_FLAGS + len(raw) and not question.has_pointer:
                    if len(self.by_bytes) >= _MOST:
                        self.by_bytes.clear()
                    self.by_bytes[raw] = verdicts[0]
        return verdicts, ""

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
