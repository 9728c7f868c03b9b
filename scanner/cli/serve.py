"""`shadowledger serve`: receive what agents deliver."""

from __future__ import annotations

import re
import ssl
from ipaddress import ip_address
from pathlib import Path

import click

from shadowledger.scanner.output import clean
from shadowledger.scanner.site import Site

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_TIME = re.compile(r"(\d{1,6})([smhd]?)\Z", re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_SITE = re.compile(r"[A-Za-z0-9][\w.-]{0,59}\Z", re.ASCII)


def seconds_of(text: str) -> int:
    """`90`, `30m`, `1h`. Raises UsageError."""
    found = _TIME.match(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not seconds:
        raise click.UsageError(f"'{text}' is no time: write 90, 30m, 1h or 1d.")
    return seconds


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8443, show_default=True, type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option("--tls-cert", type=_FILE, help="The server's certificate, with those between it and its authority (PEM).")
@click.option("--tls-key", type=_FILE, help="Its private key (PEM).")
@click.option("--client-ca", type=_FILE, help="Let in only devices with a certificate of this authority (PEM).")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front does TLS, and nobody else reaches this port.")
@click.option("--offer-pack", "offered", type=_FILE, help="The signed signature pack for agents: `signatures pack`.")
@click.option("--seal-every", default="1h", show_default=True, help="How often a bundle is made of what has come.")
@click.option("--bundles", "folder", type=click.Path(file_okay=False, path_type=Path),
              help="Where bundles are written. Default: beside the inventory.")  # fmt: skip
@click.option("--site", "site_name", default="", help="This server's name in bundles. Default: kept, or the machine's.")
@click.option("--no-import", is_flag=True, help="Write bundles only; the inventory is on another machine.")
@click.pass_obj
def command(
    site: Site,
    /,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    client_ca: Path | None,
    behind_proxy: bool,
    offered: Path | None,
    seal_every: str,
    folder: Path | None,
    site_name: str,
    no_import: bool,
) -> None:
    """Receive what agents deliver, until Ctrl-C or a signal ends it: docs/server.md.

    What was acknowledged is on the disk. It becomes bundles, and with them part of the inventory beside."""
    if bool(tls_cert) != bool(tls_key):
        raise click.UsageError("--tls-cert and --tls-key belong together.")
    if client_ca and not tls_cert:
        raise click.UsageError("--client-ca needs --tls-cert and --tls-key.")
    if not tls_cert and not behind_proxy and not _is_loopback(host):
        raise click.UsageError(
            "Without --tls-cert and --tls-key it listens on this machine alone (127.0.0.1), or --behind-proxy."
        )
    if site_name and not _SITE.match(site_name):
        raise click.UsageError("--site takes up to 60 letters, digits, dots and hyphens.")
    seal_every_s = seconds_of(seal_every)
    try:
        from shadowledger.scanner.web.server import Options, serve
    except ImportError as error:
        raise click.UsageError("The server needs the extra `web`: pip install 'shadowledger[web]'.") from error
    from shadowledger.scanner.taking_in import folder_of

    options = Options(
        host, port, (folder or folder_of(site)).absolute(), seal_every_s, site_name, tls_cert, tls_key, client_ca,
        offered, not no_import, behind_proxy,
    )  # fmt: skip
    try:
        serve(site, options, lambda told: click.echo(clean(told), err=True))
    except ssl.SSLError as error:
        raise click.UsageError("The certificate, its key or the authority cannot be used; are they PEM, and do they "
                               "belong together?") from error  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
