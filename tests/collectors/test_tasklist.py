"""`tasklist`: names, PIDs and users whatever the language and code page; window titles stay out."""

from __future__ import annotations

import pytest
from endpoint_lists import claimed_by, read, values
from hypothesis import assume, given
from hypothesis import strategies as st

from shadowledger.collectors.endpoint.tasklist import TASKLIST, TASKLIST_CSV
from shadowledger.collectors.records import Artifact, Record

RULER = "========================= ======== ================ =========== ============"
WIDE = RULER + " =============== ================================================== ============ =========="
TABLE = "Image Name                     PID Session Name        Session#    Mem Usage\n" + RULER + "\n"


def row(name: str, pid: str = "7", user: str = "") -> str:
    line = f"{name:25} {pid:>8} {'Console':16} {1:>11} {'8,120 K':>12}"
    return f"{line} {'Running':15} {user:50} {'0:00:01':>12} secret title\n" if user else line + "\n"


def users(records: list[Record]) -> list[str]:
    return [record.user for record in records if isinstance(record, Artifact)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (row("ollama.exe"), ["process:ollama.exe"]),
        (row("System Idle Process", "0"), ["process:System Idle Process"]),
        (row("GitHubCopilotLanguageServ"), ["process:GitHubCopilotLanguageServ"]),
        (row("ollama.exe", "n/a"), ["Issue: PID is not a number"]),
        (row(" "), ["Issue: no name"]),
        ("INFO: No tasks are running which match the criteria.\n", ["Issue: PID is not a number"]),
        ("                                   a service of the row before\n", []),
        ("\n", []),
        (TABLE, ["Ignored: header repeated"]),
    ],
)
def test_a_table_is_cut_below_its_ruler(line: str, told: list[str]) -> None:
    assert values(read(TASKLIST, TABLE + line)) == told


def test_east_asian_names_take_two_places_a_character() -> None:
    line = f"闹钟_by雪天.exe           {24364:>8} Console                    1     33,864 K\n"
    assert values(read(TASKLIST, TABLE + line)) == ["process:闹钟_by雪天.exe"]


@pytest.mark.parametrize(
    ("user", "kept"),
    [
        ("CONTOSO\\ada", "CONTOSO\\ada"),
        ("NT AUTHORITY\\LOCAL SERVICE", "NT AUTHORITY\\LOCAL SERVICE"),
        ("N/A", ""),
        ("Nicht zutreffend", ""),
        ("暂缺", ""),
    ],
)
def test_users_are_kept_as_written_and_nobody_is_nobody(user: str, kept: str) -> None:
    assert users(read(TASKLIST, "x\n" + WIDE + "\n" + row("jan.exe", "7", user))) == [kept]
    line = f'"jan.exe","7","Console","1","8 K","Running","{user}","0:00:01","title"\n'
    assert users(read(TASKLIST_CSV, line)) == [kept]


@pytest.mark.parametrize("page", ["utf-8", "cp850", "utf-16"])
def test_western_names_are_read_in_the_consoles_code_page(page: str) -> None:
    text = '"Abbildname","PID","Sitzungsname"\n"jan.exe","7","Console","1","8 K","x","K\\jörg.müller","0:00","t"\n'
    assert users(read(TASKLIST_CSV, text.encode(page))) == ["K\\jörg.müller"]


@pytest.mark.parametrize(
    ("page", "first", "name"),
    [
        ("cp932", "イメージ名", "翻訳.exe"),
        ("cp936", "映像名称", "豆包.exe"),
        ("cp949", "이미지 이름", "뤼튼.exe"),
        ("cp950", "影像名稱", "豆包.exe"),
        ("cp866", "Имя образа", "Алиса.exe"),
        ("cp852", "Nazwa obrazu", "żółw.exe"),
    ],
)
def test_other_code_pages_are_known_by_the_header(page: str, first: str, name: str) -> None:
    text = f'"{first}","PID","3","4","5"\n"{name}","7","Console","1","8 K"\n'
    assert values(read(TASKLIST_CSV, text.encode(page))) == [f"process:{name}"]


def test_utf8_that_is_cut_in_its_last_character_is_still_utf8() -> None:
    data = '"jörg.exe","7","Console","1","8 K"\n"ö'.encode()[:-1]
    assert values(read(TASKLIST_CSV, data))[0] == "process:jörg.exe"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('"ollama.exe","7","Console","1","8 K"', ["process:ollama.exe"]),
        ('"ollama.exe","7","Console","1","8 K","x","C\\a","0:00","The "Falcon" memo, "draft""', ["process:ollama.exe"]),
        ('"ollama.exe","7","Console","1","8 K","x","C\\a","0:00","open', ["process:ollama.exe"]),
        ('"ollama.exe","seven","Console","1","8 K"', ["Issue: PID is not a number"]),
        ('"","7","Console","1","8 K"', ["Issue: no name"]),
        ('the rest of a title"', ["Issue: not a row of tasklist"]),
        ("ollama.exe;7;Console;1;8 K", ["Issue: not a row of tasklist"]),
        ('"Image Name","PID","Session Name","Session#","Mem Usage"', ["Ignored: header repeated"]),
        ("x" * 200_000 + ",1,2,3", ["Issue: not a row of tasklist"]),
    ],
)
def test_lines_of_csv_stand_alone(line: str, told: list[str]) -> None:
    header = '"Image Name","PID","Session Name","Session#","Mem Usage"\n'
    assert values(read(TASKLIST_CSV, header + line + '\n"jan.exe","8","Console","1","8 K"\n')) == [
        *told,
        "process:jan.exe",
    ]


def test_a_spreadsheets_semicolons_are_read() -> None:
    assert values(read(TASKLIST_CSV, 'Image Name;PID;x;y;z\njan.exe;8;Console;1;"1,8 K"\n')) == ["process:jan.exe"]


def test_empty_lists_have_no_process() -> None:
    assert values(read(TASKLIST, "")) == ["Issue: no ruler of tasklist"]
    assert values(read(TASKLIST_CSV, "")) == []


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (TABLE + row("ollama.exe"), ["tasklist"]),
        ("\n" + "映像名称                       PID 会话名\n" + RULER + "\n" + row("ollama.exe"), ["tasklist"]),
        ("a b\n======== ======\nx 7\n", []),
        ("Title\n=====\n\nSome prose follows here.\n", []),
        ('"jan.exe","8","Console","1","8 K"\n', ["tasklist_csv"]),
        ('"jan.exe","8","","1","64 200 КБ"\n', ["tasklist_csv"]),
        ('"Image Name","PID","Services"\n"jan.exe","8","N/A"\n', ["tasklist_csv"]),
        ('"Name","Size","Type"\n"jan.exe","8","file"\n', []),
        ('"jan.exe","8","Console","1","eight"\n', []),
        ('"a","8","b","1","https://openai.com/"\n', []),
        ("time,client,host,status,bytes\n1,8,x,200,512\n", []),
    ],
)
def test_lists_are_recognised_and_other_tables_refused(text: str, ids: list[str]) -> None:
    assert claimed_by(text) == ids


@given(
    st.lists(
        st.text(alphabet='ab7",;= \n\r\0闹', max_size=40) | st.sampled_from([RULER, WIDE, row("jan.exe")]), max_size=8
    )
)
def test_any_text_is_counted_and_none_is_lost(parts: list[str]) -> None:
    for collector in (TASKLIST, TASKLIST_CSV):
        read(collector, "\n".join(parts))


@given(st.binary(max_size=400))
def test_any_bytes_are_read(data: bytes) -> None:
    assume(not data.startswith(b"PK"))  # an archive in a stream is refused before
    read(TASKLIST, RULER.encode() + b"\n" + data)
    read(TASKLIST_CSV, data)
    claimed_by(data)
