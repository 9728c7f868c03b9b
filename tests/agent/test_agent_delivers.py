"""What is found arrives at the server once, in order, whatever the server answers; and the machine's people read it."""

from __future__ import annotations

import gzip
import json
import time
from email.utils import formatdate

import pytest
from agent_machine import AgentMachine
from agent_server import AgentServer, Odd, hang_up, raw, status, then_cut


def test_what_is_found_arrives_and_is_told_to_the_person(machine: AgentMachine, server: AgentServer) -> None:
    done = machine.run()
    assert (done.code, done.out, done.err) == (0, "", "")
    ((run, lines),) = server.documents.items()
    assert [one["value"] for one in lines[:-1] if one["kind"] == "mcp_server"] == ["git"]
    assert "acme.example" in [one["value"] for one in lines[:-1] if one["kind"] == "account_domain"]
    assert {one["device"] for one in lines} == {"ada-laptop"}
    head, *told = machine.sent()
    assert (head["run"], head["to"], head["stored"]) == (run, server.url, "now")
    assert told == lines
    assert (machine.state / "sent.log").stat().st_mode & 0o777 == 0o644
    assert machine.waiting() == []


def test_what_goes_out_is_the_document_and_who_sends_it_and_nothing_else(
    machine: AgentMachine, server: AgentServer
) -> None:
    machine.run()
    (post,) = server.posts()
    assert set(post.headers) == {
        "host", "user-agent", "accept", "content-length", "authorization", "content-type", "content-encoding", "date",
    }  # fmt: skip
    document = gzip.decompress(post.body).decode()
    summary = json.loads(document.splitlines()[-1])
    assert "s3cret" not in document
    assert "ada@" not in document
    assert {key: summary[key] for key in ("agent", "pack", "dropped_runs", "quarantined_runs", "at_most")} == {
        "agent": "0.1.0", "pack": "", "dropped_runs": 0, "quarantined_runs": 0, "at_most": "full",
    }  # fmt: skip
    assert summary["safety"]["programs_started"] is False
    assert summary["device_id"] == server.devices[post.headers["authorization"].removeprefix("Bearer ")]


def test_show_me_prints_what_run_sends(machine: AgentMachine, server: AgentServer) -> None:
    shown = machine.do("show-me")
    assert (shown.code, server.asked, machine.waiting()) == (0, [], [])
    assert server.url in shown.err
    machine.remember(walk_at=int(time.time()))
    machine.run()
    (sent,) = server.documents.values()
    mine = [json.loads(line) for line in shown.out.splitlines()]
    for line in (*mine, *sent):
        for key in ("time", "run", "sha256", "duration_ms"):
            line.pop(key, None)
    assert mine == sent


def page(code: int) -> Odd:
    """Answer with a page, as somebody does who stands between."""
    return raw(b"HTTP/1.1 %d No\r\nContent-Length: 13\r\n\r\n<html></html>" % code)


ANSWERS: dict[str, tuple[Odd, str, int]] = {
    "200": (status(200, told={"run": "", "stored": "now"}), "stays", 1),
    "200 of somebody else": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>"), "stays", 1),
    "200 of another kind": (status(200, told=[1]), "stays", 1),
    "204": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "stays", 1),
    "301": (status(301, {"Location": "/v1/runs"}), "stays", 1),
    "302 to another host": (status(302, {"Location": "http://192.0.2.1/"}), "stays", 1),
    "307": (status(307, {"Location": "/elsewhere"}), "stays", 1),
    "400": (status(400), "put aside", 1),
    "401": (status(401), "refused", 1),
    "403": (status(403), "refused", 1),
    "400 of a proxy": (page(400), "stays", 1),
    "401 of a proxy": (page(401), "stays", 1),
    "403 of a proxy": (page(403), "stays", 1),
    "403 of a gateway": (status(403, told={"message": "Forbidden"}), "stays", 1),
    "404": (status(404), "stays", 1),
    "405": (status(405), "stays", 1),
    "408": (status(408), "stays", 0),
    "413": (status(413), "put aside", 1),
    "422": (status(422), "put aside", 1),
    "429": (status(429, {"Retry-After": "30"}), "stays", 0),
    "500": (status(500), "stays", 0),
    "502": (raw(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), "stays", 0),
    "503": (status(503, {"Retry-After": "30"}), "stays", 0),
    "599": (status(599), "stays", 0),
    "no answer": (hang_up, "stays", 0),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "stays", 0),
    "headers without end": (raw(b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 1000), "stays", 0),
    "a header without end": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000), "stays", 0),
    "a broken chunk": (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"), "stays", 0),
    "a deep body": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + b"[" * 60_000), "stays", 1),
    "cut in the middle": (then_cut, "stays", 0),
}


@pytest.mark.parametrize(("odd", "fate", "code"), ANSWERS.values(), ids=ANSWERS.keys())
def test_each_answer_has_one_meaning(
    machine: AgentMachine, server: AgentServer, odd: Odd, fate: str, code: int
) -> None:
    server.answer_with(odd)
    done = machine.run()
    facts = machine.facts()
    (post,) = server.posts()
    assert done.code == code, done
    assert done.err.startswith("shadowledger agent: ")
    assert done.err.count("\n") == 1
    assert facts["is_refused"] == (fate == "refused")
    assert len(machine.waiting()) == (fate != "put aside")
    assert len(machine.quarantined()) == facts["quarantined_runs"] == (fate == "put aside")
    assert facts["failures"] == (fate == "stays")
    server.answer_well()
    run = json.loads(gzip.decompress(post.body).decode().splitlines()[-1])["run"]
    machine.run("--now")
    assert (run in server.documents) == (fate == "stays")
    assert len(server.stored) == {"stays": 2, "put aside": 1, "refused": 0}[fate]


def test_an_answer_that_was_cut_off_is_asked_for_again_and_nothing_counts_twice(
    machine: AgentMachine, server: AgentServer
) -> None:
    server.answer_with(then_cut)
    machine.run()
    machine.run("--now")
    first, second = server.stored
    assert [one["run"] for one in machine.sent() if "sent_at" in one] == [first, second]
    assert [one["stored"] for one in machine.sent() if "sent_at" in one] == ["before", "now"]


def test_what_waited_goes_first_and_in_order(machine: AgentMachine, server: AgentServer) -> None:
    server.answer_with(status(503), lasting=True)
    for _ in range(4):
        machine.run("--now")
    waiting = machine.waiting()
    assert len(waiting) == 4
    server.answer_well()
    machine.run("--now")
    assert server.stored[:4] == waiting
    assert len(server.stored) == 5
    assert [one["run"] for one in machine.sent() if "sent_at" in one] == server.stored


def test_a_document_that_is_refused_holds_nothing_up(machine: AgentMachine, server: AgentServer) -> None:
    server.answer_with(status(503), lasting=True)
    machine.run("--now")
    machine.run("--now")
    server.answer_with(status(422, told={"error": "Lines are\x1b[31m missing."}))
    done = machine.run("--now")
    assert done.code == 1
    assert "Lines are [31m missing" in done.err
    assert (len(server.stored), machine.waiting(), machine.facts()["quarantined_runs"]) == (2, [], 1)
    assert machine.quarantined()[0].startswith("422.")
    machine.run()
    assert server.documents[server.stored[-1]][-1]["quarantined_runs"] == 1


def test_whoever_is_refused_sends_nothing_until_enrolled_again(machine: AgentMachine, server: AgentServer) -> None:
    server.devices.clear()
    assert machine.run().code == 1
    server.asked.clear()
    done = machine.run("--now")
    assert (done.code, server.asked, len(machine.waiting())) == (1, [], 2)
    assert "enrolled again" in done.err
    waiting = machine.waiting()
    assert machine.enroll(server).code == 0
    assert machine.run().code == 0
    assert server.stored[:2] == waiting
    assert len(server.stored) == 3


def test_failures_put_the_next_attempt_off_and_runs_go_on(machine: AgentMachine, server: AgentServer) -> None:
    server.answer_with(status(500), lasting=True)
    for failures in range(1, 8):
        machine.run("--now")
        facts = machine.facts()
        assert facts["failures"] == failures
        assert 0 <= facts["next_attempt_at"] - facts["attempt_at"] <= 5 * 2 ** (failures - 1)
    machine.remember(next_attempt_at=facts["attempt_at"] + 3600)
    server.asked.clear()
    assert machine.run().code == 0
    assert (server.asked, len(machine.waiting())) == ([], 8)
    server.answer_well()
    machine.run("--now")
    facts = machine.facts()
    assert (len(server.stored), facts["failures"], facts["next_attempt_at"], facts["problem"]) == (9, 0, 0, "")


RETRY_AFTER = {
    "seconds": ("120", (120, 120)),
    "a date": (formatdate(time.time() + 7200, usegmt=True), (7000, 7200)),
    "a week": ("604800", (86_400, 86_400)),
    "far too much": ("9" * 400, (86_400, 86_400)),
    "a date that is past": (formatdate(time.time() - 7200, usegmt=True), (0, 5)),
    "nothing": ("", (0, 5)),
    "words": ("soon", (0, 5)),
    "less than nothing": ("-5", (0, 5)),
}


@pytest.mark.parametrize(("told", "bounds"), RETRY_AFTER.values(), ids=RETRY_AFTER.keys())
def test_a_server_may_say_when(machine: AgentMachine, server: AgentServer, told: str, bounds: tuple[int, int]) -> None:
    server.answer_with(status(429, {"Retry-After": told}))
    machine.run()
    facts = machine.facts()
    assert bounds[0] <= facts["next_attempt_at"] - facts["attempt_at"] <= bounds[1]


DAY_S = 86_400


@pytest.mark.parametrize(
    ("attempt", "next_attempt", "is_sent"),
    [(-10, 3000, False), (-10, -5, True), (DAY_S, DAY_S + 3000, True), (-10, 10**11, True), (0, 0, True)],
    ids=["it waits", "it is over", "the clock was set back", "nobody waits that long", "never"],
)
def test_a_wrong_clock_makes_nobody_wait(
    machine: AgentMachine, server: AgentServer, attempt: int, next_attempt: int, is_sent: bool
) -> None:
    now = int(time.time())
    machine.remember(attempt_at=now + attempt, next_attempt_at=now + next_attempt, failures=3)
    machine.run()
    assert bool(server.stored) == is_sent


@pytest.mark.parametrize("ahead_s", [0, DAY_S, -DAY_S])
def test_clocks_that_differ_are_measured_and_believed_in_nothing(
    machine: AgentMachine, server: AgentServer, ahead_s: int
) -> None:
    server.clock_ahead_s = ahead_s
    assert machine.run().code == 0
    assert abs(machine.facts()["skew_s"] + ahead_s) <= 5
    assert len(server.stored) == 1
    (post,) = server.posts()
    assert post.headers["date"].endswith(" GMT")


def test_a_clock_that_was_set_back_changes_no_order(machine: AgentMachine, server: AgentServer) -> None:
    server.answer_with(status(503), lasting=True)
    machine.run("--now")
    (first,) = (machine.state / "spool").iterdir()
    ahead = first.rename(first.with_name(f"20990101T235959Z-{first.name[-42:]}"))
    machine.run("--now")
    machine.run("--now")
    server.answer_well()
    waiting = machine.waiting()
    assert waiting[0] == ahead.name[-42:-10]
    machine.run("--now")
    assert server.stored[:3] == waiting


def test_the_server_settles_what_is_looked_at_and_the_device_at_most_less(
    machine: AgentMachine, server: AgentServer
) -> None:
    server.profile = "full"
    machine.run()
    machine.run()
    settings = json.loads(machine.settings.read_text())
    machine.settings.write_text(json.dumps(settings | {"at_most": "minimal"}))
    machine.run()
    profiles = [server.documents[run][-1]["profile"] for run in server.stored]
    assert profiles == ["standard", "full", "minimal"]
    assert [server.documents[run][-1]["at_most"] for run in server.stored] == ["full", "full", "minimal"]


@pytest.mark.parametrize("profile", ["everything", "", None, 7, ["full"], "FULL"])
def test_a_profile_that_is_not_known_changes_nothing(
    machine: AgentMachine, server: AgentServer, profile: object
) -> None:
    machine.remember(profile_at=int(time.time()))
    server.profile = profile  # type: ignore[assignment]
    assert machine.run().code == 0
    assert machine.facts()["profile"] == "standard"
    assert len(server.stored) == 1


def test_a_scheduled_run_looks_when_the_servers_period_is_over(machine: AgentMachine, server: AgentServer) -> None:
    server.period_s = 7200
    machine.run("--scheduled")
    assert (len(server.stored), machine.facts()["period_s"]) == (1, 7200)
    now = int(time.time())
    for ago_s, runs in ((10, 1), (3600, 1), (6500, 2), (7300, 3), (-DAY_S, 4)):
        machine.remember(look_at=now - ago_s)
        machine.run("--scheduled")
        assert len(server.stored) == runs


@pytest.mark.parametrize(("told", "kept"), [(1, 300), (10**12, 604_800), (900, 900)])
def test_what_the_server_sets_stays_within_reason(
    machine: AgentMachine, server: AgentServer, told: int, kept: int
) -> None:
    server.period_s = told
    machine.run()
    assert machine.facts()["period_s"] == kept


def test_homes_are_walked_through_once_a_day(machine: AgentMachine, server: AgentServer) -> None:
    (machine.root / "home/ada/models").mkdir()
    (machine.root / "home/ada/models/tiny.gguf").touch()
    machine.run()
    machine.run()
    machine.remember(walk_at=int(time.time()) - DAY_S - 1)
    machine.run()
    walked = [server.documents[run][-1]["walked"] for run in server.stored]
    assert walked == [True, False, True]
    assert ["tiny.gguf" in [one.get("value") for one in server.documents[run]] for run in server.stored] == walked


def test_a_server_below_a_path_and_a_name_of_ones_own(stranger: AgentMachine, server: AgentServer) -> None:
    server.url += "/ledger/"
    assert stranger.enroll(server, "--name", "Laptop 7").code == 0
    assert stranger.run().code == 0
    assert {one.path for one in server.posts()} == {"/ledger/v1/runs"}
    (lines,) = server.documents.values()
    assert {one["device"] for one in lines} == {"Laptop 7"}
