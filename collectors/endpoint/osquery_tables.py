"""Rows of osquery's tables: which of them name a program, a package, an extension, an image or a service.

https://osquery.io/schema/ names the columns. A query is known by the table that its name carries, or else by columns
that no other table has; the customer words the queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from shadowledger.collectors.endpoint.osquery_packs import FILES
from shadowledger.collectors.endpoint.programs import Seen, app_values, artifacts, base_name, program_of
from shadowledger.collectors.reading import CommandWords
from shadowledger.collectors.records import Artifact

Row = dict[str, object]

# https://developer.chrome.com/docs/extensions/reference/manifest/key: 32 letters from a to p
_CHROME_ID = re.compile(r"[a-p]{32}\Z")


def text_of(row: Row, column: str) -> str:
    """A value as text; osquery writes all of them as text unless told to write numbers."""
    value = row.get(column)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value) if abs(value) < 1 << 64 else ""


def _chrome(row: Row) -> list[str]:
    identifier = text_of(row, "identifier")
    if not _CHROME_ID.match(identifier):
        return []
    store = "edge" if text_of(row, "browser_type") == "edge" else ""
    return [f"chrome:{identifier}", *([f"{store}:{identifier}"] if store else [])]


def _prefixed(prefix: str, column: str) -> Callable[[Row], list[str]]:
    def values(row: Row) -> list[str]:
        value = text_of(row, column)
        return [prefix + value] if value else []

    return values


def _vscode(row: Row) -> list[str]:
    name, publisher = text_of(row, "name"), text_of(row, "publisher")
    if name and publisher and "." not in name:
        return [f"{publisher}.{name}"]
    return [name] if name else []


def _app(row: Row) -> list[str]:
    identifier = text_of(row, "bundle_identifier")
    return [f"bundle_id:{identifier}"] if identifier else [name for name in (text_of(row, "name"),) if name]


def _program(row: Row) -> list[str]:
    name = text_of(row, "name")
    return app_values(name) if name else []


def _tags(row: Row) -> list[str]:
    tags = (tag.strip() for tag in text_of(row, "tags").split(",")[:64])
    return [tag for tag in tags if tag and not tag.startswith("<none>")]


class Table(NamedTuple):
    """One of osquery's tables, or a few that say the same."""

    name: str
    kind: str
    column: str
    """Without it a row says nothing, whatever the query is called."""
    marks: tuple[str, ...]
    """Columns that give the table away, any one of them beside `column`."""
    values: Callable[[Row], list[str]]


TABLES = (
    Table("chrome_extensions", "browser_ext", "identifier", ("browser_type", "from_webstore", "persistent"), _chrome),
    Table(
        "firefox_addons", "browser_ext", "identifier", ("autoupdate", "creator"), _prefixed("firefox:", "identifier")
    ),
    Table("safari_extensions", "browser_ext", "identifier", ("developer_id",), _prefixed("safari:", "identifier")),
    Table("vscode_extensions", "ide_ext", "name", ("publisher_id", "vscode_edition"), _vscode),
    Table("python_packages", "py_package", "name", ("summary",), _prefixed("", "name")),
    Table("npm_packages", "npm_package", "name", ("homepage", "max_depth"), _prefixed("", "name")),
    Table("docker_images", "image", "tags", ("size_bytes",), _tags),
    Table("docker_containers", "image", "image", ("image_id",), _prefixed("", "image")),
    Table("apps", "app", "bundle_identifier", ("bundle_identifier",), _app),
    Table("programs", "app", "name", ("identifying_number", "uninstall_string"), _program),
    Table("launchd", "unit", "label", ("program_arguments", "run_at_load"), _prefixed("", "label")),
    Table("systemd_units", "unit", "id", ("active_state", "fragment_path"), _prefixed("", "id")),
    Table("process_envs", "env_var", "key", (), _prefixed("", "key")),
    *(Table(name, kind, "path", (), _prefixed("", "path")) for kind, name in FILES.items()),
    Table("homebrew_packages", "app", "name", (), _prefixed("", "name")),
    Table("alf_explicit_auths", "process", "process", ("process",), _prefixed("", "process")),
)
_NOT_THESE = ("chocolatey_packages", "atom_packages")
"""Tables with the columns of another: summaries and home pages of packages that are neither Python's nor npm's."""


def is_process(row: Row) -> bool:
    """Whether a row comes from `processes` or one of its kin, joined with whatever else; services have a PID too."""
    if "pid" not in row or "start_type" in row or "service_type" in row:
        return False
    return "cmdline" in row or ("path" in row and ("name" in row or "parent" in row))


def table_of(row: Row, query: str) -> Table | None:
    """The table that a row comes from, where it is one of `TABLES`."""
    for table in TABLES:
        if table.name in query and table.column in row:
            return table
    if any(name in query for name in _NOT_THESE):
        return None
    for table in TABLES:
        if table.column in row and any(mark in row for mark in table.marks):
            return table
    return None


def is_kernel_thread(row: Row) -> bool:
    """Linux: a child of process 2, or process 2 itself, without program and arguments."""
    family = text_of(row, "parent") == "2" or text_of(row, "pid") == "2"
    return family and not text_of(row, "path") and not text_of(row, "cmdline")


def found_in(
    position: int, row: Row, query: str, user: str, seen: Seen, words: CommandWords | None
) -> Iterator[Artifact]:
    """What one row says is on the device."""
    if is_process(row):
        if not is_kernel_thread(row):
            command = text_of(row, "cmdline")
            names = [base_name(text_of(row, "name")), base_name(text_of(row, "path"))]
            yield from artifacts(position, names if any(names) else [program_of(command)], command, user, seen, words)
    elif table := table_of(row, query):
        for value in table.values(row):
            yield Artifact(position, table.kind, value[:512], seen.time_us, seen.tz_source, seen.device, user)
