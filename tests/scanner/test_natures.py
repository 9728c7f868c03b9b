"""Of what nature an initiative is, by written rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import set_up, shadowledger
from scanner_inputs import DAY_S, squid_line, write_squid

PEOPLE = "person,upn,unit\n" + "".join(f"P-{number},user{number}@corp.example,HR\n" for number in range(9))
DAY = 86_400
THURSDAY = DAY_S
SATURDAY, SUNDAY = 5, 6


def visits(host: str, who: list[str], days: list[int], client: str = "10.0.0.9") -> Iterator[str]:
    """Three an hour's third apart of each, on days since a Thursday."""
    for day in days:
        for number, one in enumerate(who):
            for nth in range(3):
                yield squid_line(host, one, client, THURSDAY + day * DAY + 9 * 3600 + number * 60 + nth * 1200)


def works(day: int) -> bool:
    return (day + 3) % 7 not in (SATURDAY, SUNDAY)


FORTNIGHT = list(range(14))
WORKING_DAYS = [day for day in range(21) if works(day)]
ADA = "user1@corp.example"
TEAM = [f"user{number}@corp.example" for number in range(3)]
Log = Callable[[], Iterator[str]]


@pytest.mark.parametrize(
    ("log", "want"),
    [
        pytest.param(lambda: visits("api.openai.com", ["-"], FORTNIGHT), "production", id="a server that never rests"),
        pytest.param(lambda: visits("api.stability.ai", ["-"], FORTNIGHT), "production", id="of an API of pictures"),
        pytest.param(lambda: visits("api.openai.com", ["-"], WORKING_DAYS), "poc", id="a machine of office hours"),
        pytest.param(lambda: visits("api.openai.com", ["-"], FORTNIGHT[:9]), "poc", id="a server for nine days"),
        pytest.param(lambda: visits("api.openai.com", [ADA], FORTNIGHT), "poc", id="a person's own program"),
        pytest.param(lambda: visits("chatgpt.com", TEAM, WORKING_DAYS), "team", id="three people"),
        pytest.param(lambda: visits("chatgpt.com", TEAM[:2], WORKING_DAYS), "individual", id="two people"),
    ],
)
def test_natures_follow_rules(tmp_path: Path, log: Log, want: str) -> None:
    path = write_squid(tmp_path / "access.log", sorted(log()))
    db = set_up(tmp_path, official="id,name\nA1,Nothing of that\n", people=PEOPLE, log=path)
    (found,) = shadowledger("reconcile", "--format", "json", db=db).json["discovered"]
    assert found["nature"] == want, found["reasons"]
