"""The signature pack that a server offers: fetched once, and again when there is another."""

from __future__ import annotations

import os
from pathlib import Path

from serving import serving

from shadowledger.signatures.pack import MAGIC

USUAL = ("serve", "--port", "0", "--site", "lab", "--no-import")


def test_a_pack_is_fetched_once_and_again_when_it_is_another(tmp_path: Path) -> None:
    pack = tmp_path / "some.pack"
    pack.write_bytes(MAGIC + b"first")
    with serving(tmp_path / "inventory.db", *USUAL, "--offer-pack", pack) as server:
        token = server.device("lab-1")

        def fetched(tag: str = "") -> tuple[int, object, str]:
            more = {"If_None_Match": tag} if tag else {}
            answer = server.ask("GET", "/v1/signatures", token=token, **more)
            return answer.status, answer.told, answer.headers.get("etag", "")

        status, told, tag = fetched()
        assert (status, told) == (200, MAGIC + b"first")
        assert fetched(tag)[:2] == fetched(f'"other", {tag}')[:2] == fetched(f"W/{tag}")[:2] == (304, b"")
        (tmp_path / "new").write_bytes(MAGIC + b"second")
        os.utime(tmp_path / "new", (1, 1))
        (tmp_path / "new").replace(pack)
        status, told, other = fetched(tag)
        assert (status, told, other != tag) == (200, MAGIC + b"second", True)
        pack.write_bytes(b"no pack")
        assert fetched(other)[0] == 404
        pack.unlink()
        assert fetched(other)[0] == 404
