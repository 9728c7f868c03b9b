"""What can be wrong with a database file. Apart from the rest, so that telling it costs no imports."""


class UnusableError(Exception):
    """A database file that cannot be used as it is. The text says what to do; nothing was changed."""
