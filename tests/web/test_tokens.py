"""Who is let in: tokens that are unknown, stolen, used up, expired or revoked let nobody in."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from commands import shadowledger
from serving import Server, document, id_of, serving

from shadowledger.db import audit
from shadowledger.db.arrivals import DAY_US, open_arrivals
from shadowledger.db.enrolments import NotEnrolledError, device_of, enrol, make_enrolment
from shadowledger.db.transactions import writing

NOW_US = 1_795_424_400_000_000
HOUR_US = 3_600_000_000


@pytest.fixture
def store(tmp_path: Path) -> sqlite3.Connection:
    return open_arrivals(tmp_path / "arrivals.db", create=True)


def made(store: sqlite3.Connection, hours: int = 24, uses: int = 1) -> str:
    with writing(store):
        return make_enrolment(store, NOW_US, hours, uses, "")


def tried(store: sqlite3.Connection, token: str, name: str = "lab-7", now_us: int = NOW_US) -> int | str:
    """The status with which a device is refused, or its token."""
    try:
        with writing(store):
            return enrol(store, now_us, token, (id_of(name), name, "linux", "0.1.0"))[0]
    except NotEnrolledError as error:
        return error.status


def heard(store: sqlite3.Connection, at_us: int) -> None:
    store.execute("update device set heard_us = ?", (at_us,))


def test_a_token_is_good_for_its_time(store: sqlite3.Connection) -> None:
    assert [isinstance(tried(store, made(store), now_us=NOW_US + at), str) for at in (0, 24 * HOUR_US - 1)] == [
        True
    ] * 2
    assert [tried(store, made(store), now_us=NOW_US + at) for at in (24 * HOUR_US, 9 * DAY_US)] == [401, 401]


def test_a_token_is_good_for_so_many_devices_each_of_which_may_ask_again_until_it_was_heard_of(
    store: sqlite3.Connection,
) -> None:
    token = made(store, uses=2)
    found = [tried(store, token, name) for name in ("a", "b", "c", "a", "b", "a")]
    assert [one if one == 401 else "in" for one in found] == ["in", "in", 401, "in", "in", "in"]
    assert [device_of(store, str(one)) is not None for one in found] == [False, False, False, False, True, True]
    heard(store, NOW_US)
    assert tried(store, token, "a") == 401


@pytest.mark.parametrize(("days", "is_let_in"), [(0, False), (2.9, False), (3.1, True)])
def test_a_device_that_is_heard_of_cannot_be_taken_over(
    store: sqlite3.Connection, days: float, is_let_in: bool
) -> None:
    first = tried(store, made(store))
    heard(store, NOW_US)
    again = tried(store, made(store, hours=8760), now_us=NOW_US + int(days * DAY_US))
    assert (isinstance(again, str), again == 409) == (is_let_in, not is_let_in)
    assert (device_of(store, str(first)) is None) == is_let_in


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "ünknown", "' or 1=1 --"])
def test_what_is_no_token_lets_nobody_in(server: Server, token: str) -> None:
    told = {"token": token, "device": id_of("lab-1"), "name": "lab-1", "system": "linux"}
    assert server.ask("POST", "/v1/enroll", json.dumps(told).encode()).status == 401
    for kind in ("Bearer", "Basic", ""):
        authorization = f"{kind} {token}".encode().decode("latin-1")
        assert server.ask("GET", "/v1/profile", Authorization=authorization).status == 401


def test_an_enrolment_token_delivers_nothing_and_a_devices_enrols_nobody(server: Server, token: str) -> None:
    assert server.deliver(server.token(), document("lab-7")).status == 401
    assert server.enrol("lab-8", token).status == 401


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"device": "lab-7"}, 400),
        ({"device": "A" * 64}, 400),
        ({"device": None}, 400),
        ({"name": ""}, 400),
        ({"name": "x" * 256}, 400),
        ({"name": "lab\u202e7"}, 400),
        ({"name": "lab\n7"}, 400),
        ({"system": "beos"}, 400),
        ({"note": "x" * 20_000}, 413),
        ({"version": "<script>"}, 200),
        ({"more": [1, 2]}, 200),
    ],
)
def test_an_enrolment_says_what_the_device_is(server: Server, changed: dict[str, object], status: int) -> None:
    assert server.enrol("lab-9", **changed).status == status


def test_a_stolen_token_tells_of_its_own_device_alone_and_is_revoked_at_once(tmp_path: Path) -> None:
    with serving(tmp_path / "inventory.db") as server:
        mine, other = server.device("lab-1"), server.device("lab-2")
        assert server.deliver(mine, document("lab-2")).status == 422
        assert server.deliver(mine, document("lab-1")).status == 200
        done = shadowledger("devices", "revoke", "lab-1", "--reason", "stolen", db=server.db)
        assert done.code == 0, done
        assert server.deliver(mine, document("lab-1")).status == 403
        assert [server.ask("GET", path, token=mine).status for path in ("/v1/profile", "/v1/signatures")] == [403] * 2
        assert server.deliver(other, document("lab-2")).status == 200
        again = server.device("lab-1")
        assert server.deliver(again, document("lab-1")).status == 200
        assert server.deliver(mine, document("lab-1")).status == 401


def test_no_token_lies_on_the_disk(tmp_path: Path) -> None:
    with serving(tmp_path / "inventory.db") as server:
        enrolment = server.token("--uses", "2")
        own = server.device("lab-1", enrolment)
        server.deliver(own, document("lab-1"))
        said = server.end()
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()) + said.encode()
    assert enrolment.encode() not in held
    assert own.encode() not in held
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("inventory.*"))


def test_what_is_decided_of_devices_is_audited_and_its_chain_holds(tmp_path: Path) -> None:
    db = tmp_path / "inventory.db"
    with serving(db) as server:
        server.device("lab-1")
        assert server.ask("GET", "/v1/profile", token=server.device("lab-2")).told["profile"] == "standard"
    for words in (
        ("profile", "minimal", "--period", "30m"),
        ("profile", "full", "--device", "lab-2"),
        ("revoke", "lab-1", "--reason", "gone"),
    ):
        assert shadowledger("devices", *words, db=db).code == 0
    done = shadowledger("devices", "decisions", db=db)
    assert [row["action"] for row in done.lines] == [
        "enrolment token", "enrol", "enrolment token", "enrol", "profile of devices", "profile of device",
        "revoke device",
    ]  # fmt: skip
    listed = shadowledger("devices", "list", "--format", "json", db=db).json["devices"]
    assert [(one["name"], one["state"], one["profile"]) for one in listed] == [
        ("lab-1", "revoked", "minimal"),
        ("lab-2", "never seen", "full"),
    ]
    with closing(open_arrivals(tmp_path / "inventory.arrivals.db", create=False)) as store:
        assert audit.first_broken_row(store) is None
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            store.execute("delete from audit")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("devices", "list"), "No server was ever run"),
        (("bundles", "list"), "No server was ever run"),
        (("bundles", "key"), "No server was ever run"),
        (("serve", "--host", "0.0.0.0"), "--tls-cert"),  # noqa: S104 - to be refused
        (("serve", "--host", "192.0.2.1"), "--tls-cert"),
        (("serve", "--client-ca", __file__), "needs --tls-cert"),
        (("serve", "--tls-cert", __file__), "belong together"),
        (("serve", "--tls-cert", __file__, "--tls-key", __file__), "PEM"),
        (("serve", "--site", "../etc"), "--site takes"),
        (("serve", "--seal-every", "soon"), "is no time"),
        (("serve", "--seal-every", "0"), "is no time"),
    ],
)
def test_wrong_invocations_are_told(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    done = shadowledger(*words, db=tmp_path / "inventory.db")
    assert (done.code, told in done.stderr) == (2, True), done
