"""`shadowledger declare`: the official list of initiatives, imported and kept with its history."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from shadowledger.db import declared
from shadowledger.db.declared import FIELDS, STATUSES, Declared, ListImport, Revision
from shadowledger.scanner.cli.declaring import add
from shadowledger.scanner.cli.new_file import write_new
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.initiatives import changes, mapping, template
from shadowledger.scanner.initiatives.importing import Draft, Plan, interpret, plan
from shadowledger.scanner.initiatives.mapping import ListMapping
from shadowledger.scanner.initiatives.mistakes import ListError, quoted
from shadowledger.scanner.initiatives.sheet import FILE_BYTES_MOST, sheets_of
from shadowledger.scanner.initiatives.values import DECIMALS, ORDERS
from shadowledger.scanner.initiatives.words import plain
from shadowledger.scanner.output import clean
from shadowledger.scanner.site import Site

_SHORT = ("id", "name", "status", "owner", "business_units", "products", "approved_until")
_HEADERS_TOLD = 20
_COMPARED_MOST = 5_000
"""Ids that a mistyped one is compared with."""
Pairs = tuple[tuple[str, str], ...]


@click.group()
def command() -> None:
    """The official list of AI initiatives: what the organization says it has."""


@command.command("template")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def _template(file: Path | None) -> None:
    """Print the list to fill in as CSV, or write it to FILE (.csv or .xlsx).

    Its example row is left out at an import."""
    if file is None:
        click.echo(template.template_csv(), nl=False)
        return
    kind = file.suffix.casefold()
    if kind not in (".csv", ".xlsx"):
        raise click.BadParameter("The name must end in .csv or .xlsx.", param_hint="FILE")
    data = template.template_xlsx() if kind == ".xlsx" else template.template_csv().encode()
    write_new(file, data)


def _pairs(what: str, allowed: Sequence[str]) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], Pairs]:
    """Read `words=meaning` options; the last `=` divides."""

    def read(_ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> Pairs:
        pairs = []
        for text in given:
            words, divider, meaning = text.rpartition("=")
            meaning = meaning.strip().casefold()
            if not divider or not words.strip() or meaning not in allowed:
                known = ", ".join(name for name in allowed if name)
                raise click.BadParameter(f"{quoted(text)} does not say {what}={known}.")
            pairs.append((words.strip(), meaning))
        return tuple(pairs)

    return read


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sheet", help="The sheet to read. Default: the one that has a list.")
@click.option("--header-row", type=click.IntRange(min=0), help="The row of the headers; 0 looks for it.")
@click.option(
    "--map",
    "headers",
    multiple=True,
    metavar="'HEADER=COLUMN'",
    callback=_pairs("'Their header'", ("", *FIELDS)),
    help="A header of yours and its column; 'HEADER=' leaves it out. Repeatable.",
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="'WORD=STATUS'",
    callback=_pairs("'Their word'", STATUSES),
    help=f"A status of yours and what it means: {', '.join(STATUSES)}. Repeatable.",
)
@click.option("--dates", type=click.Choice(ORDERS), help="The order of day, month and year in dates like 01/02/2026.")
@click.option("--decimal", type=click.Choice(DECIMALS), help="The decimal mark in amounts like 1.200.")
@click.option("--mapping", "start_from", metavar="NAME", help="The saved mapping to use. Default: default.")
@click.option("--save-mapping", "save_as", metavar="NAME", help="Save the choices as NAME. Default: the one used.")
@click.option("--partial", is_flag=True, help="The file is only a part of the list: remove nothing.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and store nothing, the choices included.")
@format_option
@click.pass_obj
def _import(
    site: Site,
    file: Path,
    sheet: str | None,
    header_row: int | None,
    headers: Pairs,
    statuses: Pairs,
    dates: str | None,
    decimal: str | None,
    start_from: str | None,
    save_as: str | None,
    partial: bool,
    dry_run: bool,
    form: str,
) -> None:
    """Import the official list from FILE: CSV, XLSX, XLS or ODS.

    The whole file is imported or, where something in it is unclear, nothing. How the list is to be read is asked
    once and saved. An initiative that the file no longer has is removed from the list and kept in its history; a
    column that the file does not have stays as it was."""
    data = _bytes_of(file)
    saved = _saved_mappings(site)
    name, start = _start(saved, start_from, save_as)
    how = mapping.said(
        start,
        headers=headers,
        statuses=statuses,
        sheet=sheet,
        header_row=header_row,
        dates=dates,
        decimal=decimal,
    )
    draft = interpret(sheets_of(data), how)
    _check_headers(headers, draft)
    if dry_run:
        before, by_hand = _on_record(site)
        done = plan(before, draft, partial=partial, by_hand=by_hand)
    else:
        about = (file.name, hashlib.sha256(data).hexdigest())
        unsaved = saved.get(name, "" if save_as else mapping.written(ListMapping())) != mapping.written(how)
        done = _store(site, draft, about, name, how if unsaved else None, partial=partial)
    _tell(done, draft, form, dry_run=dry_run)


def _bytes_of(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(FILE_BYTES_MOST + 1)
    except OSError as error:
        raise ListError(f"{file} cannot be read: {error.strerror}.") from error


def _saved_mappings(site: Site) -> dict[str, str]:
    if not site.inventory_path.exists():
        return {}
    with closing(site.inventory()) as connection:
        return declared.mappings(connection)


def _on_record(site: Site) -> tuple[list[Declared], frozenset[str]]:
    """The list, and which ids of it were said by hand."""
    if not site.inventory_path.exists():
        return [], frozenset()
    with closing(site.inventory()) as connection:
        return declared.current(connection), declared.said_by_hand(connection)


def _start(saved: dict[str, str], start_from: str | None, save_as: str | None) -> tuple[str, ListMapping]:
    """The name to save under, and the mapping to begin with."""
    source = start_from or (save_as if save_as in saved else "default")
    if start_from and start_from not in saved and not save_as:
        there = ", ".join(quoted(name) for name in saved) or "none yet"
        raise ListError(
            f"There is no saved mapping {quoted(start_from)} (there is {there}); --save-mapping NAME makes one."
        )
    begin = mapping.read(source, saved[source]) if source in saved else ListMapping()
    return save_as or source, begin


def _check_headers(said: Pairs, draft: Draft) -> None:
    present = {plain(text) for text in draft.table.header}
    for header, _ in said:
        if plain(header) not in present:
            there = ", ".join(quoted(text) for text in draft.table.header if text)
            raise ListError(f"--map names the header {quoted(header)}, but the list has {there}.")


def _store(
    site: Site, draft: Draft, about: tuple[str, str], name: str, how: ListMapping | None, *, partial: bool
) -> Plan:
    """Store the list, from a file of this name and SHA-256, and the mapping where it is to be saved under `name`."""
    now = datetime.now(UTC)
    with closing(site.inventory(create=True)) as connection, declared.transaction(connection):
        by_hand = declared.said_by_hand(connection)
        done = plan(declared.current(connection), draft, partial=partial, by_hand=by_hand)
        record = ListImport(
            file_name=about[0],
            file_sha256=about[1],
            mapping_name=name,
            imported_at=now,
            added_count=len(done.added),
            changed_count=len(done.changed),
            removed_count=len(done.removed),
            unchanged_count=done.unchanged_count,
        )
        listed = (*done.added, *(after for _, after in done.changed))
        declared.save(connection, record, listed=listed, removed=done.removed)
        if how:
            declared.save_mapping(connection, name, mapping.written(how), now)
    return done


def _tell(done: Plan, draft: Draft, form: str, *, dry_run: bool) -> None:
    rows = changes.rows_of(done)
    if form != "table":
        print_rows(
            "changes",
            rows,
            changes.COLUMNS,
            form,
            counts=changes.counts_of(done),
            left_out=draft.left_out,
            kept=done.kept,
            dry_run=dry_run,
        )
    else:
        if dry_run and rows:
            print_rows("changes", rows, changes.COLUMNS, form)
            click.echo()
        click.echo(clean(changes.sentence_of(done)) + (" (dry run: nothing was stored)" if dry_run else ""))
    if draft.table.assumed:
        click.echo(f"Taken for granted: {draft.table.assumed}.", err=True)
    if draft.left_out:
        names = ", ".join(quoted(clean(text)) for text in draft.left_out[:_HEADERS_TOLD])
        click.echo(f"Left out, because nobody has said what they mean: {names}.", err=True)
        click.echo("Say --map 'Header=column' to take one in, --map 'Header=' to leave it out for good.", err=True)
    if done.by_hand:
        click.echo(f"{len(done.by_hand)} stay that no file ever had: people said them one by one.", err=True)
    if done.kept:
        click.echo(f"The file has no such columns, so they stay as they were: {', '.join(done.kept)}.", err=True)


@command.command("list")
@format_option
@click.pass_obj
def _list(site: Site, form: str) -> None:
    """Print the official list as it stands; with --format csv or json, in full."""
    with closing(site.inventory()) as connection:
        initiatives = declared.current(connection)
    rows = [changes.row_of(one) for one in initiatives]
    print_rows("declared", rows, _SHORT if form == "table" else FIELDS, form)


@command.command("show")
@click.argument("initiative_id", metavar="ID")
@format_option
@click.pass_obj
def _show(site: Site, initiative_id: str, form: str) -> None:
    """Print one initiative and what every import changed about it."""
    with closing(site.inventory()) as connection:
        revisions = declared.history(connection, initiative_id)
        known = [] if revisions else [one.id for one in declared.current(connection)]
    if not revisions:
        near = difflib.get_close_matches(initiative_id, known[:_COMPARED_MOST], n=3)
        hint = f" Do you mean {' or '.join(quoted(one) for one in near)}?" if near else ""
        raise ListError(f"No initiative has the id {quoted(initiative_id)}; `declare list` prints them all.{hint}")
    last = revisions[-1]
    rows = changes.history_rows(revisions)
    if form != "table":
        print_rows("history", rows, changes.HISTORY, form, initiative=_told(last))
        return
    stated = [{"field": name, "value": value} for name, value in _told(last).items() if value not in ("", (), None)]
    print_rows("initiative", stated, ("field", "value"), form)
    click.echo()
    print_rows("history", rows, changes.HISTORY, form)


def _told(last: Revision) -> dict[str, object]:
    return {"listed": last.listed, **changes.row_of(last.declared)}


command.add_command(add)
