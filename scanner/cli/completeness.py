"""`shadowledger completeness`: how many products nobody saw, at least."""

from __future__ import annotations

from contextlib import closing

import click

from shadowledger.scanner.cli.options import open_signatures
from shadowledger.scanner.completeness import Missed, RefusedError, missed
from shadowledger.scanner.independence import Lists, independent_lists
from shadowledger.scanner.output import SCHEMA_VERSION, as_json, clean
from shadowledger.scanner.site import Site


@click.command("completeness")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True,
              help="How to print it.")  # fmt: skip
@click.pass_obj
def command(site: Site, /, form: str) -> None:
    """Say how many more AI products there are at least, from what independent channels saw in common.

    It is of catalogued services, rests on assumptions that are printed with it, and is refused where channels are too
    few, have too little in common, or depend on each other."""
    with closing(site.inventory()) as connection:
        lists = independent_lists(connection, open_signatures(site, connection).index.services)
    found, refused = None, ""
    try:
        found = missed(lists.products)
    except RefusedError as error:
        refused = str(error)
    told = {
        "schema_version": SCHEMA_VERSION,
        "refused": refused,
        **(_rounded(found) if found else {}),
        "lists": [
            {"channels": channels, "products": len(products)}
            for channels, products in zip(lists.channels, lists.products, strict=True)
        ],
        "left_out": lists.left_out_count,
        "assumptions": _assumptions(lists),
    }
    click.echo(as_json(told) if form == "json" else _as_text(found, refused, lists))


def _rounded(found: Missed) -> dict[str, object]:
    return {name: round(value, 1) for name, value in found._asdict().items()}


def _assumptions(lists: Lists) -> list[str]:
    what = "services, whatever their instances" if lists.by_service else "services and their instances"
    return [
        f"counted are {what} of the catalogue, no AI of the organization's own and none that the catalogue lacks",
        "each channel looked at the whole organization, and what is used did not change while they did",
        "no channel sees a product the less because another sees it; where it sees it the more, the bound is too low",
        f"{lists.left_out_count} products are left out that not all channels could have seen, or hardly",
        *lists.joined,
    ]


def _as_text(found: Missed | None, refused: str, lists: Lists) -> str:
    if found:
        interval = f"estimate {found.estimate:.1f}, between {found.low:.1f} and {found.high:.1f} in 95 of 100 cases"
        lines = [
            f"At least {found.at_least} more among catalogued services ({interval}).",
            f"{found.seen} were seen, {found.common} of them by several channels.",
        ]
    else:
        lines = [f"How many more there are cannot be said: {refused}."]
    lines += ["", "Channels that see on their own:"]
    for channels, products in zip(lists.channels, lists.products, strict=True):
        lines.append(f"  {' and '.join(channels)}: {len(products)}")
    lines += ["", "This holds where:", *(f"  {told}" for told in _assumptions(lists))]
    return "\n".join(map(clean, lines))
