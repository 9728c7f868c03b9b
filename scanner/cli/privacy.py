"""`shadowledger privacy`: what is kept of people, for how long, and who may see it."""

from __future__ import annotations

from contextlib import closing

import click

from shadowledger.db.settings import SMALLEST_GROUP, Privacy, Profile, change, is_wider, privacy_of
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli import program_version
from shadowledger.scanner.cli.leave import approver, need_reason, token_option
from shadowledger.scanner.cli.options import format_option, print_rows
from shadowledger.scanner.keepsakes import MOST
from shadowledger.scanner.output import SCHEMA_VERSION, as_json
from shadowledger.scanner.privacy.paper import LANGUAGES, as_markdown, facts
from shadowledger.scanner.privacy.retention import purge
from shadowledger.scanner.site import Site

NEEDS_TWO = ("smallest_group", "second_person")
"""Settings that nobody widens alone."""


@click.group("privacy")
def command() -> None:
    """What is kept of people, for how long, and who may see it."""


@command.command("show")
@format_option
@click.pass_obj
def show(site: Site, /, form: str) -> None:
    """Show the settings of this site."""
    with closing(site.inventory()) as connection:
        rows = [{"setting": name, "value": value} for name, value in privacy_of(connection)._asdict().items()]
    print_rows("settings", rows, ("setting", "value"), form)


def _change(site: Site, name: str, value: str | int, reason: str, token: str) -> Privacy:
    """Change a setting: freely where less is kept or shown then, otherwise with a reason and, where the site or the
    setting asks for one, a second person."""
    with closing(site.inventory(create=True)) as connection:
        with writing(connection):
            before = getattr(privacy_of(connection), name)
            wider = is_wider(name, before, value)
            if wider:
                need_reason(reason)
            more = approver(connection, token, always=name in NEEDS_TWO) if wider else {}
            if before != value:
                change(connection, name, value, reason, more)
        return privacy_of(connection)


@command.command("profile")
@click.argument("name", required=False, type=click.Choice([profile.value for profile in Profile]))
@click.option("--reason", default="", help="Why; needed to keep or show more than before.")
@token_option
@click.pass_obj
def profile(site: Site, /, name: str | None, reason: str, token: str) -> None:
    """Show or set how much of people is kept.

    \b
    aggregate      counts by day; nobody is stored, not even as an id
    pseudonymous   random ids; who holds the key may open one, with a reason (default)
    named          reports may show names to those who hold the key"""
    if name is None:
        with closing(site.inventory()) as connection:
            click.echo(privacy_of(connection).profile.value)
        return
    _change(site, "profile", Profile(name), reason, token)
    click.echo(f"The profile is {name}.")
    if name == Profile.AGGREGATE:
        click.echo("Whom earlier scans stored is still there; `shadowledger privacy purge --all` makes counts of it.")


@command.command("group")
@click.argument("people", required=False, type=click.IntRange(SMALLEST_GROUP))
@click.option("--reason", default="", help="Why; needed to show smaller groups than before.")
@token_option
@click.pass_obj
def group(site: Site, /, people: int | None, reason: str, token: str) -> None:
    """Show or set the smallest number of people that is shown. It is never less than five; whoever lowers it again
    needs a second person."""
    if people is not None:
        _change(site, "smallest_group", people, reason, token)
    with closing(site.inventory()) as connection:
        smallest = privacy_of(connection).smallest_group
    click.echo(f"Groups of 1 to {smallest - 1} people are shown as fewer than {smallest}.")


@command.command("second-person")
@click.argument("state", required=False, type=click.Choice(("on", "off")))
@click.option("--reason", default="", help="Why; needed to switch it off.")
@token_option
@click.pass_obj
def second_person(site: Site, /, state: str | None, reason: str, token: str) -> None:
    """Show or set whether names are opened, and settings widened, only with a second person's token."""
    if state is not None:
        _change(site, "second_person", state == "on", reason, token)
    with closing(site.inventory()) as connection:
        is_asked = privacy_of(connection).second_person
    click.echo(f"A second person is {'needed' if is_asked else 'not needed'} to open a name.")


@command.command("seal")
@click.option("--days", type=click.IntRange(0), help="How long sealed lines are kept; 0 for ever.")
@click.option("--lines", type=click.IntRange(0, MOST), help="How many of each source and service; 0 for none.")
@click.option("--reason", default="", help="Why; needed to keep more or longer than before.")
@token_option
@click.pass_obj
def seal(site: Site, /, days: int | None, lines: int | None, reason: str, token: str) -> None:
    """Show or set how many raw lines are kept sealed as evidence, and how long."""
    if days is not None:
        _change(site, "seal_days", days, reason, token)
    if lines is not None:
        _change(site, "seal_lines", lines, reason, token)
    with closing(site.inventory()) as connection:
        now = privacy_of(connection)
    if not now.seal_lines:
        click.echo("No lines are sealed.")
        return
    until = f"for {now.seal_days} days" if now.seal_days else "for ever"
    click.echo(f"{now.seal_lines} lines of each source and service are kept sealed {until}.")


@command.command("retain")
@click.option("--days", type=click.IntRange(0), help="How long people are kept; 0 for ever.")
@click.option("--reason", default="", help="Why; needed to keep them longer than before.")
@token_option
@click.pass_obj
def retain(site: Site, /, days: int | None, reason: str, token: str) -> None:
    """Show or set after how many days entries lose their people. `privacy purge` does it; have it run every day."""
    if days is not None:
        _change(site, "retain_days", days, reason, token)
    with closing(site.inventory()) as connection:
        kept = privacy_of(connection).retain_days
    click.echo(f"People are kept {f'for {kept} days' if kept else 'for ever'}.")


@command.command("purge")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--all", "all_", is_flag=True, help="Whatever its age; under the profile aggregate, the directory too.")
@click.pass_obj
def purge_(site: Site, /, dry_run: bool, all_: bool) -> None:
    """Take people out of what is older than `privacy retain` says: daily counts stay, and bounds of how many they were.

    Names that nothing uses any more go from the identities store, and sealed lines whose time is over."""
    with closing(site.inventory()) as inventory:
        store = site.identities() if site.identities_path.exists() else None
        try:
            kept = privacy_of(inventory).retain_days
            done = purge(inventory, store, None if all_ else kept, dry=dry_run)
        finally:
            if store is not None:
                store.close()
    told = "would go" if dry_run else "went"
    click.echo(
        f"{done.entry_count} entries' people, {done.name_count} names and {done.line_count} sealed lines {told}."
    )
    if done.names_wait:
        click.echo("A scan is under way, so all names stay until the next time.")
    if not kept and not all_:
        click.echo("No entry is too old: `privacy retain --days N` says when one is.")


@command.command("report")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the text.")
@click.option(
    "--format", "form", type=click.Choice(("markdown", "json")), default="markdown", show_default=True,
    help="How to print it.",
)  # fmt: skip
@click.pass_obj
def report(site: Site, /, language: str, form: str) -> None:
    """Write the works council's paper: what is read and kept, for what, for how long, and who can see it.

    It is made from this site's settings and databases, and from the program itself."""
    with closing(site.inventory()) as inventory:
        store = site.identities() if site.identities_path.exists() else None
        try:
            told = facts(inventory, store, language, program_version())
        finally:
            if store is not None:
                store.close()
    text = as_markdown(told) if form == "markdown" else as_json({"schema_version": SCHEMA_VERSION, **told}) + "\n"
    click.echo(text, nl=False)
