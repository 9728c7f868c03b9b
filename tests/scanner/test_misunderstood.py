"""Lines that were not understood are shown by their shape, and nobody's data with them."""

from __future__ import annotations

import pytest

from shadowledger.scanner.misunderstood import masked

SHAPES = [
    # line, what is shown of it
    ("user=ada.lovelace@corp.example src=10.0.0.5", "user=xxx.xxxxxxxx@xxxx.xxxxxxx src=00.0.0.0"),
    ("GET https://chatgpt.com/c/6f3a HTTP/2.0", "GET https://xxxxxxx.xxx/x/0x0x HTTP/0.0"),
    ("Nov 23 10:00:00 pc-7 sshd[12]: Ада", "Nov 00 00:00:00 xx-0 xxxx[00]: xxx"),
    ("q\x1b[31mq", "x\ufffd[00xx"),
    ("x" * 500, "x" * 160 + "\N{HORIZONTAL ELLIPSIS}"),
    ("", ""),
]


@pytest.mark.parametrize(("line", "want"), SHAPES)
def test_of_a_line_its_shape_is_shown(line: str, want: str) -> None:
    assert masked(line) == want
