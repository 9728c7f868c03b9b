"""Names as people write them in lists, and the services they mean."""

from shadowledger.scanner.naming.book import NameBook
from shadowledger.scanner.naming.names import Named
from shadowledger.scanner.naming.spelling import telling, words

__all__ = ["NameBook", "Named", "telling", "words"]
