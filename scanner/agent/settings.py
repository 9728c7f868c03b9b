"""What an administrator settles, and what the server gave this device when it was enrolled.

The settings are written by hand, by a management system or by `enroll`, and by nothing else. The device's token lies
beside the state, so that settings that are distributed anew do not undo an enrolment."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any, NamedTuple

from shadowledger.collectors.endpoint.local.profiles import PROFILES
from shadowledger.scanner.agent.files import PRIVATE, must_be_own, read_whole, write_whole
from shadowledger.scanner.agent.sentences import AgentError, printable

SENT_LOG_FOR = ("everyone", "administrators")
LARGEST = 1 << 16
_TOKEN = re.compile(r"[\x21-\x7e]{16,512}\Z")  # what may stand in a header
_DEVICE_ID = re.compile(r"[0-9a-f]{64}\Z")


class Settings(NamedTuple):
    """The settings file: a JSON object with these names, each of which may be left out."""

    server: str = ""
    """https://name[:port][/path]."""
    ca_file: str = ""
    """Certificates (PEM) that vouch for the server, instead of the system's."""
    pins: tuple[str, ...] = ()
    """SHA-256 of certificates or their public keys (SPKI), of which one must be in the server's verified chain."""
    client_cert: str = ""
    client_key: str = ""
    """PEM; empty where it is in the certificate's file."""
    proxy: str = ""
    """http://[user:password@]name:port, asked to connect to the server."""
    at_most: str = "full"
    """The most that is looked at here, whatever the server says."""
    trusted_pack_keys: tuple[str, ...] = ()
    """Public keys, as `shadowledger signatures keygen` prints them."""
    sent_log_for: str = "everyone"
    """Who may read what was sent: everyone, or administrators where several people use one machine."""


class Place(NamedTuple):
    """Where an agent lives."""

    settings: str
    """The file."""
    state: str
    """The folder."""
    root: str = "/"
    """What it looks at: this machine, or a folder with another one's files."""


OWN_SYSTEM = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")


class Enrolment(NamedTuple):
    """What makes this device known to its server."""

    server: str
    token: str
    device: str
    """`collectors.endpoint.local.identity.device_id`."""
    name: str
    """What the server knows it by, and what each line says."""


def usual_place(system: str) -> Place:
    """Where linux, macos or windows keeps such things."""
    if system == "windows":
        folder = os.environ.get("PROGRAMDATA", "") if system == OWN_SYSTEM else ""
        home = (folder or r"C:\ProgramData") + r"\shadowledger-agent"
        return Place(rf"{home}\settings.json", rf"{home}\state")
    if system == "macos":
        home = "/Library/Application Support/shadowledger-agent"
        return Place(f"{home}/settings.json", f"{home}/state")
    return Place("/etc/shadowledger-agent/settings.json", "/var/lib/shadowledger-agent")


def read_settings(path: str) -> Settings:
    """The settings; the usual ones where there is no file. Raises AgentError, OSError."""
    if not os.path.lexists(path):
        return Settings()
    must_be_own(path, 0o077)
    told = _object(path)
    unknown = sorted(set(told) - set(Settings._fields))
    if unknown:
        raise AgentError(f"{path}: '{printable(unknown[0])}' is no setting; there are {', '.join(Settings._fields)}")
    return checked(told, path)


def checked(told: dict[str, Any], where: str) -> Settings:
    """Settings of which every value is of its kind. Raises AgentError."""
    settings = Settings()
    for name, value in told.items():
        if isinstance(getattr(settings, name), tuple):
            if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
                raise AgentError(f"{where}: {name} is a list of texts")
            value = tuple(value)
        elif not isinstance(value, str):
            raise AgentError(f"{where}: {name} is a text")
        settings = settings._replace(**{name: value})
    for name, words in (("at_most", PROFILES), ("sent_log_for", SENT_LOG_FOR)):
        if getattr(settings, name) not in words:
            raise AgentError(f"{where}: {name} is one of {', '.join(words)}")
    return settings


def write_settings(path: str, settings: Settings) -> None:
    """Write what differs from the usual. Raises OSError."""
    usual = Settings()
    told = {name: value for name, value in settings._asdict().items() if value != getattr(usual, name)}
    os.makedirs(os.path.dirname(path) or ".", mode=0o755, exist_ok=True)
    write_whole(path, json.dumps(told, indent=2).encode() + b"\n", PRIVATE)


def read_enrolment(state: str) -> Enrolment | None:
    """None where this device was never enrolled. Raises AgentError, OSError."""
    path = os.path.join(state, "device.json")
    if not os.path.lexists(path):
        return None
    must_be_own(path, 0o077)
    told = _object(path)
    found = Enrolment(*(str(told.get(name, "")) for name in Enrolment._fields))
    if not (is_token(found.token) and _DEVICE_ID.match(found.device) and found.name):
        raise AgentError(f"{path} is damaged; enroll this device again")
    return found


def write_enrolment(state: str, enrolment: Enrolment) -> None:
    """Raises OSError."""
    write_whole(os.path.join(state, "device.json"), json.dumps(enrolment._asdict()).encode() + b"\n", PRIVATE)


def is_token(text: str) -> bool:
    """Whether it may be a token: visible characters, and not few."""
    return bool(_TOKEN.match(text))


def lesser(profile: str, at_most: str) -> str:
    """Of two profiles the one that looks at less."""
    return min(profile, at_most, key=PROFILES.index)


def _object(path: str) -> dict[str, Any]:
    content = read_whole(path, LARGEST)
    try:
        told = json.loads(content or b"")
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise AgentError(f"{path} is no JSON object of at most {LARGEST >> 10} KiB")
    return told
