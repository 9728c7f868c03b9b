"""Read signature files. Everything that is wrong is collected, with its file and key, so that one round mends it."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from shadowledger.signatures import schema
from shadowledger.signatures.artifacts import command_words, merchant_words
from shadowledger.signatures.compiled import compiled
from shadowledger.signatures.schema import Flaw, Indicator, Service, Strength

HERE = Path(__file__).parent
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_SERVICE_KEYS = {
    "id", "name", "vendor", "family", "category", "ai_kind", "aliases", "references", "reviewed_on", "indicator",
    "examples", "successor", "deployments",
}  # fmt: skip
_INDICATOR_KEYS = {
    "kind", "value", "values", "role", "strength", "reference", "tenant", "valid_from", "valid_to",
}  # fmt: skip
_LONGEST_FILE = 1 << 20


class Catalogue(tuple[Service, ...]):
    """The services of one reading, in the order of their ids."""

    __slots__ = ()


_READ = msgspec.msgpack.Decoder(tuple[tuple[Service, ...], list[Flaw]])


@cache
def vocabulary() -> Mapping[str, str]:
    """The categories: key to title."""
    text = (HERE / "vocabularies.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["category"])


def load_catalogue() -> tuple[Catalogue, list[Flaw]]:
    """Read the catalogue that ships with the program."""
    folder = HERE / "services"
    sources = (folder, HERE / "vocabularies.toml", Path(__file__), Path(schema.__file__))
    services, flaws = compiled(
        "catalogue", sources, lambda: load_files(sorted(folder.glob("*.toml")), "catalogue"), _READ
    )
    return Catalogue(services), flaws


def version_of(catalogue: Iterable[Service]) -> str:
    """The day of the last review in a catalogue, as packs write versions: `2026.11.23`."""
    newest = max((service.reviewed_on for service in catalogue if service.reviewed_on), default=dt.date.min)
    return f"{newest:%Y.%m.%d}"


def load_files(paths: Iterable[Path], origin: str) -> tuple[Catalogue, list[Flaw]]:
    """Read signature files; a file with a flaw gives no service, and all its flaws.

    `origin` is `catalogue` or `overlay`; an overlay may leave out references, examples and the review date."""
    services: dict[str, Service] = {}
    flaws: list[Flaw] = []
    for path in paths:
        service, wrong = _read(path, origin)
        flaws += wrong
        if service is None:
            continue
        if service.id in services:
            flaws.append(Flaw(path.name, "id", f"'{service.id}' is taken by another file"))
            continue
        services[service.id] = service
    return Catalogue(services[key] for key in sorted(services)), flaws


def _read(path: Path, origin: str) -> tuple[Service | None, list[Flaw]]:
    try:
        if path.stat().st_size > _LONGEST_FILE:
            return None, [Flaw(path.name, "-", "larger than 1 MiB; one file holds one product")]
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        return None, [Flaw(path.name, "-", f"cannot be read: {error}")]
    return _Reader(path.name, origin).service(tree, path.stem)


class _Reader:
    """Checks one file key by key and keeps what it finds wrong."""

    def __init__(self, file: str, origin: str) -> None:
        self.file = file
        self.strict = origin == "catalogue"
        self.origin = origin
        self.flaws: list[Flaw] = []

    def flaw(self, key: str, problem: str) -> None:
        self.flaws.append(Flaw(self.file, key, problem))

    def service(self, tree: dict[str, Any], stem: str) -> tuple[Service | None, list[Flaw]]:
        for key in sorted(set(tree) - _SERVICE_KEYS):
            self.flaw(key, "unknown key; known are " + ", ".join(sorted(_SERVICE_KEYS)))
        service_id = self.text(tree, "id")
        if service_id and not _ID.match(service_id):
            self.flaw("id", "use lower-case letters, digits and single hyphens")
        if service_id and service_id != stem:
            self.flaw("id", f"'{service_id}' must be the file's name, '{stem}'")
        examples = tree.get("examples", {})
        if not isinstance(examples, dict):
            self.flaw("examples", "must be a table with match and no_match")
            examples = {}
        for key in sorted(set(examples) - {"match", "no_match"}):
            self.flaw(f"examples.{key}", "unknown key; known are match, no_match")
        service = Service(
            id=service_id,
            name=self.text(tree, "name"),
            vendor=self.text(tree, "vendor"),
            family=self.text(tree, "family", needed=False) or service_id,
            category=self.word(tree, "category", tuple(vocabulary()), needed=self.strict),
            ai_kind=self.word(tree, "ai_kind", schema.AI_KINDS, needed=self.strict) or "native",
            aliases=self.texts(tree, "aliases", "aliases", needed=False),
            indicators=self.indicators(tree),
            references=self.texts(tree, "references", "references", needed=self.strict),
            match=self.texts(examples, "match", "examples.match", needed=self.strict),
            no_match=self.texts(examples, "no_match", "examples.no_match", needed=self.strict),
            reviewed_on=self.date(tree, "reviewed_on", "reviewed_on", needed=self.strict),
            origin=self.origin,
            successor=self.text(tree, "successor", needed=False),
            deployments=self.deployments(tree),
        )
        return (None if self.flaws else service), self.flaws

    def indicators(self, tree: dict[str, Any]) -> tuple[Indicator, ...]:
        blocks = tree.get("indicator", [])
        if not isinstance(blocks, list) or not blocks:
            self.flaw("indicator", "at least one [[indicator]] is needed")
            return ()
        found: list[Indicator] = []
        for number, block in enumerate(blocks, 1):
            where = f"indicator[{number}]"
            if not isinstance(block, dict):
                self.flaw(where, "must be a table")
                continue
            found += self.block(block, where)
        seen: set[tuple[str, str]] = set()
        for indicator in found:
            if indicator[:2] in seen:
                self.flaw("indicator", f"{indicator.kind} '{indicator.value}' stands twice")
            seen.add(indicator[:2])
        return tuple(found)

    def deployments(self, tree: dict[str, Any]) -> tuple[str, ...]:
        told = self.texts(tree, "deployments", "deployments", needed=False)
        for path in told:
            if not path.endswith("/*") or path.count("*") > 1 or path != path.strip("/").lower():
                self.flaw("deployments", f"'{path}': write `first/segments/*`, in lower case")
        return told

    def block(self, block: dict[str, Any], where: str) -> list[Indicator]:
        for key in sorted(set(block) - _INDICATOR_KEYS):
            self.flaw(f"{where}.{key}", "unknown key; known are " + ", ".join(sorted(_INDICATOR_KEYS)))
        kind = self.word(block, "kind", schema.KINDS, f"{where}.kind")
        role_default = "presence" if kind in schema.ARTIFACT_KINDS else ""
        role = self.word(block, "role", schema.ROLES, f"{where}.role", needed=not role_default) or role_default
        words = tuple(strength.word for strength in Strength)
        strength = self.word(block, "strength", words, f"{where}.strength", needed=False) or "certain"
        values = self.texts(block, "values", f"{where}.values", needed=False)
        if "value" in block:
            values += (self.text(block, "value", f"{where}.value"),)
        if not values:
            self.flaw(where, "needs a value, or a list of values")
        for value in values:
            if problem := _value_problem(kind, value):
                self.flaw(f"{where}.value", f"'{value}': {problem}")
        tenant = block.get("tenant", False)
        if not isinstance(tenant, bool):
            self.flaw(f"{where}.tenant", "must be true or false")
        reference = self.text(block, "reference", f"{where}.reference", needed=self.strict)
        start = self.date(block, "valid_from", f"{where}.valid_from", needed=False)
        end = self.date(block, "valid_to", f"{where}.valid_to", needed=False)
        grade = Strength[strength.upper()] if strength in words else Strength.CERTAIN
        return [Indicator(kind, v, role, grade, reference, tenant is True, start, end) for v in values]

    def text(self, tree: dict[str, Any], key: str, where: str = "", *, needed: bool = True) -> str:
        value = tree.get(key, "")
        if not isinstance(value, str):
            self.flaw(where or key, "must be text")
            return ""
        if needed and not value.strip():
            self.flaw(where or key, "is missing")
        return value.strip()

    def texts(self, tree: dict[str, Any], key: str, where: str, *, needed: bool) -> tuple[str, ...]:
        value = tree.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.flaw(where, "must be a list of texts")
            return ()
        if needed and not value:
            self.flaw(where, "needs at least one entry")
        return tuple(item.strip() for item in value)

    def word(
        self, tree: dict[str, Any], key: str, known: tuple[str, ...], where: str = "", *, needed: bool = True
    ) -> str:
        value = self.text(tree, key, where, needed=needed)
        if value and value not in known:
            self.flaw(where or key, f"'{value}' is not one of " + ", ".join(known))
        return value

    def date(self, tree: dict[str, Any], key: str, where: str, *, needed: bool) -> dt.date | None:
        value = tree.get(key)
        if value is None:
            if needed:
                self.flaw(where, "is missing; write a date such as 2026-11-23")
            return None
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            self.flaw(where, "must be a date such as 2026-11-23, without quotes")
            return None
        return value


_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")
_PATTERN = re.compile(r"[a-z0-9*-]+(\.[a-z0-9*-]+)*(\.[a-z0-9-]+){2}\Z")
_API_PATH = re.compile(r"([A-Z]+ )?(:[0-9]{1,5})?(/[^/\s]+)+\Z")
_BROWSER_EXT = re.compile(r"(chrome:[a-p]{32}|edge:[a-p]{32}|firefox:\S+|safari:\S+)\Z")


def _value_problem(kind: str, value: str) -> str:
    """What is wrong with an indicator's value; empty where nothing is."""
    if kind in ("host", "host_exact") and not _HOST.match(value):
        return "not a lower-case host name"
    if kind == "host_pattern" and ("*" not in value or not _PATTERN.match(value)):
        return "write whole labels with * inside them, the last two without"
    if kind == "url_path":
        host, slash, path = value.partition("/")
        if not _HOST.match(host) or not slash or not path:
            return "write host/segment, without scheme"
    if kind == "api_path":
        tail = value.rsplit("/", 1)[-1].rpartition(":")[2]
        if not _API_PATH.match(value) or not tail or "*" in tail:
            return "write [METHOD ][:port]/segments, the last one ending in a literal"
    if kind == "user_agent" and (not value or any(c in value for c in " ;()*")):
        return "write one product token, such as OpenAI/Python"
    if kind == "browser_ext" and not _BROWSER_EXT.match(value):
        return "write chrome: and 32 letters from a to p, or firefox:, edge:, safari: and an id"
    if kind == "cmdline" and not command_words(value.removeprefix("autonomy_flag:")):
        return "write the words of a command line that name the product"
    if kind == "merchant" and not merchant_words(value):
        return "write the words of a payee that name the product"
    if kind == "port" and not (value.isdigit() and 0 < int(value) < 65536):
        return "not a port number"
    return ""
