"""`shadowledger reconcile review`: the open proposals, one after the other."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from shadowledger.db.audit import who
from shadowledger.db.decisions import decide
from shadowledger.db.transactions import writing
from shadowledger.scanner.cli.state import Present, present
from shadowledger.scanner.output import as_text, clean
from shadowledger.scanner.reports.answer import people_in_words
from shadowledger.scanner.reports.open_proposals import Open, Review
from shadowledger.scanner.site import Site

ANSWERS = ("yes", "no", "skip", "dismiss", "quit")
VERBS = {"yes": "link", "no": "unlink", "dismiss": "dismiss"}
_SAID = {"yes": "linked", "no": "refused", "dismiss": "dismissed", "skip": "skipped"}
_KEYS = "y yes, it is that line; n no; s skip; d dismiss, it is no AI initiative; q quit. A reason may follow."


class _Ended(Exception):  # noqa: N818 - no error: there is nothing more to read
    pass


@click.command("review")
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Take the answers from FILE, one a line: 'yes as the owner says'. `-` is standard input.",
)
@click.pass_obj
def review(site: Site, /, answers: Path | None) -> None:
    """Walk through the open proposals: say of each whether the line of the list is what was discovered.

    Answers are yes (link), no (unlink), skip, dismiss and quit, or their first letters; a reason may follow on the same
    line, else it is asked for. Each answer is kept at once, with who gave it and when."""
    with present(site) as state, _source(answers) as source:
        counts: Counter[str] = Counter()
        waiting = Review(state.reconciliation)
        dialogue = _Dialogue(source)
        try:
            for asked in waiting.waiting():
                _show(asked)
                answer, reason = dialogue.answer()
                if answer == "quit":
                    break
                counts[answer] += 1
                _keep(state, asked, answer, reason, waiting)
        except _Ended:
            if not dialogue.has_read:
                raise click.UsageError(
                    "A review needs a person: run it in a terminal, or say --answers FILE. Nothing was stated."
                ) from None
            click.echo()
    told = ", ".join(f"{counts[key]} {said}" for key, said in _SAID.items())
    click.echo(f"{told}." if counts else "No proposal is open." if not dialogue.has_read else "Nothing was stated.")


@contextmanager
def _source(answers: Path | None) -> Iterator[TextIO]:
    if answers is None or str(answers) == "-":
        yield sys.stdin
        return
    with answers.open(encoding="utf-8") as source:
        yield source


class _Dialogue:
    """Asks on standard output and reads lines."""

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self.has_read = False

    def answer(self) -> tuple[str, str]:
        """One of ANSWERS, and its reason. Raises _Ended where there is nothing more to read."""
        while True:
            word, _, reason = self._line("yes, no, skip, dismiss, quit? ").partition(" ")
            found = [one for one in ANSWERS if word and one.startswith(word.casefold())]
            if not found:
                click.echo(_KEYS)
                continue
            if found[0] not in VERBS:
                return found[0], ""
            reason = reason.strip() or self._line("why? ")
            while found[0] == "dismiss" and not reason:
                reason = self._line("a dismissal needs a reason; why? ")
            return found[0], reason

    def _line(self, prompt: str) -> str:
        click.echo(prompt, nl=False)
        if not (line := self._source.readline()):
            raise _Ended
        self.has_read = True
        if not self._source.isatty():
            click.echo(clean(line.rstrip("\r\n")))
        return line.strip()


def _show(asked: Open) -> None:
    line, one, proposal = asked.line, asked.one, asked.proposal
    of = [line.status, *line.business_units, *line.products]
    when = f"{one.first_seen_on or '?'} to {one.last_seen_on or '?'}"
    people = "people " + people_in_words(one.people.low, one.people.high)
    lines = [
        "",
        f"{line.id}  {line.name}  ({as_text([word for word in of if word]) or 'the list says no more'})",
        f"  may be {one.id}  {one.title}  ({one.nature}; {as_text(one.units) or 'unit unknown'}; {people}; {when})",
        f"  score {proposal.score:.2f}: {'; '.join(proposal.reasons)}",
    ]
    for told in lines:
        click.echo(clean(told))


def _keep(state: Present, asked: Open, answer: str, reason: str, waiting: Review) -> None:
    if answer not in VERBS:
        return
    about = "" if answer == "dismiss" else asked.line.id
    with writing(state.connection):
        decide(state.connection, VERBS[answer], asked.one.id, about, reason)
    if answer == "yes":
        waiting.link(asked)
    elif answer == "dismiss":
        waiting.dismiss(asked)
    click.echo(f"  {_SAID[answer]}, as {who()} said: kept.")
