"""Captures for the fuzzer: the packets of the tests, in files of both kinds, and the same conversations with spoilt
messages inside wrappings that are as they should be, so that what decrypts and puts together is reached."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "collectors"))

from capture_files import enhanced, interface, pcap, query, section, tcp, udp  # noqa: E402 - they lie elsewhere
from hello_files import V1, V2, dtls, initial, message, records  # noqa: E402
from mutations import mutated  # noqa: E402
from test_capture_cases import FRAMES  # noqa: E402

_NAME = "api.openai.com"
_FILE_HEADER_BYTES, _PACKET_HEADER_BYTES = 24, 16


def samples() -> list[bytes]:
    """Every case of the tests as a pcap, and some together as a pcapng."""
    together = [frame for frames in FRAMES for frame in frames[:6]]
    blocks = section() + interface(1) + interface(1, order="<") + b"".join(enhanced(0, 1, one) for one in together)
    return [*(pcap(frames) for frames in FRAMES), blocks]


def conversation(random: Random) -> bytes:
    """A pcap in which only what is said is spoilt."""
    hello = mutated(message(_NAME, key_share_bytes=random.choice((32, 1216))), random)[:4000] or b"\x01"
    asked = mutated(query(_NAME), random)[:1200]
    cut = random.randrange(len(hello))
    frames = [
        *(udp(one, 443) for one in _initials(hello, cut, random)),
        *(udp(one[:1400], 4433) for one in dtls(hello.ljust(120, b"\0"), size=random.choice((50, 300)))[:9]),
        *(tcp(part, source=random.randrange(1024, 60_000)) for part in (records(hello, 100), records(hello))),
        tcp(len(asked).to_bytes(2, "big") + asked, 53),
        udp(asked, random.choice((53, 5353, 8053))),
    ]
    random.shuffle(frames)
    return pcap(frames)


def _initials(hello: bytes, cut: int, random: Random) -> list[bytes]:
    version = random.choice((V1, V2))
    offsets = [random.choice((0, cut, 1 << 14)) for _ in range(3)]
    parts = [[(0, hello[:cut])], [(cut, hello[cut : cut + 1000])], [(at, hello[:200]) for at in offsets]]
    return [initial(part, version=version, packet_number=number) for number, part in enumerate(parts)]
