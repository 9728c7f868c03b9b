"""Queries for an osquery that is there already: what the catalogue knows, asked of osquery's tables.

Every query selects names, paths, versions and keys, and only of rows that a signature names: of command lines the
signature's words, of environments the variables' names, and never a value. Their results are read by `osquery`.
https://osquery.io/schema/, https://osquery.readthedocs.io/en/stable/deployment/configuration/#packs,
https://fleetdm.com/docs/configuration/yaml-files#queries"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shadowledger.signatures.artifacts import process_name
from shadowledger.signatures.schema import Indicator, Service, Strength

DAILY, HOURLY = 86_400, 3_600
PREFIX = "shadow_ai_"
ALL = ("darwin", "linux", "windows")
_HOMES = {"darwin": ("/Users/%",), "linux": ("/home/%", "/root"), "windows": (r"C:\Users\%",)}
_INTERPRETERS = ("node", "bun", "deno", "npx", "python", "uv", "uvx", "pipx", "ruby", "java")
_ENVIRONMENT = "env_var"
FILES = {"mcp_config": "mcp_config_files", "cli": "tool_files", "model_file": "model_files"}
"""Kinds that are files in homes, and how queries for them are called."""


class Query(NamedTuple):
    """One scheduled query."""

    name: str
    sql: str
    platforms: tuple[str, ...]
    interval_s: int
    description: str


def queries(services: Iterable[Service], *, with_environment: bool = True) -> list[Query]:
    """What is to be asked, for these services; a kind that they do not have is not asked for."""
    listed: dict[str, list[str]] = {}
    for service in services:
        for one in service.indicators:
            if _is_wanted(one):
                listed.setdefault(one.kind, []).append(one.value)
    wanted = {kind: sorted(set(values)) for kind, values in listed.items()}
    if not with_environment:
        wanted.pop(_ENVIRONMENT, None)
    return [query._replace(name=PREFIX + query.name) for query in _queries(wanted) if query.sql]


def _is_wanted(one: Indicator) -> bool:
    """Settings that hold more than MCP servers prove nothing while nobody reads them."""
    least = Strength.CERTAIN if one.kind == "mcp_config" else Strength.LIKELY
    return one.strength >= least and one.valid_to is None


def _queries(wanted: dict[str, list[str]]) -> Iterator[Query]:
    def values(kind: str) -> list[str]:
        return wanted.get(kind, [])

    yield Query("processes", _processes(values("process")), ALL, HOURLY, "Programs that run, by name")
    yield Query("processes_of_interpreters", _run(values("cmdline")), ALL, HOURLY, "What Node, Python and runners run")
    yield Query("apps", _mac_apps(values("app")), ("darwin",), DAILY, "Applications of macOS, by identifier")
    yield Query("programs", _windows_apps(values("app")), ("windows",), DAILY, "Applications of Windows")
    yield from _extensions(values("browser_ext"), values("ide_ext"))
    python = sorted({re.sub(r"[-_.]+", "-", name.lower()) for name in values("py_package")})
    yield Query(
        "python_packages",
        _in("select distinct name, version, path from python_packages where replace(lower(name), '_', '-')", python),
        ALL, DAILY, "Packages of Python",
    )  # fmt: skip
    yield Query(
        "npm_packages",
        _in("select distinct name, version, path from npm_packages where name", values("npm_package")),
        ALL, DAILY, "Packages of npm",
    )  # fmt: skip
    yield Query("docker_images", _images(values("image")), ALL, DAILY, "Container images")
    units = [unit.removeprefix("launchd:") for unit in values("unit")]
    yield Query("systemd_units", _in("select id, active_state from systemd_units where id", units), ("linux",), DAILY,
                "Services of systemd")  # fmt: skip
    yield Query("launchd", _in("select label, name, path from launchd where label", units), ("darwin",), DAILY,
                "Services of launchd")  # fmt: skip
    plain = [name for name in values(_ENVIRONMENT) if "*" not in name]
    yield Query(
        "process_envs",
        _in("select distinct p.name, u.username, e.key from processes p join process_envs e using (pid) "
            "left join users u on u.uid = p.uid where e.key", plain),
        ("darwin", "linux"), DAILY, "Names of variables, never what they hold",
    )  # fmt: skip
    for kind, name in FILES.items():
        for system in ALL:
            yield Query(f"{name}_{system}", _files(values(kind), system), (system,), DAILY, "Files of AI tools, unread")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _in(start: str, values: Iterable[str]) -> str:
    """`start in (...)`; nothing where there is nothing to ask for."""
    listed = ", ".join(map(_quoted, dict.fromkeys(values)))
    return f"{start} in ({listed})" if listed else ""


_BASE_NAME = "lower(replace({p}, rtrim({p}, replace({p}, '/', '')), ''))".replace("{p}", r"replace(p.path, '\', '/')")
_PROCESSES = """\
select distinct p.pid, p.name, p.path, u.username
from processes p left join users u on u.uid = p.uid
where lower(p.name)"""
# The program, module or package that an interpreter was told to run stands after its options and a runner's verb; other
# arguments prove nothing. `split` is osquery's: https://osquery.readthedocs.io/en/stable/introduction/sql/#sql-additions
_INTERPRETED = """\
with words(word, form) as (values {words}),
 called as (
  select pid, name, path, uid, split(rest, ' ', 1) as a, split(rest, ' ', 2) as b, split(rest, ' ', 3) as c
  from (select *, replace(cmdline, '"' || path || '"', name) as rest from processes where {interpreters})
 ),
 started as (
  select pid, name, path, uid,
   case when a in ({inline}) then null when a like '-%' or a in ({verbs}) then
    case when b like '-%' or b in ({verbs}) then c || ' ' else b || ' ' || coalesce(c, '') end
   else a || ' ' || coalesce(b, '') end as told
  from called
 ),
 spelt as (
  select *, ' ' || replace(replace(replace(lower(told), '\\', ' '), '/', ' '), '@', ' ') || ' ' as both,
   ' ' || replace(replace(replace(lower(split(told, ' ', 0)), '\\', ' '), '/', ' '), '@', ' ') || ' ' as first
  from started
 )
select distinct s.pid, s.name, s.path, u.username, s.name || ' ' || w.word as cmdline
from spelt s join words w on instr(case when instr(w.word, ' ') > 0 then s.both else s.first end, w.form) > 0
left join users u on u.uid = s.uid"""
_VERBS = "'exec', 'dlx', 'run', 'tool', 'x'"
_INLINE = "'-c', '-e', '--eval', '-Command', '-EncodedCommand'"


def _processes(names: list[str]) -> str:
    """Linux shows the first 15 characters of a name; the path has it whole."""
    forms = sorted({process_name(name) for name in names if "*" not in name})
    spelt = [spelling for form in forms for spelling in (form, form + ".exe")]
    return _in(_PROCESSES, spelt) + _in(f"\nor {_BASE_NAME}", spelt)


def _run(words: list[str]) -> str:
    plain = sorted({word for word in words if not word.startswith(("-", "autonomy_flag:", "docker "))})
    if not plain:
        return ""
    forms = {word: " " + re.sub(r"[/\\@ ]+", " ", word.lower()).strip() + " " for word in plain}
    rows = ", ".join(f"({_quoted(word)}, {_quoted(form)})" for word, form in forms.items())
    interpreters = " or ".join(f"lower(name) like '{name}%'" for name in _INTERPRETERS)
    sql = _INTERPRETED.replace("{interpreters}", interpreters).replace("{verbs}", _VERBS).replace("{inline}", _INLINE)
    return sql.replace("{words}", rows)


def _mac_apps(apps: list[str]) -> str:
    start = "select name, bundle_identifier, bundle_short_version, path from apps where"
    return _in(f"{start} lower(bundle_identifier)", [app[10:].lower() for app in apps if app.startswith("bundle_id:")])


def _windows_apps(apps: list[str]) -> str:
    names = [app.removeprefix("uninstall_name:") for app in apps if ":" not in app or app.startswith("uninstall_name:")]
    start = "select name, version, publisher, identifying_number from programs where"
    return _in(f"{start} name", [name.removesuffix(".app") for name in names])


def _extensions(browser: list[str], editor: list[str]) -> Iterator[Query]:
    by_store: dict[str, list[str]] = {}
    for value in browser:
        store, _, identifier = value.rpartition(":")
        by_store.setdefault({"edge": "chrome"}.get(store, store) or "chrome", []).append(identifier)
    for store, table, columns, systems in (
        ("chrome", "chrome_extensions", "x.browser_type, x.from_webstore, x.profile", ALL),
        ("firefox", "firefox_addons", "x.creator, x.autoupdate", ALL),
        ("safari", "safari_extensions", "x.path", ("darwin",)),
    ):
        sql = _in(_EXTENSIONS, by_store.get(store, []))
        yield Query(table, sql.replace("{table}", table).replace("{columns}", columns), systems, DAILY, "Extensions")
    plain = [value.removeprefix("vscode:").lower() for value in editor if not value.startswith("jetbrains:")]
    yield Query("vscode_extensions", _in(_VSCODE, plain), ALL, DAILY, "Extensions of VS Code")


_EXTENSIONS = """\
select u.username, x.identifier, x.name, x.version, {columns}
from users u cross join {table} x using (uid)
where x.identifier"""
_VSCODE = """\
select u.username, x.name, x.publisher, x.version, x.vscode_edition
from users u cross join vscode_extensions x using (uid)
where case when instr(x.name, '.') > 0 then lower(x.name) else lower(x.publisher || '.' || x.name) end"""
_IMAGES = """\
with wanted(image) as (values {images}),
 listed(tags, size_bytes) as (select ',' || replace(lower(tags), ', ', ','), size_bytes from docker_images)
select distinct substr(tags, 2) as tags, size_bytes
from listed join wanted on tags like '%,' || image || ':%' or tags like '%/' || image || ':%'"""


_FILES = "select path, size from file where "


def _images(images: list[str]) -> str:
    names = [image.partition("@")[0].lower() for image in images if "*" not in image]
    listed = ", ".join(f"({_quoted(name)})" for name in names if ":" not in name.rpartition("/")[2])
    return _IMAGES.replace("{images}", listed) if listed else ""


def _files(places: list[str], system: str) -> str:
    """Places in homes, as patterns of `path`. No file is opened for them."""
    found = dict.fromkeys(path for place in places if (path := _place(place, system)))
    patterns = [f"path like {_quoted(home + path)}" for path in found for home in _HOMES[system]]
    return _FILES + " or ".join(patterns) if patterns else ""


def _place(place: str, system: str) -> str:
    """A place below a home on one system; nothing where it is of another one, or is no place in a home."""
    path = place.replace("\\", "/")
    for variable, folder in (("%APPDATA%", "~/AppData/Roaming"), ("%LOCALAPPDATA%", "~/AppData/Local")):
        if path.upper().startswith(variable + "/"):
            path = folder + path[len(variable) :]
    if not path.startswith("~/") or "*" in path or "#" in path:
        return ""
    of_system = {"Library": "darwin", "AppData": "windows"}.get(path.split("/")[1], system)
    if of_system != system:
        return ""
    return path[1:].replace("/", "\\") if system == "windows" else path[1:]


def osquery_pack(found: Iterable[Query]) -> str:
    """A pack of osquery: JSON, for `packs` of its configuration."""
    told = {
        query.name: {
            "query": query.sql,
            "interval": query.interval_s,
            "platform": ",".join(query.platforms),
            "snapshot": True,
            "description": query.description,
        }
        for query in found
    }
    return json.dumps({"queries": told}, indent=1) + "\n"


def fleet_queries(found: Iterable[Query]) -> str:
    """Queries of Fleet, for `fleetctl apply`: YAML, one document each; strings are JSON, which is YAML too."""
    documents = (
        "---\napiVersion: v1\nkind: query\nspec:\n"
        f"  name: {query.name}\n"
        f"  description: {json.dumps(query.description)}\n"
        f"  query: {json.dumps(query.sql)}\n"
        f"  interval: {query.interval_s}\n"
        f"  platform: {json.dumps(','.join(query.platforms))}\n"
        "  logging: snapshot\n  automations_enabled: true\n  observer_can_run: false\n"
        for query in found
    )
    return "".join(documents)
