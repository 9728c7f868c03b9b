"""What a list means, and what it changes on record."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest

from shadowledger.db.declared import FIELDS, STATUSES, Declared
from shadowledger.scanner.initiatives import template
from shadowledger.scanner.initiatives.changes import counts_of, rows_of, sentence_of
from shadowledger.scanner.initiatives.importing import Draft, Plan, interpret, plan, slug
from shadowledger.scanner.initiatives.mapping import ListMapping, read, said, unit_of_header, written
from shadowledger.scanner.initiatives.mistakes import ListError
from shadowledger.scanner.initiatives.sheet import sheets_of
from shadowledger.scanner.initiatives.values import Unit
from shadowledger.scanner.initiatives.words import HEADER_WORDS, STATUS_WORDS, plain


def drafted(text: str, mapping: ListMapping | None = None) -> Draft:
    return interpret(sheets_of(text.encode()), mapping or ListMapping())


def planned(before: list[Declared], text: str, *, partial: bool = False) -> Plan:
    return plan(before, drafted(text), partial=partial)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Name", "name"),
        ("business units", "business_units"),
        ("Geschäfts-Bereich", ""),
        ("Geschäftsbereich *", "business_units"),
        ("Genehmigt bis:", "approved_until"),
        ("Cas d\u2019usage", "name"),
        ("PoC-Kosten (T€)", "cost_poc"),
        ("Betriebskosten in EUR", "cost_run_per_year"),
        ("Owner\n(fachlich)", "owner"),
        ("", ""),
        ("name " * 100, ""),
    ],
)
def test_headers_are_known_by_their_words(header: str, column: str) -> None:
    assert ListMapping().column(header) == column


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Cost (k€)", Unit(1000, "EUR")),
        ("Kosten in TEUR", Unit(1000, "EUR")),
        ("Kosten [CHF]", Unit(1, "CHF")),
        ("Cost (net) (USD)", Unit(1, "USD")),
        ("Cost (net)", Unit()),
        ("(" * 5000, Unit()),
    ],
)
def test_headers_say_what_amounts_are_in(header: str, unit: Unit) -> None:
    assert unit_of_header(header) == unit


@pytest.mark.parametrize(
    ("word", "status"),
    [(status, status) for status in STATUSES]
    + [
        ("Pilotphase", "pilot"),
        ("IN BETRIEB", "production"),
        ("arrêté", "stopped"),
        ("Idée", "idea"),
        ("parked", None),
    ],
)
def test_status_words_are_known_in_three_languages(word: str, status: str | None) -> None:
    assert ListMapping().status(word) == status


def test_no_word_is_there_for_nothing() -> None:
    assert set(HEADER_WORDS.values()) == set(FIELDS)
    assert not {name.replace("_", " ") for name in FIELDS} & set(HEADER_WORDS)
    assert set(STATUS_WORDS.values()) == set(STATUSES)
    assert all(word == plain(word) for word in (*HEADER_WORDS, *STATUS_WORDS))


def test_what_was_said_goes_before_what_is_built_in() -> None:
    header = ["Project", "Use case", "name", "Vendor", "Product", "Foo", "Bar"]
    assert ListMapping().columns(header) == (
        {2: "name", 3: "products", 4: "products"},
        ["Project", "Use case", "Foo", "Bar"],
    )
    own = said(ListMapping(), headers=[("USE CASE", "name"), ("Foo", ""), ("Project", "purpose")])
    assert own.columns(header) == ({0: "purpose", 1: "name", 3: "products", 4: "products"}, ["name", "Bar"])
    with pytest.raises(ListError, match="'Project' and 'Use case' both mean name"):
        ListMapping().columns(["Project", "Use case"])
    with pytest.raises(ListError, match="both mean name; rename one in the file"):
        ListMapping().columns(["name", "Product", "name"])


def test_a_mapping_is_saved_and_read_as_it_was() -> None:
    own = said(
        ListMapping(sheet="A", dates="dmy"),
        headers=[("Was", "name")],
        statuses=[("Geparkt", "stopped")],
        header_row=3,
        sheet="",
        decimal="comma",
    )
    assert read("x", written(own)) == own
    assert (own.sheet, own.header_row, own.dates, own.decimal) == ("", 3, "dmy", "comma")
    assert own.status("geparkt") == "stopped"


@pytest.mark.parametrize("text", ["", "{", '{"headers":{"a":"nope"}}', '{"statuses":{"a":"b"}}', '{"dates":"x"}'])
def test_a_saved_mapping_of_another_program_is_told(text: str) -> None:
    with pytest.raises(ListError, match="saved mapping 'x'"):
        read("x", text)


def test_all_mistakes_are_told_at_once() -> None:
    text = (
        "id;name;status;approved_until;cost_poc;expected_users;owner\n"
        "1;A;geparkt;01/02/2026;1.200 EUR;many;\n"
        "1;B;o'clock;03/04/2026;2.300 EUR;5;#REF!\n"
        "2;;pilot;;;;\n"
    )
    with pytest.raises(ListError) as told:
        drafted(text)
    assert told.value.message.splitlines() == [
        "The list was not imported:",
        "row 2, expected_users: 'many' is not a number.",
        "row 3, owner: the cell holds the error #REF!.",
        "row 3: the id '1' is that of row 2.",
        "row 4: there is no name.",
        "row 2, approved_until: '01/02/2026' may be several days; say --dates dmy or mdy or ymd (2 cells).",
        "row 2, cost_poc: '1.200 EUR' may be a thousand or a fraction; say --decimal comma or point (2 cells).",
        "The list has 2 statuses that are not known yet. Say what each means: idea, poc, pilot, production, stopped.",
        """  --status 'geparkt=' --status 'o'"'"'clock='""",
    ]


def test_many_mistakes_are_told_in_few_lines() -> None:
    with pytest.raises(ListError) as told:
        drafted("name,licences,status\n" + "".join(f"A,x,word {n}\n" for n in range(5000)))
    assert len(told.value.message) < 5_000
    assert "4980 more" in told.value.message


def test_mistakes_do_not_bring_a_terminal_to_obey() -> None:
    with pytest.raises(ListError) as told:
        drafted("name,licences\nA,\x1b[2J\u202e5\n")
    assert "\x1b" not in told.value.message
    assert "\u202e" not in told.value.message


def test_a_list_without_a_column_of_names_says_how_to_name_it() -> None:
    with pytest.raises(ListError, match=r"None of the headers in row 1 means name: 'Was', 'Status', 'Owner'") as told:
        drafted("Was;Status;Owner\nA;poc;B\n")
    assert "--map 'Their header=name'" in told.value.message
    assert drafted("Was;Status\nA;poc\n", said(ListMapping(), headers=[("was", "name")])).initiatives[0].name == "A"


def test_several_headers_fill_one_list_of_products() -> None:
    (one,) = drafted("name,Vendor,Product\nA,OpenAI,ChatGPT;OpenAI\n").initiatives
    assert one.products == ("OpenAI", "ChatGPT")


@pytest.mark.parametrize("text", ["name,owner\n", template.template_csv()])
def test_a_list_of_nothing_is_told_and_removes_nothing(text: str) -> None:
    with pytest.raises(ListError, match="no initiative below the header"):
        drafted(text)


def test_the_template_has_every_column_and_an_example_that_can_be_read() -> None:
    header, example = csv.reader(io.StringIO(template.template_csv()))
    assert tuple(header) == FIELDS == tuple(template.MEANINGS) == tuple(template.EXAMPLE)
    example[0] = "1"
    filled = io.StringIO()
    csv.writer(filled).writerows([header, example])
    (one,) = drafted(filled.getvalue()).initiatives
    assert [name for name in FIELDS if getattr(one, name) in ("", (), None)] == []
    assert template.template_xlsx() == template.template_xlsx()
    with pytest.raises(ListError, match="no initiative below the header in sheet 'Initiatives'"):
        interpret(sheets_of(template.template_xlsx()), ListMapping())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Chat Bot 2.0", "chat-bot-2-0"),
        ("Geschäfts-Prüfer", "geschafts-prufer"),
        ("客服 机器人", "客服-机器人"),
        ("???", "unnamed"),
        ("x" * 99, "x" * 60),
    ],
)
def test_ids_are_made_of_names(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_initiatives_without_an_id_keep_the_one_they_got() -> None:
    first = planned([], "name,owner\nChat Bot,a\nchat-bot,b\nOther,c\n").added
    assert [one.id for one in first] == ["L-chat-bot", "L-chat-bot-2", "L-other"]
    again = planned(list(first), "name,owner\nOther,c\nchat-bot,b\nNew,d\nChat Bot,a\n")
    assert (counts_of(again)["unchanged"], [one.id for one in again.added]) == (3, ["L-new"])
    numbered = [Declared(id="A-1", name="Chat Bot")]
    assert planned(numbered, "name,owner\nChat Bot,Ada\n").changed[0][1].id == "A-1"


def test_derived_ids_make_room_for_given_ones() -> None:
    added = planned([], "id,name\n,Chat\nL-chat,Other\n,Chat\n").added
    assert Counter(one.id for one in added) == Counter(["L-chat", "L-chat-2", "L-chat-3"])
    assert len(planned([], "name\n" + "A\n" * 50_000).added) == 50_000


BEFORE = [
    Declared(id="1", name="A", status="pilot", owner="Ada"),
    Declared(id="2", name="B", status="poc", hosts=("b.example",)),
    Declared(id="3", name="C"),
]


def test_an_import_is_compared_with_what_is_on_record() -> None:
    done = planned(BEFORE, "id,name,status,owner\n1,A,production,Ada\n2,B,poc,\n4,D,,\n")
    assert sentence_of(done) == ("3 declared: 1 added, 1 changed (status: pilot -> production), 1 removed, 1 unchanged")
    assert [(row["change"], row["id"], row["field"]) for row in rows_of(done)] == [
        ("added", "4", ""),
        ("changed", "1", "status"),
        ("removed", "3", ""),
    ]


def test_a_part_of_the_list_removes_nothing() -> None:
    done = planned(BEFORE, "id,name,status,owner\n1,A,pilot,Ada\n", partial=True)
    assert sentence_of(done) == "3 declared: 0 added, 0 changed, 0 removed, 3 unchanged"


def test_a_column_that_the_file_does_not_have_stays_and_an_empty_cell_does_not() -> None:
    done = planned(BEFORE[:2], "id,name,owner\n1,A,\n2,B,\n")
    assert done.kept == ("status", "hosts")
    assert sentence_of(done) == "2 declared: 0 added, 1 changed (owner: Ada -> nothing), 0 removed, 1 unchanged"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1,A,live,Ada\n2,B,live,\n", "2 changed (1 status: pilot -> production; 2 status: poc -> production)"),
        ("1,X,live,Bo\n2,Y,poc,Bo\n", "2 changed (name of 2, owner of 2, status of 1)"),
        (f"1,A,pilot,{'x' * 99}\n2,B,poc,\n", f"1 changed (owner: Ada -> {'x' * 39}…)"),
    ],
)
def test_few_changes_are_told_and_many_are_counted(text: str, told: str) -> None:
    assert told in sentence_of(planned(BEFORE[:2], "id,name,status,owner\n" + text))
