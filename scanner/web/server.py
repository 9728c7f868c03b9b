"""One process: uvicorn before, one writer behind, and beside them whoever seals what has come and has it imported."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sqlite3
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeVar

import uvicorn

from shadowledger.db.arrivals import Bundle, bundles, choice, choose, drop_documents, is_imported, is_written
from shadowledger.db.arrivals import open_arrivals as open_store
from shadowledger.db.transactions import writing
from shadowledger.scanner.bundles import DROPPED_AT_ONCE, BundleError, arrivals_path, begin, server_key, write
from shadowledger.scanner.site import Site
from shadowledger.scanner.web.app import Service
from shadowledger.scanner.web.connections import watched_protocol, wide_limits
from shadowledger.scanner.web.refusals import RefusedError
from shadowledger.scanner.web.writer import Writer

IDLE_S = 15
"""A connection on which nothing is asked is closed after that."""
ENDING_S = 10
_BACKLOG = 4096
_IMPORT = "from shadowledger.scanner.cli import main; main()"
_FINE = (0, 3)
"""How an import may end that has stored what it was given; 3: some lines could not be read."""
Tell = Callable[[str], object]
T = TypeVar("T")


class Options(NamedTuple):
    """How a server is to be run."""

    host: str
    port: int
    folder: Path
    """For bundles."""
    seal_every_s: float
    site_name: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    offered: Path | None = None
    """The signature pack for agents."""
    imports: bool = True
    behind_proxy: bool = False


def serve(site: Site, options: Options, tell: Tell) -> None:
    """Run until a signal ends it. Raises OSError where the address is taken, ssl.SSLError for certificates that are
    none."""
    wide_limits()
    with closing(open_store(arrivals_path(site), create=True)) as connection, writing(connection):
        name = options.site_name or choice(connection, "site", "") or _own_name()
        choose(connection, "site", name)
    server_key(site, create=True)
    asyncio.run(_Server(site, options._replace(site_name=name), tell).run())


def _own_name() -> str:
    return (
        "".join(c if (c.isascii() and c.isalnum()) or c == "-" else "-" for c in socket.gethostname()).strip("-")[:60]
        or "site"
    )


def _listening(host: str, port: int) -> socket.socket:
    """A socket that says it is TCP: on others asyncio leaves Nagle's algorithm, which costs 40 ms a post."""
    listening = socket.socket(
        socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )
    try:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class _Front(uvicorn.Server):
    """uvicorn, which a signal ends, and not at once this whole process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Server:
    def __init__(self, site: Site, options: Options, tell: Tell) -> None:
        self._site = site
        self._options = options
        self._tell = tell
        self._key = server_key(site, create=False)
        self._ending = asyncio.Event()

    def _open(self) -> sqlite3.Connection:
        return open_store(arrivals_path(self._site), create=False)

    async def run(self) -> None:
        options = self._options
        with closing(self._open()) as reading:
            front = _Front(self._config())
            writer = Writer(self._open, lambda: setattr(front, "should_exit", True))
            front.config.app = Service(reading, writer, options.offered).app()
            with _listening(options.host, options.port) as listening:
                front.config.load()
                sealing = asyncio.create_task(self._seal_at_times(reading, writer))
                self._tell(f"Listening on {self._address(listening)}")
                await front.serve(sockets=[listening])
            self._ending.set()
            await sealing
            await asyncio.to_thread(writer.close)
            if writer.has_failed:
                raise RuntimeError("the writer ended")

    def _address(self, listening: socket.socket) -> str:
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self._options.tls_cert else 'http'}://{shown}:{port}"

    def _config(self) -> uvicorn.Config:
        options = self._options
        return uvicorn.Config(
            lambda: None,
            http=watched_protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=options.behind_proxy,
            forwarded_allow_ips="*" if options.behind_proxy else None,
            backlog=_BACKLOG,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=ENDING_S,
            ssl_certfile=options.tls_cert,
            ssl_keyfile=options.tls_key,
            ssl_ca_certs=str(options.client_ca) if options.client_ca else None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if options.client_ca else ssl.CERT_NONE,
        )

    async def _seal_at_times(self, reading: sqlite3.Connection, writer: Writer) -> None:
        """What an earlier end left undone comes first."""
        while True:
            try:
                await self._finish(reading, writer)
            except (RefusedError, BundleError, OSError, sqlite3.Error) as error:
                self._tell(f"Sealing is put off: {error}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self._options.seal_every_s)
            if self._ending.is_set():
                return
            with contextlib.suppress(RefusedError):
                while await writer.ask(begin):
                    pass

    async def _finish(self, reading: sqlite3.Connection, writer: Writer) -> None:
        for bundle in bundles(reading, "sealed"):
            path = await asyncio.to_thread(self._write, bundle)
            await writer.ask(_doing(is_written, bundle.number))
            self._tell(f"{path} is sealed: {bundle.run_count} runs.")
        while await writer.ask(lambda connection: drop_documents(connection, DROPPED_AT_ONCE)):
            pass
        if self._options.imports:
            for bundle in bundles(reading, "written"):
                path = self._options.folder / f"{self._options.site_name}-{bundle.number:06d}.ndjson.gz"
                if not path.exists():
                    self._tell(f"{path} is gone, and was not imported.")
                elif self._ending.is_set() or not await self._imported(path):
                    return
                else:
                    await writer.ask(_doing(is_imported, bundle.number))

    def _write(self, bundle: Bundle) -> Path:
        with closing(self._open()) as connection:
            return write(connection, bundle, self._options.site_name, self._key, self._options.folder)

    async def _imported(self, path: Path) -> bool:
        words = ("--db", str(self._site.inventory_path), "import-bundle", str(path))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _IMPORT, *words, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        ending = asyncio.create_task(self._ending.wait())
        talking = asyncio.create_task(process.communicate())
        await asyncio.wait((ending, talking), return_when=asyncio.FIRST_COMPLETED)
        if not talking.done():  # the next server goes on with it
            process.kill()
        ending.cancel()
        _, said = await talking
        if process.returncode not in _FINE and not self._ending.is_set():
            last = said.decode(errors="replace").strip().rpartition("\n")[2]
            self._tell(f"{path} is not imported yet: {last}")
        return process.returncode in _FINE


def _doing(work: Callable[[sqlite3.Connection, int], T], number: int) -> Callable[[sqlite3.Connection], T]:
    return lambda connection: work(connection, number)
