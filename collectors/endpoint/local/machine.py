"""One machine, or a copy of its files below a folder: whose homes there are, what lies at a place, and what a listed
file holds. Reading is bounded and read-only: no link is followed out of a home, nothing that is no plain file is
opened, and what could not be seen is counted."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

HERE = os.path.dirname(__file__)
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_DRIVES = ("C:", "C", "c")
"""What copies of a Windows machine call the folder of its disk."""
LEADS_OUT = "a link that leads out of its home"
TOO_LARGE = "larger than the cap"
NOT_A_FILE = "no plain file"
NOT_ALLOWED = "not readable for this user"
TOO_MANY = "more entries than the cap"
NOT_PARSED = "not in its format"


class Found(NamedTuple):
    """One thing on the machine."""

    kind: str
    """One of `signatures.schema.ARTIFACT_KINDS`."""
    value: str
    user: str = ""
    """In whose home it lies, or whose process it is; empty for what is everybody's."""
    more: dict[str, str | int | bool] = {}  # noqa: RUF012 - never changed
    """What else is printed of it: version, name, path, size_bytes ..."""


class Home(NamedTuple):
    """Somebody's home directory."""

    user: str
    path: str
    real: str
    """Without links: the boundary of all that is read in it."""
    names: frozenset[str]
    """What lies right in it, so that most places need not be asked for."""


class Spot(NamedTuple):
    """A place that exists."""

    path: str
    shown: str
    """As it may be told: `~/...` in a home, or from the machine's root."""
    user: str
    boundary: str


def data(name: str) -> dict[str, Any]:
    """One of the tables beside this module."""
    with open(f"{HERE}/{name}.toml", "rb") as file:
        return tomllib.load(file)


class Machine:
    """What the readers of this package look at."""

    def __init__(self, root: str = "/", places: dict[str, Any] | None = None) -> None:
        """`root` is the machine's own, or a folder that holds the files of another one."""
        top = os.path.realpath(root)
        self.is_live = root == "/"
        drives = [] if self.is_live else [f"{top}/{name}" for name in _DRIVES if os.path.isdir(f"{top}/{name}/Users")]
        self.root = drives[0] if drives else top
        self._tops = (self.root, top) if drives else (top,)
        self.places = places or data("places")
        self.caps: dict[str, int] = self.places["caps"]
        self.unseen: Counter[tuple[str, str]] = Counter()
        """What was there and could not be looked at: (kind, reason) to how often."""
        self.kind = ""
        """What is being looked for, for `unseen`."""
        self.unread_homes: list[str] = []
        self._users: dict[int, str] | None = None
        self.homes: tuple[Home, ...] = tuple(self._homes())

    def note(self, reason: str) -> None:
        """Count something that could not be looked at."""
        self.unseen[self.kind, reason] += 1

    # -- homes

    def _homes(self) -> Iterator[Home]:
        self.kind = "home"
        known: set[str] = set()
        patterns = self.places["homes"]["folders"]
        found = [path for top in self._tops for pattern in patterns for path in self._glob(top, pattern)]
        if self.is_live:
            found += self._live_homes()
        else:
            found += [self.root + path for path in self._listed_homes()]
        while found:
            path = found.pop(0)
            name = os.path.basename(path)
            real = os.path.realpath(path)
            if (
                name in self.places["homes"]["never"]
                or real in known
                or not (self.is_live or self._within(real, self._tops[-1]))
            ):
                continue
            known.add(real)
            try:
                names = frozenset(os.listdir(real))
            except NotADirectoryError:
                continue
            except OSError:
                self.unread_homes.append(name)
                continue
            yield Home(name, path, real, names)
            for pattern in self.places["homes"]["inside"]:
                first = pattern[2:].partition("/")[0]
                found += list(self._glob(real, pattern[1:])) if first in names else []

    def _live_homes(self) -> list[str]:
        if sys.platform == "win32":
            from shadowledger.collectors.endpoint.local.windows import home_folders

            folders, hidden = home_folders()
            self.unseen[self.kind, "a distribution of WSL that does not run"] += hidden
            return folders
        own = os.environ.get("HOME", "")  # which no list may name: a directory service's, a container's
        return [*self._listed_homes(), *([own] if own.count("/") > 1 and os.path.isdir(own) else [])]

    def _listed_homes(self) -> list[str]:
        """Homes of people that /etc/passwd puts elsewhere."""
        return [
            parts[5]
            for line in self._passwd()
            if len(parts := line.split(":")) == 7
            and parts[2].isdigit()
            and (1000 <= int(parts[2]) < 60000 or parts[2] == "0")
            and parts[5].startswith("/")
            and parts[5].count("/") > 1
            and not parts[6].endswith(("nologin", "false"))
            and os.path.isdir(self.root + parts[5])
        ]

    def _passwd(self) -> list[str]:
        spot = Spot(f"{self.root.rstrip('/')}/etc/passwd", "/etc/passwd", "", self.root)
        text = self.read(spot) if os.path.lexists(spot.path) else b""
        return (text or b"").decode("utf-8", "replace").splitlines()

    def user_of(self, number: int) -> str:
        """The name of an account; its number where no file or service tells."""
        if self._users is None:
            self._users = {
                int(parts[2]): parts[0]
                for line in self._passwd()
                if len(parts := line.split(":")) > 2 and parts[2].isdigit() and len(parts[2]) < 12
            }
        if number not in self._users:
            self._users[number] = _named(number) if self.is_live else str(number)
        return self._users[number]

    # -- places

    def spots(self, places: Iterable[str]) -> Iterator[Spot]:
        """The places that exist, in order; `~` is every home."""
        for place in places:
            if place.startswith("~/"):
                first = place[2:].partition("/")[0]
                for home in self.homes:
                    if "*" in first or first in home.names:
                        for path in self._glob(home.path, place[1:]):
                            yield Spot(path, "~" + path[len(home.path) :].replace("\\", "/"), home.user, home.real)
            else:
                for path in self._glob(self.root, place):
                    yield Spot(path, path[len(self.root.rstrip("/")) :].replace("\\", "/"), "", self.root)

    def _glob(self, base: str, pattern: str) -> Iterator[str]:
        """Paths below `base` that fit a pattern with `*` in its parts; hidden names only where it asks for them."""
        found = [base.rstrip("/") if base != "/" else ""]
        parts = pattern.strip("/").split("/")
        plain = ""
        for part in parts:
            if "*" not in part:
                plain += "/" + part
                continue
            found = [f"{path}{plain}/{name}" for path in found for name in self.names(path + plain, part)]
            plain = ""
        for path in found:
            if not plain or os.path.lexists(path + plain):
                yield path + plain

    def names(self, folder: str, pattern: str = "*") -> list[str]:
        """What lies in a folder, in order; nothing where there is no such folder."""
        try:
            found = os.listdir(folder or "/")
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError:
            self.note(NOT_ALLOWED)
            return []
        if len(found) > self.caps["folder_entries"]:
            self.note(TOO_MANY)
        found = sorted(found)[: self.caps["folder_entries"]]
        return found if pattern == "*" else [name for name in found if fnmatchcase(name, pattern)]

    def listed(self, spot: Spot) -> list[str]:
        """The names in a folder that lies, links followed, within its home."""
        if not self._within(os.path.realpath(spot.path), spot.boundary):
            self.note(LEADS_OUT)
            return []
        return self.names(spot.path)

    def below(self, spot: Spot, *names: str) -> Spot:
        """A place in a folder, whether it exists or not."""
        tail = "/" + "/".join(names)
        return spot._replace(path=spot.path + tail, shown=spot.shown + tail)

    def below_pattern(self, spot: Spot, pattern: str) -> list[Spot]:
        """Places below a folder that fit a pattern and exist."""
        return [spot._replace(path=path) for path in self._glob(spot.path, pattern)]

    def is_folder(self, spot: Spot) -> bool:
        """Whether it is a folder within its home."""
        real = os.path.realpath(spot.path)
        return os.path.isdir(real) and self._within(real, spot.boundary)

    def read(self, spot: Spot, most_bytes: int = 0) -> bytes | None:
        """What a file holds; None, counted, where it is too large, leads out, is no plain file or may not be read."""
        opened = self.open(spot, most_bytes)
        if opened is None:
            return None
        with os.fdopen(opened, "rb") as file:
            return file.read(most_bytes or self.caps["file_bytes"])

    def open(self, spot: Spot, most_bytes: int = 0) -> int | None:
        """The descriptor of a plain file within its home, for reading; None as `read` says. -1 for `most_bytes` lets a
        file of any size in, of which little is going to be read."""
        real = os.path.realpath(spot.path)
        if not self._within(real, spot.boundary):
            self.note(LEADS_OUT)
            return None
        try:
            opened = os.open(real, _FLAGS)
        except FileNotFoundError:
            return None
        except OSError:
            self.note(NOT_ALLOWED)
            return None
        facts = os.fstat(opened)
        reason = ""
        if not stat.S_ISREG(facts.st_mode):
            reason = NOT_A_FILE
        elif most_bytes >= 0 and facts.st_size > (most_bytes or self.caps["file_bytes"]):
            reason = TOO_LARGE
        elif self._was_moved(opened, spot.boundary):
            reason = LEADS_OUT
        if not reason:
            return opened
        os.close(opened)
        self.note(reason)
        return None

    def _was_moved(self, opened: int, boundary: str) -> bool:
        """Whether somebody put a link in the way between the look and the opening."""
        try:
            return not self._within(os.readlink(f"/proc/self/fd/{opened}"), boundary)
        except OSError:
            return False

    def _within(self, real: str, boundary: str) -> bool:
        return boundary == "/" or real == boundary or real.startswith(boundary.rstrip("/\\") + os.sep)


def _named(number: int) -> str:
    if sys.platform == "win32":
        return str(number)
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return str(number)
