"""Requests to the one server: certificates verified always, no redirect followed, every answer bounded in size and
time."""

from __future__ import annotations

import base64
import contextlib
import io
import socket
import ssl
import time
from email.utils import formatdate, parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING, NamedTuple

from shadowledger.scanner.agent import VERSION
from shadowledger.scanner.agent.address import Address, address_of, is_loopback, proxy_of
from shadowledger.scanner.agent.pins import is_pinned, pins_of, verified_chain
from shadowledger.scanner.agent.sentences import AgentError, printable
from shadowledger.scanner.agent.settings import Settings

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

ANSWER_BYTES = 1 << 16
REQUEST_S = 30
_ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


class PutOffError(AgentError):
    """It is tried again later; no sooner than after `retry_after_s` seconds where the server says so."""

    def __init__(self, text: str, retry_after_s: int = 0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class NotReachedError(PutOffError):
    """No answer came, or no whole one, or one that asks for patience: as happens to machines that travel."""


class NotTrustedError(PutOffError):
    """An answer that is not the server's, or not one that a server of ours gives: somebody should look at it."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    etag: str
    retry_after_s: int
    """0 where the server does not say."""
    skew_s: int | None
    """What this clock is ahead of the server's; None where it does not say."""


class Wire:
    """One connection, made when it is first needed, and anew where the server ended it."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        """`seconds` is for all requests together. Raises AgentError."""
        self._address = address_of(settings.server)
        self._proxy = proxy_of(settings.proxy) if settings.proxy and not is_loopback(self._address.host) else None
        self._pins = pins_of(settings.pins)
        self._context = _context(settings) if self._address.is_tls else None
        self._until = time.monotonic() + seconds
        self._line: _PacedSocket | None = None

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def has_time(self) -> bool:
        return time.monotonic() < self._until

    def ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes = b"",
        *,
        most_bytes: int = ANSWER_BYTES,
        seconds: float = REQUEST_S,
    ) -> Answer:
        """Ask, and read the answer. Raises NotReachedError, NotTrustedError."""
        until = min(self._until, time.monotonic() + seconds)
        is_used = self._line is not None
        try:
            try:
                return self._asked(method, path, headers, body, most_bytes, until)
            except ConnectionError:
                if not is_used:
                    raise
            self.close()  # the server had ended it: what is asked of it may be asked twice
            return self._asked(method, path, headers, body, most_bytes, until)
        except AgentError:
            self.close()
            raise
        except (OSError, HTTPException, ValueError) as error:
            self.close()
            raise _told(error, self._address) from error

    def _asked(
        self, method: str, path: str, headers: dict[str, str], body: bytes, most_bytes: int, until: float
    ) -> Answer:
        line = self._line = self._line or self._connected(until)
        line.until = until
        request = HTTPConnection(self._address.host, self._address.port)
        request.sock = line
        request.auto_open = 0
        request.putrequest(method, self._address.path + path, skip_host=True, skip_accept_encoding=True)
        usual = {"Host": self._address.authority, "User-Agent": f"shadowledger-agent/{VERSION}", "Accept": "*/*"}
        length = {"Content-Length": str(len(body))} if body or method == "POST" else {}
        for name, value in (usual | length | headers | {"Date": formatdate(usegmt=True)}).items():
            request.putheader(name, value)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who refuses a body may answer before its end
            request.endheaders(body or None)
        answer = request.getresponse()
        told = self._read(answer, most_bytes)
        if answer.will_close or not answer.isclosed():
            self.close()
        return told

    def _read(self, answer: HTTPResponse, most_bytes: int) -> Answer:
        status = answer.status
        if status in range(300, 400) and status != 304:
            raise NotTrustedError(f"{self._address.authority} sends on to another place ({status}): not followed")
        content = answer.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise NotTrustedError(f"{self._address.authority} answers with more than {most_bytes} bytes")
        if answer.length:
            raise NotReachedError(f"{self._address.authority} gives an answer that is cut off")
        return Answer(
            status, content, printable(answer.headers.get("ETag") or ""),
            _seconds(answer.headers.get("Retry-After")), _skew_s(answer.headers.get("Date")),
        )  # fmt: skip

    def _connected(self, until: float) -> _PacedSocket:
        target: Address = self._address
        host, port = (self._proxy.host, self._proxy.port) if self._proxy else (target.host, target.port)
        plain = _PacedSocket(_reached(host, port, until), until)
        try:
            if self._context is None:
                if not is_loopback(plain.inner.getpeername()[0]):
                    raise NotTrustedError(f"{target.host} is not this machine, and http is spoken with nobody else")
                return plain
            if self._proxy:
                _ask_proxy(plain, target, self._proxy.credentials)
            plain.inner.settimeout(_left(until))
            secured = self._context.wrap_socket(plain.inner, server_hostname=target.host)
        except BaseException:
            plain.end()
            raise
        if self._pins and not is_pinned(verified_chain(secured), self._pins):
            secured.close()
            raise NotTrustedError(f"{target.host} has a certificate that is valid, and none of its chain is pinned")
        return _PacedSocket(secured, until)

    def close(self) -> None:
        """End the connection; the next request makes another."""
        if self._line is not None:
            self._line.end()
            self._line = None


class _PacedSocket:
    """A socket, as `http.client` uses one, whose every operation ends at a moment that all share: a server that sends a
    byte now and then holds nobody."""

    def __init__(self, inner: socket.socket, until: float) -> None:
        self.inner = inner
        self.until = until

    def sendall(self, data: ReadableBuffer) -> None:
        self.inner.settimeout(_left(self.until))
        self.inner.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """`http.client` closes what it is still going to read from; `end` is for those who mean it."""

    def end(self) -> None:
        self.inner.close()


class _Incoming(io.RawIOBase):
    """What comes in; closing it leaves the socket open for the next answer."""

    def __init__(self, line: _PacedSocket) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._line.inner.settimeout(_left(self._line.until))
        return self._line.inner.recv_into(buffer)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    return left


def _reached(host: str, port: int, until: float) -> socket.socket:
    """Connect to one of a name's addresses, in the order that the system gives them."""
    error: OSError = OSError("it has no address")
    for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        found = socket.socket(family, kind, protocol)
        try:
            found.settimeout(_left(until))
            found.connect(place)
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body go one after the other
        except OSError as failed:
            found.close()
            error = failed
        else:
            return found
    raise error


def _ask_proxy(line: _PacedSocket, target: Address, credentials: str) -> None:
    """https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6"""
    place = f"{f'[{target.host}]' if ':' in target.host else target.host}:{target.port}"
    asked = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n"
    if credentials:
        asked += f"Proxy-Authorization: Basic {base64.b64encode(credentials.encode()).decode()}\r\n"
    line.sendall(f"{asked}\r\n".encode("ascii"))
    answer = HTTPResponse(line, method="CONNECT")  # type: ignore[arg-type]
    answer.begin()
    if answer.status != 200:
        raise NotReachedError(f"the proxy does not connect to {target.host} ({answer.status})")


def _context(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.client_cert:
            context.load_cert_chain(settings.client_cert, settings.client_key or None, password=lambda: "")
    except OSError as error:  # ssl.SSLError is one
        names = " or ".join(filter(None, (settings.ca_file, settings.client_cert, settings.client_key)))
        raise AgentError(f"no certificate can be read from {names or 'this system'}: {_reason(error)}") from error
    return context


def _told(error: Exception, address: Address) -> AgentError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotTrustedError(f"the certificate of {address.authority} does not hold: {error.verify_message}")
    if isinstance(error, ssl.SSLError) and not isinstance(error, _ENDED):
        return NotTrustedError(f"no TLS with {address.authority}: {_reason(error)}")
    if isinstance(error, OSError):
        return NotReachedError(f"{address.authority} is not reached: {_reason(error)}")
    return NotReachedError(f"{address.authority} gives an answer that is cut off, or no HTTP")


def _reason(error: OSError) -> str:
    return printable(str(getattr(error, "reason", None) or error.strerror or error))


def _seconds(told: str | None) -> int:
    """https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3: seconds, or a date."""
    text = (told or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), 1 << 30)
    ahead = _skew_s(text)
    return max(0, -ahead) if ahead is not None else 0


def _skew_s(told: str | None) -> int | None:
    try:
        return int(time.time()) - int(parsedate_to_datetime(told or "").timestamp())  # which has no fractions either
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
