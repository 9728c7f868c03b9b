"""`ps`: columns by their names, rows of every shape, and other tables refused."""

from __future__ import annotations

import pytest
from endpoint_lists import claimed_by, read, values
from hypothesis import assume, given
from hypothesis import strategies as st

from shadowledger.collectors.endpoint.ps import PS_AUX, PS_COLUMNS
from shadowledger.collectors.reading import Settings
from shadowledger.collectors.records import Artifact

AUX = "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\n"
EF = "UID PID PPID C STIME TTY TIME CMD\n"


def test_a_row_gives_its_program_and_its_user() -> None:
    records = read(PS_AUX, AUX + "ada 7 0.0 0.1 9 9 ? S 10:31 0:00 /usr/local/bin/ollama serve\n")
    assert records == [Artifact(1, "process", "ollama", 0, "", "", "ada")]


def test_the_device_is_what_the_user_says() -> None:
    records = read(PS_COLUMNS, "PID COMMAND\n7 jan\n", settings=Settings(device="lab-3"))
    assert records == [Artifact(1, "process", "jan", 0, "", "lab-3", "")]


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("PID COMMAND", "7 ollama serve", "process:ollama"),
        ("  PID TTY          TIME CMD", "  7 pts/0    00:00:00 claude", "process:claude"),
        ("PID USER TIME COMMAND", "7 root 0:02 {run.sh} /bin/sh /run.sh", "process:run.sh process:sh"),
        ("PID LSTART USER ARGS", "7 Mon Nov 23 09:00:00 2026 ada jan serve", "process:jan"),
        ("PID STARTED USER CMD", "7 Nov 22 ada jan serve", "process:jan"),
        ("PID STARTED USER CMD", "7 10:31:01 ada jan serve", "process:jan"),
        ("PID STARTED USER CMD", "7 Di 24 Nov 09:00:00 2026 ada jan", "process:jan"),
        ("COMMAND PID STARTED USER", "LM Studio 7 Mon Nov 23 09:00:00 2026 ada", "process:LM"),
        ("COMMAND PID STARTED", "jan serve 7 Nov 22", "process:jan"),
        ("COMM PID USER", "/Applications/LM Studio.app/Contents/MacOS/LM Studio 7 ada", "process:LM Studio"),
        ("COMMAND         COMMAND    PID", "claude          /usr/bin/n  77", "process:claude process:n"),
        ("COMMAND         COMMAND    PID", "aider /usr/bin/python3 77", "process:aider process:python3"),
        ("UID PID PPID C STIME TTY TIME CMD", "0 2 0 0 Nov22 ? 0:0 [kthreadd]", "Ignored: kernel thread"),
        ("UID PID PPID C STIME TTY TIME CMD", "0 9 2 0 Nov22 ? 0:0 [rcu_sched]", "Ignored: kernel thread"),
        ("UID PID PPID C STIME TTY TIME CMD", "1 9 8 0 Nov22 ? 0:0 [gemini]", "process:gemini"),
        ("UID PID PPID C STIME TTY TIME CMD", "1 9 8 0 Nov22 ? 0:0 [jan] <defunct>", "process:jan"),
        ("UID PID PPID C STIME TTY TIME CMD", "1 9 8 0 Nov22 ?", "Issue: fewer columns than the header"),
        ("UID PID PPID C STIME TTY TIME CMD", "1 x 8 0 Nov22 ? 0:0 jan", "Issue: PID is not a number"),
        ("UID PID PPID C STIME TTY TIME CMD", "1 7 8 0 Nov22 ? 0:0 /", "Issue: no name"),
        ("PID VSZ COMMAND", "9 0 [rcu_sched]", "Ignored: kernel thread"),
        ("PID VSZ COMMAND", "9 1234 [gemini]", "process:gemini"),
        ("PID COMMAND", "9 [rcu_sched]", "Ignored: kernel thread"),
        ("PID COMMAND", "PID COMMAND", "Ignored: header repeated"),
        ("PID COMMAND", "9", "Issue: fewer columns than the header"),
    ],
)
def test_rows_are_read_by_the_names_of_their_columns(header: str, row: str, told: str) -> None:
    assert " ".join(values(read(PS_COLUMNS, f"{header}\n{row}\n"))) == told


@pytest.mark.parametrize(
    ("columns", "row", "user"),
    [
        ("PID USER COMMAND", "7 grace.h+ jan", "grace.h+"),
        ("PID UID COMMAND", "7 1000730000 jan", "1000730000"),
        ("PID UID USER COMMAND", "7 1000 ada jan", "ada"),
        ("PID LSTART USER COMMAND", "7 Mon Nov 23 09:00:00 2026 ada jan", "ada"),
        ("COMMAND PID USER STARTED", "jan 7 ada Nov 22", "ada"),
        ("PID COMMAND", "7 jan", ""),
    ],
)
def test_the_user_is_kept_as_written(columns: str, row: str, user: str) -> None:
    (record,) = read(PS_COLUMNS, f"{columns}\n{row}\n")
    assert isinstance(record, Artifact)
    assert record.user == user


def test_rows_are_numbered_after_the_header_and_blank_lines_are_not_counted() -> None:
    records = read(
        PS_AUX, "$ ps aux\n\n" + AUX + "\nada 7 0 0 9 9 ? S 10:31 0:00 jan\r\n\nada 8 0 0 9 9 ? S 10:31 0:00 goose\n"
    )
    assert [(record.position, record.value) for record in records if isinstance(record, Artifact)] == [
        (1, "jan"),
        (2, "goose"),
    ]


def test_interpreters_tell_a_signatures_words_and_nothing_of_the_rest() -> None:
    line = "ada 7 0 0 9 9 ? S 10:31 0:00 /usr/bin/python3 /home/ada/.local/bin/aider --message layoffs\n"
    assert values(read(PS_AUX, AUX + line)) == ["process:python3", "cmdline:aider"]
    assert values(read(PS_AUX, AUX + line, words=None)) == ["process:python3"]


def test_a_list_without_a_header_is_one_issue() -> None:
    assert values(read(PS_AUX, "ada 7 0 0 9 9 ? S 10:31 0:00 jan\n")) == ["Issue: no header of ps"]
    assert values(read(PS_AUX, "")) == ["Issue: no header of ps"]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (AUX + "ada 7 0 0 9 9 ? S 10:31 0:00 jan\n", ["ps_aux"]),
        (EF + "ada 7 1 0 10:31 ? 0:00 jan\n", ["ps_columns"]),
        ("$ ps -ef\n" + EF + "ada 7 1 0 10:31 ? 0:00 jan\n", ["ps_columns"]),
        (EF + "ada 7 1 0 10:31 ? 0:00 jan\n" * 3 + "cut off\n", ["ps_columns"]),
        (EF + "ada seven 1 0 10:31 ? 0:00 jan\n", []),
        (EF, []),
        ("COMMAND PID USER FD TYPE DEVICE SIZE/OFF NODE NAME\njan 7 ada cwd DIR 8,1 4096 2 /\n", []),
        ("PID USER PR NI VIRT RES SHR S %CPU %MEM TIME+ COMMAND\n7 ada 20 0 1 1 1 S 0.0 0.0 0:00.01 jan\n", []),
        ("CONTAINER ID   IMAGE     COMMAND   CREATED\n1f2e   ollama   serve   now\n", []),
        ("USER COMMAND\nada jan\n", []),
        ("The PID COMMAND is a column.\n7 jan\n", []),
        ("", []),
        ("\n\n\n", []),
    ],
)
def test_lists_are_recognised_and_other_tables_refused(text: str, ids: list[str]) -> None:
    assert claimed_by(text) == ids


TOKENS = st.sampled_from(
    ["7", "ada", "[x]", "Mon", "Nov", "23", "09:00:00", "2026", "jan", "/opt/A B/x", "{", "}", " ", "  ", "\0"]
)
HEADERS = st.sampled_from(
    [AUX, EF, "PID LSTART COMMAND\n", "COMMAND COMMAND PID START USER\n", "COMM PID\n", "x\n", ""]
)


@given(HEADERS, st.lists(st.lists(TOKENS | st.text(max_size=8), max_size=14).map(" ".join), max_size=6))
def test_any_rows_are_counted_and_none_is_lost(header: str, rows: list[str]) -> None:
    read(PS_COLUMNS, header + "\n".join(rows))


@given(st.binary(max_size=400))
def test_any_bytes_are_read(data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    read(PS_AUX, data)
    read(PS_COLUMNS, b"PID USER COMMAND\n" + data)
    claimed_by(data)
