"""What all tests share: no test talks to the network, and what is packaged is what git knows."""

from __future__ import annotations

import atexit
import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checkout import CHECKOUT, tracked_files
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from shadowledger.scanner.knowledge import Signatures

_TALKING = ("socket.connect", "socket.sendto", "socket.sendmsg")
_NAMING = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


def _refuse_network(event: str, args: tuple[object, ...]) -> None:
    """Raise before Python itself opens a way out of this machine (https://docs.python.org/3/library/audit_events.html)."""
    if event in _TALKING:
        address = args[1]
    elif event in _NAMING:
        address = args
    else:
        return
    if isinstance(address, tuple) and address and not _is_here(address[0]):
        raise RuntimeError(f"a test talks to the network: {event} {address}")


def _is_here(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def pytest_configure() -> None:
    """Set the guard before anything of ours is imported; it lasts as long as the process. What is compiled is kept in
    a folder of this run, not in the developer's own."""
    sys.addaudithook(_refuse_network)
    # How quick a machine is says nothing of the program, nor does luck of a change; elsewhere examples are ever new.
    settings.register_profile(
        "ours", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
    )
    settings.load_profile("ours")
    cache = tempfile.mkdtemp(prefix="shadowledger-tests-")
    atexit.register(shutil.rmtree, cache, ignore_errors=True)
    os.environ["XDG_CACHE_HOME"] = cache


@pytest.fixture(scope="session")
def clean_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that holds the tracked files and nothing else."""
    copy = tmp_path_factory.mktemp("clean") / "checkout"
    for name in tracked_files():
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target, follow_symlinks=False)
    return copy


@pytest.fixture(scope="session")
def signatures() -> Signatures:
    """The catalogue alone, read and compiled once: it takes half a second."""
    from shadowledger.scanner.knowledge import load_signatures

    return load_signatures(None, None, "test")


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that an account without rights can reach and read, and not write."""
    folder = Path(tempfile.mkdtemp(prefix="shadowledger-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
