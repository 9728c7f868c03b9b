"""The agent's commands. argparse, because click takes a quarter of the time of a look."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Callable, Sequence

from shadowledger.scanner.agent import VERSION
from shadowledger.scanner.agent.sentences import DONE, FAILED, WRONG, AgentError, say
from shadowledger.scanner.agent.settings import OWN_SYSTEM, Place, Settings, checked, read_settings, usual_place

INTERRUPTED = 130
_PERIOD_S = 900
_WIDTH = 100
"""Characters in a line of help."""
Options = argparse.Namespace


def main(words: Sequence[str] | None = None, program: str = "shadowledger agent") -> int:
    """Do what is asked; returns the exit code of docs/agent.md."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character ends nothing
    try:
        options = _parser(program).parse_args(words)
    except SystemExit as asked:  # argparse has said all
        return asked.code if isinstance(asked.code, int) else WRONG
    act: Callable[[Options], int] = options.act
    try:
        code = act(options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        say("stopped")
        return INTERRUPTED
    except AgentError as error:
        say(str(error))
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say(f"{where}{error.strerror or error}")
        return FAILED
    return code


class _Help(argparse.HelpFormatter):
    """Of one width: to ask for the terminal's at each option takes as long as to read settings and state."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


def _parser(program: str) -> argparse.ArgumentParser:
    usual = usual_place(OWN_SYSTEM)
    parser = argparse.ArgumentParser(
        prog=program,
        description="Look at this machine for AI, and tell the organization's own server.",
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"shadowledger agent {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", prog=program)

    def add(name: str, act: Callable[[Options], int], told: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=told, description=told, formatter_class=_Help)
        command.set_defaults(act=act)
        command.add_argument("--settings", metavar="FILE", default="", help=f"default: {usual.settings}")
        command.add_argument("--state", metavar="DIR", default="", help=f"default: {usual.state}")
        return command

    _enroll_options(add("enroll", _enroll, "Make this device known to its server, with an enrolment token."))
    run = add("run", _run, "Look once, keep what is found, and deliver what waits.")
    run.add_argument("--scheduled", action="store_true", help="look only where the period that the server sets is over")
    run.add_argument("--now", action="store_true", help="send now, though an attempt has failed not long ago")
    run.add_argument("--splay", type=_seconds, default=0, metavar="SECONDS", help="wait first, up to so long")
    _root_option(run)
    show = add("show-me", _show_me, "Print exactly what would be sent now, and send nothing.")
    show.add_argument("--walk", action="store_true", help="as on the run a day that looks through homes")
    _root_option(show)
    status = add("status", _status, "Say what the agent is up to.")
    status.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    status.add_argument("--check", action="store_true", help="exit 1 unless runs arrive")
    _install_options(add("install", _install, "Have the system start the agent at times."))
    remove = add("uninstall", _uninstall, "Undo `install`.")
    remove.add_argument("--purge", action="store_true", help="remove settings, token, spool and log as well")
    _unit_options(remove)
    return parser


def _enroll_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--server", metavar="URL", help="default: that of the settings")
    command.add_argument(
        "--token-file", metavar="FILE", default="",
        help="holds the enrolment token; - is standard input; default: $SHADOWLEDGER_ENROLL_TOKEN, or a question",
    )  # fmt: skip
    command.add_argument("--name", default="", help="what the server knows this device by; default: its host name")
    settled = command.add_argument_group("settings to keep")
    settled.add_argument("--ca-file", metavar="FILE", help="certificates that vouch for the server")
    settled.add_argument("--pin", dest="pins", action="append", metavar="SHA256", help="of a certificate or its key")
    settled.add_argument("--client-cert", metavar="FILE", help="a certificate of this device")
    settled.add_argument("--client-key", metavar="FILE", help="its key")
    settled.add_argument("--proxy", metavar="URL", help="http://name:port")
    settled.add_argument("--at-most", choices=("minimal", "standard", "full"), help="the most that is looked at here")
    settled.add_argument(
        "--trust-pack-key", dest="trusted_pack_keys", action="append", metavar="KEY", help="who signs signature packs"
    )
    settled.add_argument("--sent-log-for", choices=("everyone", "administrators"), help="who reads what was sent")
    _root_option(command)


def _root_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--root", metavar="DIR", type=_folder, default="/", help="a copy of another machine's files")


def _unit_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--root", metavar="DIR", type=_folder, default="/", help="below which files go; starts nothing"
    )
    command.add_argument(
        "--system", choices=("linux", "macos", "windows"), default=OWN_SYSTEM, help="default: this one"
    )


def _install_options(command: argparse.ArgumentParser) -> None:
    _unit_options(command)
    command.add_argument(
        "--program", metavar="PATH", default="", help="the agent's program as it will lie there; default: this one"
    )
    command.add_argument(
        "--every", type=_seconds, default=_PERIOD_S, metavar="SECONDS",
        help=f"how often it is started, which bounds what the server can ask for; default: {_PERIOD_S}",
    )  # fmt: skip


def _seconds(text: str) -> int:
    seconds = int(text)
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("seconds, up to a day")
    return seconds


def _folder(text: str) -> str:
    if text == "/":  # means this machine, whatever its system calls that
        return text
    if not os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    return os.path.abspath(text)


def _place(options: Options) -> Place:
    system = getattr(options, "system", OWN_SYSTEM)
    usual = usual_place(system)
    whole = os.path.abspath if system == OWN_SYSTEM else str  # another system's paths are as they are written
    settings, state = whole(options.settings or usual.settings), whole(options.state or usual.state)
    return Place(settings, state, getattr(options, "root", "/"))


def _enroll(options: Options) -> int:
    from shadowledger.scanner.agent.address import address_of, proxy_of
    from shadowledger.scanner.agent.enrolling import enroll, enrolment_token
    from shadowledger.scanner.agent.pins import pins_of

    place = _place(options)
    told = {name: vars(options)[name] for name in Settings._fields if vars(options).get(name) is not None}
    for name in ("ca_file", "client_cert", "client_key"):
        told |= {name: os.path.abspath(told[name])} if name in told else {}
    settings = checked(read_settings(place.settings)._asdict() | told, place.settings)
    try:
        address_of(settings.server)
        pins_of(settings.pins)
        if settings.proxy:
            proxy_of(settings.proxy)
        token = enrolment_token(options.token_file)
    except AgentError as error:
        say(str(error))
        return WRONG
    enrolment = enroll(place, settings, token, options.name)
    print(f"{enrolment.name} is enrolled at {enrolment.server}.")
    return DONE


def _run(options: Options) -> int:
    from shadowledger.scanner.agent.files import BusyError
    from shadowledger.scanner.agent.running import Wishes, run

    try:
        return run(_place(options), Wishes(options.scheduled, options.now, options.splay))
    except BusyError as error:
        say(str(error))
        return DONE


def _show_me(options: Options) -> int:
    from shadowledger.scanner.agent.looking import document
    from shadowledger.scanner.agent.settings import lesser
    from shadowledger.scanner.agent.status import known

    place = _place(options)
    settings, enrolment, facts = known(place)
    where = f"would be sent to {settings.server}" if settings.server else "is sent nowhere: this device is not enrolled"
    say(f"this {where}, with profile {lesser(facts.profile, settings.at_most)}")
    if enrolment is None and facts.name:
        say("it is taken with your own rights; the agent's own look sees what an administrator sees")
    now = int(time.time())
    facts = facts._replace(walk_at=now) if not options.walk else facts._replace(walk_at=0, walk_every_s=1)
    for line in document(place, settings, enrolment, facts, now):
        sys.stdout.write(line)
    return DONE


def _status(options: Options) -> int:
    from shadowledger.scanner.agent.status import is_well, status

    place, now = _place(options), int(time.time())
    told = status(place, now)
    if options.format == "json":
        print(json.dumps(told, indent=2))
    else:
        for name, value in told.items():
            print(f"{name.replace('_', ' '):20} {_shown(value)}")
    return DONE if not options.check or is_well(place, now) else FAILED


def _shown(value: object) -> object:
    if value is None:
        return "not for this account to see"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value == "" else value


def _install(options: Options) -> int:
    from shadowledger.scanner.agent.installing import Wanted, install

    return install(Wanted(_place(options), options.system, options.program, options.every))


def _uninstall(options: Options) -> int:
    from shadowledger.scanner.agent.installing import Wanted, uninstall

    return uninstall(Wanted(_place(options), options.system, "", _PERIOD_S), purge=options.purge)
