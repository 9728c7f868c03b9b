"""What collectors ask before they build a record: is it worth it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shadowledger.signatures.schema import Strength
from shadowledger.signatures.unknown import is_ai_label, is_event_stream

if TYPE_CHECKING:
    from shadowledger.signatures.index import Index


class Wanted:
    """The question that an index answers. Where it says no, the record is no hit."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self.api_words = index.api_words
        """The last words of all API paths; see `nobody`."""

    def __call__(
        self,
        host: str,
        path: str = "",
        method: str = "",
        port: int = 0,
        user_agent: str = "",
        question_type: str = "",
    ) -> bool:
        """Whether a contact with these is a hit, or has the shape of an API at a host that nobody knows (`unknown`).
        `path` is without query."""
        found = self._index.traffic(host, path, method, port, user_agent, question_type)
        return found is not None and (
            found.indicator.strength is not Strength.HINT or found.indicator.kind == "api_path"
        )

    def agent(self, user_agent: str) -> bool:
        """Whether a user agent is a hit by itself, whatever host it speaks to."""
        found = self._index.user_agent(user_agent) if user_agent else None
        return found is not None and found.indicator.strength is not Strength.HINT

    def label(self, text: str) -> bool:
        """Whether this is how a gateway calls AI, be it known or not."""
        return bool(text) and is_ai_label(text)

    def streams(self, content_type: str) -> bool:
        """Whether the answer came word by word, as a model's does."""
        return bool(content_type) and is_event_stream(content_type)

    def program(self, process: str) -> bool:
        """Whether a process of this name is a hit by itself, wherever it connects to."""
        return self.artifact("process", process)

    def artifact(self, kind: str, value: str) -> bool:
        """Whether an artifact is a hit."""
        found = self._index.artifacts.find(kind, value)
        return found is not None and found.indicator.strength is not Strength.HINT

    def nobody(self, host: str) -> bool:
        """Whether a host, and every path at it, is nobody's: a contact without a user agent is a hit only if its path
        ends in one of `api_words`, in something with a colon, or in something percent-encoded."""
        return self._index.is_nobodys(host)
