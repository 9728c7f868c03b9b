"""Tell the story of an organization and measure the answer: `make story`, `make story SEED=7 SIZE=800`.

Progress goes to standard error; the last line, on standard output, is one JSON object."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE)]

from composing import compose  # noqa: E402 - it lies beside this file
from judging import Judgement, answer, differences  # noqa: E402
from organization import FULL_SIZE  # noqa: E402
from telling import tell  # noqa: E402


def main() -> None:
    """Compose, tell, judge."""
    parser = argparse.ArgumentParser(prog="make story")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=FULL_SIZE, help="people")
    parser.add_argument("--followed", type=int, help="initiatives whose evidence is asked for; all, if left out")
    parser.add_argument("--keep", type=Path, help="leave the story in this new folder")
    told = parser.parse_args()
    folder = told.keep or Path(tempfile.mkdtemp(prefix="shadowledger-story-"))
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    say(f"seed {told.seed}, {told.size} people, in {folder}")
    try:
        story = compose(folder, told.seed, told.size)
        say(f"{story.ledger.lines} records written")
        judgement = Judgement(story, tell(story, folder, say, told.followed))
        for line in differences(judgement):
            print(f"          {line}", file=sys.stderr)
        say("measured")
        print(json.dumps(answer(told.seed, judgement), ensure_ascii=False), flush=True)
    finally:
        if told.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
