"""Making a device known to its server, once."""

from __future__ import annotations

import getpass
import os
import sys
import time

from shadowledger.collectors.endpoint.local.identity import device_id
from shadowledger.collectors.endpoint.local.machine import Machine
from shadowledger.collectors.endpoint.local.snapshot import device_name, system_of
from shadowledger.scanner.agent import talk
from shadowledger.scanner.agent.files import OneAtATime, make_folder, read_whole
from shadowledger.scanner.agent.memory import Memory
from shadowledger.scanner.agent.sentences import AgentError
from shadowledger.scanner.agent.settings import (
    Enrolment,
    Place,
    Settings,
    is_token,
    read_settings,
    write_enrolment,
    write_settings,
)
from shadowledger.scanner.agent.wire import Wire

TOKEN_VARIABLE = "SHADOWLEDGER_ENROLL_TOKEN"  # noqa: S105 - its name
_ALL_S = 60
_LARGEST_TOKEN = 4096


def enroll(place: Place, settings: Settings, token: str, name: str) -> Enrolment:
    """Exchange an enrolment token for this device's own, and keep it. `name` is what the server shall know the device
    by; empty for the host's name. Raises AgentError, OSError."""
    device = device_id(place.root)
    if not device:
        raise AgentError("this machine has no number of its own (on Linux /etc/machine-id), and cannot be told apart")
    machine = Machine(place.root)
    make_folder(place.state, 0o755)
    with OneAtATime(os.path.join(place.state, "lock")):
        memory = Memory(place.state)
        memory.change()  # where nothing can be written, no token is used up
        name = name or device_name(machine)
        with Wire(settings, _ALL_S) as wire:
            own, profile = talk.enroll(wire, token, device, name, system_of(machine))
        enrolment = Enrolment(settings.server, own, device, name)
        write_enrolment(place.state, enrolment)
        if settings != read_settings(place.settings):
            write_settings(place.settings, settings)
        now = int(time.time())
        memory.change(
            server=settings.server, name=name, at_most=settings.at_most, profile=profile or memory.facts.profile,
            is_refused=False, failures=0, attempt_at=now, next_attempt_at=0, problem="", profile_at=0, pack_at=0,
        )  # fmt: skip
    return enrolment


def enrolment_token(token_file: str) -> str:
    """The token from a file, from standard input (`-`), from the environment or from whoever sits at the terminal; not
    from the command line, which every account of a machine can read. Raises AgentError, OSError."""
    if token_file == "-":  # noqa: S105 - a file's name
        token = sys.stdin.read(_LARGEST_TOKEN)
    elif token_file:
        content = read_whole(os.path.abspath(token_file), _LARGEST_TOKEN)
        if content is None:
            raise AgentError(f"{token_file} is no file with a token")
        token = content.decode("ascii", "replace")
    elif TOKEN_VARIABLE in os.environ:
        token = os.environ[TOKEN_VARIABLE]
    elif sys.stdin.isatty():
        token = getpass.getpass("Enrolment token: ")
    else:
        raise AgentError(f"there is no token: give --token-file FILE, --token-file -, or {TOKEN_VARIABLE}")
    if not is_token(token.strip()):
        raise AgentError("what was given is no enrolment token")
    return token.strip()
