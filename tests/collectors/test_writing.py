"""The function that is written for a record type makes of a record what its mapping says, read plainly."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shadowledger.collectors.clock import EXPLICIT, Clock
from shadowledger.collectors.dns.questions import question_word
from shadowledger.collectors.engines.contacts import Contacts
from shadowledger.collectors.engines.fields import NOTHING, Fields
from shadowledger.collectors.engines.mapping import Action, Mapping, Pick, RecordType, Spec, load
from shadowledger.collectors.engines.plan import is_address_shaped, split_client
from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import TOO_MANY_DIGITS, UNKNOWN_BYTES, Ignored, Record, Traffic
from shadowledger.collectors.sources import Opened
from shadowledger.collectors.users import plain_user
from shadowledger.signatures.hosts import split_authority, split_url

MAPPING = """
id = "acme"
title = "ACME"
reference = "https://acme.example"
engines = ["keyvalue"]
nothing = ["notset"]

[common]
client = ["a", "b"]
user = { columns = ["c"], pattern = '^([^>]++)$' }
device = "d"
time = [
  { columns = ["e", "f"], zone_column = "g", only_with_zone = true },
  { columns = "e" },
  { columns = "h", form = "iso" },
]
app_label = "i"
category_label = ["i", "j"]
content_type = { columns = ["j", "k"], otherwise = "text/plain" }
status = "k"
sent_bytes = "l"
received_bytes = ["l", "m"]

[common.action]
columns = ["n", "o"]
allowed = ["~allow.*", "yes"]
blocked = ["~.*deny.*"]

[[record]]
name = "web"
when = { p = "~.+", "q|o" = ["web", "!", "~[0-9]+"] }
via = "proxy"
host = ["r", "a"]
url = "p"
path = { columns = ["s"], pattern = '([^ ]+)' }
scheme = "q"
port = "m"
method = ["t", "n"]
user_agent = { columns = ["u"], undo = "percent" }

[[record]]
name = "names"
when = { r = "*" }
via = "dns"
host = { columns = ["r", "t"], join = "." }
question_type = "q"
port = "m"

[[record]]
name = "none"
when = { t = "web" }
ignore = "nothing here"

[[record]]
name = "addresses"
when = { a = "~.+" }
via = "proxy"
url = ["p", "r"]
process = "u"
"""
COLUMNS = "abcdefghijklmnopqrstu"
TEXTS = st.sampled_from([
    "", "-", "notset", "NotSet", " none ", "web", "WEB ", "0", "443", "8080", "70000", "1e3", "200", "404 ", "99.7",
    "٣", "12345678901234", "chatgpt.com", "Chatgpt.com:443", "api.example/v1/chat?x=1#y", "http:///x", "://", "//x/y",
    "http://api.example:8080/v1/models?q=http://x/", "HTTPS://user@api.example", "https://10.0.0.1/x#y", "/only/path?q",
    "?q", "a:b:c", "[::1]:53", "fe80::1%eth0", "10.0.0.7", "10.0.0.7:5353", "xn--q.example",
    "CORP\\ada", "a>b", "ada@example.com",
    "GET", "connect", "CONNECT", "allowed", "Denyed", "yes", "Mozilla/5.0%20(X11)", "x" * 1100, "\u00a0x", "a\nb", "\n",
    "A", "AAAA", "TYPE65", "2026-11-05", "22:50:33", "22:50:60.5", "2026-11-05 22:50:33", "2026-11-05 22:50:99",
    "2026-11-05T22:50:34.123Z", "2026-11-05T22:50:35.9Z", "Thu Nov  5 22:50:33 2026", "1793919033.333", "UTC", "+02:00",
    "C:\\Programs\\x.exe",
])  # fmt: skip


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Mapping:
    path = tmp_path_factory.mktemp("mappings") / "acme.toml"
    path.write_text(MAPPING)
    return load(path)


@settings(max_examples=200, deadline=None)
@example([{"o": "99.7", "u": "://", "p": "web"}])
@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), TEXTS, min_size=9), min_size=1, max_size=8))
def test_what_is_written_does_what_the_mapping_says(mapping: Mapping, records: list[Fields]) -> None:
    clock = Clock(Settings())
    with Opened("x", io.BytesIO(b"")) as opened:
        contacts = Contacts(mapping, Reading(opened), clock)
        for position, fields in enumerate(records, 1):
            assert contacts.records(position, fields) == Plain(mapping, fields, clock).record(position)


class Plain:
    """One record, read column by column."""

    def __init__(self, mapping: Mapping, fields: Fields, clock: Clock) -> None:
        self.mapping, self.fields, self.clock = mapping, fields, clock
        self.nothing = NOTHING | set(mapping.nothing)

    def column(self, name: str) -> str:
        text = self.fields.get(name, "").strip()
        return "" if text.lower() in self.nothing else text

    def text(self, spec: Spec | None) -> str:
        if spec is None:
            return ""
        if isinstance(spec, str):
            return self.column(spec)
        if isinstance(spec, tuple):
            return next((text for part in spec if (text := self.text(part))), "")
        texts = [text for name in spec.columns if (text := self.column(name))]
        if spec.join is not None:
            texts = [spec.join.join(texts)]
        return next((taken for text in texts if (taken := self.taken(spec, text))), spec.otherwise)

    def taken(self, pick: Pick, text: str) -> str:
        if pick.pattern:
            found = re.search(pick.pattern, text)
            text = found[1] if found else ""
        return text.replace("%20", " ") if pick.undo == "percent" else text

    def holds(self, one: RecordType) -> bool:
        for columns, words in one.when.items():
            text = next((t for name in columns.split("|") if (t := self.fields.get(name, ""))), "").strip().lower()
            if not any(self.fits(text, word) for word in ((words,) if isinstance(words, str) else words)):
                return False
        return True

    def fits(self, text: str, word: str) -> bool:
        if word.startswith("~"):
            return re.fullmatch(word[1:], text) is not None
        return text not in NOTHING if word == "*" else text in NOTHING if word == "!" else text == word

    def record(self, position: int) -> Record:
        one = next((one for one in self.mapping.types() if self.holds(one)), None)
        if one is None or one.ignore:
            return Ignored(position, one.ignore if one else "another kind of record")
        scheme, host, port, path = self.target(one)
        scheme = self.text(one.scheme).lower() or scheme
        port = port or split_authority(f"x:{self.text(one.port)}")[1]
        method = self.text(one.method).upper()[:32]
        if method == "CONNECT":
            scheme = path = ""
        if not host or (":" in host and not is_address_shaped(host)):
            return Ignored(position, "names no host")
        address, name = split_client(self.text(one.client))
        process = self.text(one.process)
        return Traffic(
            position,
            {5353: "mdns", 5355: "llmnr"}.get(port, "dns") if one.via == "dns" else one.via or "",
            host,
            *self.stamp(one),
            client=address,
            user=plain_user(self.text(one.user)),
            device=self.text(one.device)[:1024] or name,
            port=0 if one.via == "dns" else port,
            scheme=scheme,
            path=path,
            method=method,
            status=int(found[0]) if (found := re.match(r"\d{3}(?!\d)|\d\d?\Z", self.text(one.status), re.ASCII)) else 0,
            sent_bytes=count(self.text(one.sent_bytes)),
            received_bytes=count(self.text(one.received_bytes)),
            user_agent=self.text(one.user_agent)[:1024],
            process=next((part for part in reversed(re.split(r"[\\/]", process)) if part), "")[:1024],
            action=self.verdict(one.action),
            question_type=question_word(self.text(one.question_type)),
            app_label=self.text(one.app_label)[:1024],
            category_label=self.text(one.category_label)[:1024],
            content_type=self.text(one.content_type)[:1024],
        )

    def target(self, one: RecordType) -> tuple[str, str, int, str]:
        scheme, host, port, path = "", "", 0, ""
        if text := self.text(one.host):
            if "://" in text:
                scheme, host, port, path = split_url(text)
            else:
                host, port = split_authority(text.partition("/")[0])
        if text := self.text(one.url):
            told = split_url(text)
            if text[0] in "/?":
                path = re.split("[?#]", text)[0]
            elif told.host and (not host or told.scheme or told.host == host):
                host = host if host and is_address_shaped(told.host) else told.host
                scheme, path, port = told.scheme, told.path, told.port or port
        return scheme, host, port, path or re.split("[?#]", self.text(one.path))[0]

    def stamp(self, one: RecordType) -> tuple[int, str]:
        for time in one.time or ():
            texts = [self.column(name) for name in ((time.columns,) if isinstance(time.columns, str) else time.columns)]
            told = self.clock.read(" ".join(texts), time.form, self.text(time.zone_column)) if all(texts) else (0, "")
            if told[0] and (told[1] == EXPLICIT or not time.only_with_zone):
                return told
        return 0, ""

    def verdict(self, action: Action | None) -> str:
        text = self.text(action.columns).lower() if action else ""
        told = {"blocked": action.blocked, "allowed": action.allowed} if action else {}
        return next((name for name, words in told.items() if any(self.fits(text, word) for word in words)), "")


def count(text: str) -> int:
    whole = text.partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < TOO_MANY_DIGITS else UNKNOWN_BYTES
