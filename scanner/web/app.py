"""The five requests of decisions/0014, over one writer and one reader of the store of arrivals."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from shadowledger.db.arrivals import Arrival, add_arrival
from shadowledger.db.enrolments import Device, NotEnrolledError, central, device_of, enrol
from shadowledger.db.errors import ailment
from shadowledger.scanner.output import clean
from shadowledger.scanner.web.bodies import Bodies, hear_out
from shadowledger.scanner.web.documents import Document, word
from shadowledger.scanner.web.limits import Buckets, Rate
from shadowledger.scanner.web.refusals import RefusedError
from shadowledger.scanner.web.writer import RETRY_DISK_S, Writer
from shadowledger.signatures.pack import LARGEST, MAGIC

OF_A_DEVICE = Rate(600, 2.0)
"""What a device may ask for: a full spool at once, and then more than any sends."""
OF_STRANGERS = Rate(300, 20.0)
"""What one address may ask for without a device's token: enrolments of an office behind one address."""
_UNREAD = (401, 403, 429)
"""What is answered before a body is read."""
_ENROL_BYTES = 16 << 10
_LONGEST_NAME = 255
_SYSTEMS = ("linux", "macos", "windows")
_HEX_DIGITS = frozenset("0123456789abcdef")
Handler = Callable[[Request], Awaitable[Response]]


class _Enrolment(msgspec.Struct):
    token: str
    device: str
    name: str
    system: str
    version: str = ""


_decode_enrolment = msgspec.json.Decoder(_Enrolment).decode


class Service:
    """What requests have in common."""

    def __init__(self, reading: sqlite3.Connection, writer: Writer, offered: Path | None) -> None:
        self._reading = reading
        self._writer = writer
        self._offered = offered
        self._pack: tuple[float, str, bytes] = (0.0, "", b"")
        """When the file was written, the ETag, and the bytes."""
        self._bodies = Bodies()
        self._devices = Buckets(OF_A_DEVICE, time.monotonic)
        self._strangers = Buckets(OF_STRANGERS, time.monotonic)

    def app(self) -> Starlette:
        """The application that a server runs."""
        found: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/v1/enroll", self.enrol),
            ("POST", "/v1/runs", self.take_run),
            ("GET", "/v1/signatures", self.signatures),
            ("GET", "/v1/profile", self.profile),
            ("GET", "/v1/health", self.health),
        )
        return Starlette(routes=[Route(path, _answering(handler), methods=[verb]) for verb, path, handler in found])

    def _device(self, request: Request) -> Device:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        device = device_of(self._reading, token) if kind.lower() == "bearer" and 0 < len(token) <= 256 else None
        if device is None:
            self._allow(self._strangers, _address(request))
            raise RefusedError(401, "This token is not known; enrol the device.")
        if device.revoked_us:
            self._allow(self._strangers, _address(request))
            raise RefusedError(403, "This device was revoked; enrol it again.")
        self._allow(self._devices, device.number)
        return device

    def _allow(self, buckets: Buckets, key: object) -> None:
        if retry_s := buckets.take(key):
            raise RefusedError(429, "Too many requests.", retry_s)

    async def enrol(self, request: Request) -> Response:
        """Let a device in."""
        self._allow(self._strangers, _address(request))
        text = bytearray()
        await self._bodies.read(request.stream(), request.headers.get("content-encoding", ""), _short(text))
        try:
            told = _decode_enrolment(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RefusedError(400, "The body is no enrolment.") from None
        name = clean(told.name).strip()
        if len(told.device) != 64 or not _HEX_DIGITS.issuperset(told.device):
            raise RefusedError(400, "A device is 64 hexadecimal digits.")
        if told.system not in _SYSTEMS or not 0 < len(name) <= _LONGEST_NAME or name != told.name:
            raise RefusedError(400, "A device has a name that can be printed, and a system that is known.")
        about = (told.device, name, told.system, word(told.version))
        token, profile = await self._writer.ask(lambda connection: enrol(connection, _now_us(), told.token, about))
        return _json(200, {"device_token": token, "profile": profile})

    async def take_run(self, request: Request) -> Response:
        """Keep a run, once."""
        device = self._device(request)
        document = Document(device.name, device.id)
        encoding = request.headers.get("content-encoding", "")
        body = await self._bodies.read(request.stream(), encoding, document.take)
        told, now_us = document.end(), _now_us()
        arrival = Arrival(
            bytes.fromhex(told.run), device.number, now_us, _skew_s(request.headers.get("date", ""), now_us),
            told.is_complete, told.record_count, body.plain_bytes, body.packed, told.agent, told.pack, told.profile,
            told.dropped_runs, told.quarantined_runs,
        )  # fmt: skip
        is_new = await self._writer.ask(lambda connection: add_arrival(connection, arrival))
        stored = "now" if is_new else "before"
        return _json(200, {"run": told.run, "stored": stored, "profile": self._profile_of(device)})

    async def signatures(self, request: Request) -> Response:
        """The pack on offer, which agents verify themselves."""
        self._device(request)
        tag, data = self._pack_now()
        if not data:
            raise RefusedError(404, "No signatures are offered here.")
        if tag in (one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")):
            return Response(status_code=304, headers={"etag": tag})
        return Response(data, media_type="application/octet-stream", headers={"etag": tag})

    def _pack_now(self) -> tuple[str, bytes]:
        """The ETag and the bytes of the file as it is now; what is no pack is not offered."""
        if self._offered is None:
            return "", b""
        try:
            written = self._offered.stat().st_mtime
            if written != self._pack[0]:
                with self._offered.open("rb") as file:
                    data = file.read(LARGEST + 1)
                data = data if data.startswith(MAGIC) and len(data) <= LARGEST else b""
                self._pack = written, f'"{hashlib.sha256(data).hexdigest()}"', data
        except OSError:  # it is being replaced, or was taken away
            return "", b""
        return self._pack[1:]

    async def profile(self, request: Request) -> Response:
        """How this device is to be looked at, and how often."""
        device = self._device(request)
        now = central(self._reading)
        told = {"profile": device.profile or now.profile, "period_s": now.period_s, "walk_every_s": now.walk_every_s}
        return _json(200, {**told, "version": now.version})

    async def health(self, request: Request) -> Response:
        """Whether runs can be stored."""
        self._allow(self._strangers, _address(request))
        await self._writer.ask(lambda connection: connection.execute("select 1").fetchone())
        return _json(200, {"status": "ok"})

    def _profile_of(self, device: Device) -> str:
        return device.profile or central(self._reading).profile


def _answering(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as error:
            if error.status in _UNREAD:
                await hear_out(request.stream())
            more = {"retry-after": str(error.retry_s)} if error.retry_s else {}
            return _json(error.status, {"error": str(error)}, {**more, "connection": "close"})
        except NotEnrolledError as error:
            return _json(error.status, {"error": str(error)})
        except sqlite3.Error as error:
            told = f"The server cannot look it up: its database {ailment(error) or 'failed'}."
            return _json(503, {"error": told}, {"retry-after": str(RETRY_DISK_S)})
        except ClientDisconnect:  # nobody is left to answer
            return Response(status_code=400)

    return answer


def _json(status: int, told: object, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(told), status, headers, "application/json")


def _short(text: bytearray) -> Callable[[bytes], None]:
    def take(piece: bytes) -> None:
        if len(text) + len(piece) > _ENROL_BYTES:
            raise RefusedError(413, "The body is too large for an enrolment.")
        text.extend(piece)

    return take


def _address(request: Request) -> str:
    """Whom a request is counted to: an address, or of IPv6 a network of 64 bits, which one machine has to itself."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if ":" in host else host


def _now_us() -> int:
    return time.time_ns() // 1000


def _skew_s(told: str, now_us: int) -> int | None:
    """By how much the clock that wrote a Date header is ahead of ours."""
    try:
        at = parsedate_to_datetime(told) if told else None
    except ValueError:
        return None
    if at is None:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) - now_us // 1_000_000
