"""List files of every kind as rows, with the header found among titles and the sheet among sheets."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shadowledger.scanner.initiatives.importing import interpret
from shadowledger.scanner.initiatives.mapping import ListMapping
from shadowledger.scanner.initiatives.mistakes import ListError
from shadowledger.scanner.initiatives.sheet import find_table, sheets_of
from shadowledger.scanner.initiatives.workbook import OLE_MAGIC, ROWS_MOST, Cell


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    drawn = io.BytesIO()
    with xlsxwriter.Workbook(drawn, {"in_memory": True}) as book:
        fill(book)
    return drawn.getvalue()


def cells_of(data: bytes) -> list[tuple[Cell, ...]]:
    return [cells for _, cells in sheets_of(data)[0].rows]


TEXT = "name;owner\nPrüfer;Zoë\n"


@pytest.mark.parametrize(
    ("data", "assumed"),
    [
        (TEXT.encode(), False),
        (TEXT.encode("utf-8-sig"), False),
        (TEXT.encode("utf-16"), False),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), False),
        (TEXT.encode("cp1252"), True),
        (TEXT.replace("\n", "\r\n").encode(), False),
        (TEXT.replace("\n", "\r").encode(), False),
    ],
    ids=["utf-8", "utf-8 mark", "utf-16", "utf-16 big end", "windows-1252", "crlf", "cr"],
)
def test_csv_in_its_encodings(data: bytes, assumed: bool) -> None:
    assert cells_of(data) == [("name", "owner"), ("Prüfer", "Zoë")]
    assert bool(sheets_of(data)[0].assumed) is assumed


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("name,products\nA,x;y;z\nB,\n", [("name", "products"), ("A", "x;y;z"), ("B",)]),
        ("name;cost\nA;1.200,50\nB;2,5\n", [("name", "cost"), ("A", "1.200,50"), ("B", "2,5")]),
        ("name\tpurpose\nA\tx, y, z; w\n", [("name", "purpose"), ("A", "x, y, z; w")]),
        ("name|owner\nA|b\n", [("name", "owner"), ("A", "b")]),
        ('Our list\n\nname,purpose\nA,"two\nlines, one cell"\n', [("Our list",), ("name", "purpose")]),
        ("name\nA\n", [("name",), ("A",)]),
    ],
)
def test_csv_in_its_separators(text: str, rows: list[tuple[Cell, ...]]) -> None:
    assert cells_of(text.encode())[: len(rows)] == rows


def test_rows_keep_the_numbers_a_spreadsheet_shows() -> None:
    assert [number for number, _ in sheets_of(b'title\n\n"name\nof it",b\n,,\nA,c\n')[0].rows] == [1, 3, 5]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\t", "empty"),
        (b"PK\x03\x04 and no more", "damaged"),
        (OLE_MAGIC + bytes(600), "damaged"),
        (OLE_MAGIC + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"<html><table>", "HTML"),
        (b'name,b\nA,"never closed\n', "quotation mark"),
        (b"a\0b\0", "neither CSV nor a workbook"),
        (b"\x81\x8d", "neither CSV nor a workbook"),
        (b"\xff\xfea", "neither CSV nor a workbook"),
        (b"name\n" + b"A\n" * ROWS_MOST, "larger than 100,000 rows"),
        (b"name," + b"x," * 300, "200 columns"),
        (b'name\n"' + b"x" * 200_000 + b'"', "not CSV"),
        (b"a,b\n1,2\n", "No header found; row 1 is 'a', 'b'"),
    ],
    ids=lambda value: value[:16] if isinstance(value, bytes) else "",
)
def test_what_is_no_list_is_told_in_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(ListError, match=f"(?i){words}") as told:
        interpret(sheets_of(data), ListMapping())
    assert told.value.exit_code == 2


def titled(book: xlsxwriter.Workbook) -> None:
    """A workbook as departments keep them: a cover, a legend, and the list under a merged title."""
    book.add_worksheet("Cover").write("B2", "AI at Example Corp")
    sheet = book.add_worksheet("Liste 2026")
    sheet.merge_range("A1:E1", "KI-Vorhaben, Stand 01.10.2026")
    for column, text in enumerate(("Nr.", "Titel", "Gültig bis", "Kosten PoC (€)", "Lizenzen"), 1):
        sheet.write(3, column, text)
    sheet.write_row(4, 1, [7, "Prüfer"])
    sheet.write_datetime(4, 3, dt.date(2026, 10, 1), book.add_format({"num_format": "dd.mm.yyyy"}))
    sheet.write_formula(4, 4, "=1000+200.5", None, 1200.5)
    sheet.write(4, 5, 40)
    hidden = book.add_worksheet("Old")
    hidden.write_row(0, 0, ["id", "name"])
    hidden.hide()


def test_the_list_is_found_under_titles_and_among_sheets() -> None:
    draft = interpret(sheets_of(workbook(titled)), ListMapping())
    assert (draft.table.sheet, draft.table.header_row) == ("Liste 2026", 4)
    (one,) = draft.initiatives
    assert (one.id, one.name, str(one.approved_until), str(one.cost_poc), one.licences) == (
        "7",
        "Prüfer",
        "2026-10-01",
        "1200.5 EUR",
        40,
    )


def ods(rows: list[list[str]]) -> bytes:
    """An OpenDocument sheet `Liste` of text cells (OpenDocument 1.3, part 3)."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in row
        )
        + "</table:table-row>"
        for row in rows
    )
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        package.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
            f'<table:table table:name="Liste">{cells}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return packed.getvalue()


def xls(rows: list[list[str]], *, protected: bool = False) -> bytes:
    """A BIFF8 workbook with a sheet `Liste` of LABEL cells ([MS-XLS] 2.4), alone in a compound file ([MS-CFB])."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + protected * record(0x2F, b"\1" + bytes(5))
    end = record(0x0A, b"")
    name = b"\x05\x00Liste"
    bound = len(start) + len(record(0x85, bytes(6) + name)) + len(end)
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            sheet += record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))
    stream = (start + record(0x85, struct.pack("<IBB", bound, 0, 0) + name) + end + sheet + end).ljust(4096, b"\0")
    free, last = 0xFFFFFFFF, 0xFFFFFFFE
    header = (
        OLE_MAGIC
        + bytes(16)
        + struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, last, 0, last, 0, 0)
    )
    header += struct.pack("<108I", *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, last, *range(3, 10), last, *[free] * 118)

    def entry(text: str, kind: int, child: int, begin: int, size: int) -> bytes:
        return text.encode("utf-16-le").ljust(64, b"\0") + struct.pack(
            "<HBBIII36xIQ", 2 * len(text) + 2, kind, 1, free, free, child, begin, size
        )

    directory = entry("Root Entry", 5, 1, last, 0) + entry("Workbook", 2, free, 2, len(stream)) + bytes(256)
    return header + table + directory + stream


@pytest.mark.parametrize("made", [ods, xls], ids=["ods", "xls"])
def test_other_workbooks_are_read_alike(made: Callable[[list[list[str]]], bytes]) -> None:
    draft = interpret(sheets_of(made([["KI-Liste"], ["Titel", "Phase"], ["Prüfer", "Pilot"]])), ListMapping())
    assert (draft.table.sheet, draft.table.header_row) == ("Liste", 2)
    assert [(one.name, one.status) for one in draft.initiatives] == [("Prüfer", "pilot")]


def test_a_protected_xls_is_told() -> None:
    with pytest.raises(ListError, match="password"):
        sheets_of(xls([["name"]], protected=True))


def two_lists(book: xlsxwriter.Workbook) -> None:
    for name in ("2025", "2026"):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["name", "owner"])
        sheet.write_row(1, 0, [f"Chat {name}", "Ada"])


def test_a_choice_among_sheets_is_asked_for() -> None:
    sheets = sheets_of(workbook(two_lists))
    with pytest.raises(ListError, match="'2025', '2026'; say --sheet"):
        interpret(sheets, ListMapping())
    assert interpret(sheets, ListMapping(sheet=" 2026 ")).initiatives[0].name == "Chat 2026"
    with pytest.raises(ListError, match="no sheet '2027', only '2025', '2026'"):
        interpret(sheets, ListMapping(sheet="2027"))
    with pytest.raises(ListError, match="no sheets"):
        interpret(sheets_of(b"name\nA\n"), ListMapping(sheet="2026"))


@pytest.mark.parametrize(
    ("rows", "header_row", "found"),
    [
        (["x;y", "name;owner", "A;B"], 0, 2),
        (["Name: Example Corp;", "Status 1.10.;", "Titel;Phase;Bereich", "A;;"], 0, 3),
        (["name;owner", "name;owner;status"], 2, 2),
        (["vendor;status;x", "A;B;C"], 0, 1),
    ],
)
def test_the_header_is_the_row_with_most_known_words(rows: list[str], header_row: int, found: int) -> None:
    table = find_table(sheets_of("\n".join(rows).encode()), "", header_row, ListMapping().column)
    assert table.header_row == found


def test_error_cells_are_told_and_not_taken_for_empty() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Liste")
        sheet.write_row("B3", ["name", "owner", "status"])
        sheet.write_row("B4", ["A", "Ada"])
        sheet.write_formula("D4", "=Gone!A1", None, "#REF!")

    with pytest.raises(ListError, match=r"sheet 'Liste', row 4, status: the cell holds the error #REF!"):
        interpret(sheets_of(workbook(fill)), ListMapping())


def repacked(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            target.writestr(entry, change(source.read(entry)) if entry == name else source.read(entry))
    return packed.getvalue()


FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
ENTITIES = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"x" * 99) for n in range(12))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"</sheetData>", FAR),
        lambda data: data[: len(data) // 2],
        lambda data: (
            (b"<!DOCTYPE w [" + ENTITIES + b"]>").join(data.split(b"<worksheet", 1)).replace(b"<v>0", b"<v>&e11;")
        ),
    ],
    ids=["500 GB between two cells", "cut off", "entities"],
)
def test_a_hostile_workbook_ends_in_a_sentence(change: Callable[[bytes], bytes]) -> None:
    data = repacked(workbook(two_lists), "xl/worksheets/sheet1.xml", change)
    with pytest.raises(ListError, match="damaged"):
        sheets_of(data)


def test_a_sheet_over_the_bounds_is_told_only_where_it_is_the_list() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        two_lists(book)
        sheet = book.get_worksheet_by_name("2025")
        sheet.write(ROWS_MOST, 0, "one too many")

    sheets = sheets_of(workbook(fill))
    assert interpret(sheets, ListMapping()).table.sheet == "2026"
    with pytest.raises(ListError, match="'2025' is larger than 100,000 rows"):
        interpret(sheets, ListMapping(sheet="2025"))


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | st.text("name,;\t|\n\"'=#", max_size=60).map(str.encode)
)
@example(b"name\n\x00")
@example(b'name\n"')
def test_any_bytes_give_a_list_or_a_sentence(data: bytes) -> None:
    for content in (data, b"id,name,status,approved_until\n" + data):
        try:
            draft = interpret(sheets_of(content), ListMapping())
        except ListError as error:
            assert error.message  # noqa: PT017 - one of two good ends
            continue
        assert all(one.name for one in draft.initiatives)


WHOLE = workbook(two_lists)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, len(WHOLE) - 1), data=st.binary(min_size=1, max_size=40))
def test_a_workbook_with_changed_bytes_gives_a_list_or_a_sentence(at: int, data: bytes) -> None:
    try:
        draft = interpret(sheets_of(WHOLE[:at] + data + WHOLE[at + len(data) :]), ListMapping(sheet="2026"))
    except ListError as error:
        assert error.message  # noqa: PT017 - one of two good ends
        return
    assert all(one.name for one in draft.initiatives)
