"""Copy what the agent imports, and nothing else of this program: parts.py CHECKOUT FOLDER

Prints the requirements of others' that belong with it, as setup.cfg has them, for `pip install --target`."""

from __future__ import annotations

import ast
import configparser
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = "shadowledger"
START = f"{NAME}.scanner.agent.__main__"
DATA = ("collectors/endpoint/local/*.toml", "scanner/agent/units/*")
_ONLY_ELSEWHERE = {"linux": {"psutil"}}
"""What one system's agent does without: Linux tells in /proc what psutil tells of the others."""


def closure(checkout: Path) -> tuple[list[str], list[str]]:
    """The files that the agent may come to import, relative to the checkout, and the names of others' packages."""
    waiting, files, foreign = [START], set[str](), set[str]()
    while waiting:
        name = waiting.pop()
        path = _file(checkout, name)
        if path is None or path in files:
            continue
        files.add(path)
        waiting += [name.rpartition(".")[0]]
        for imported in _imported(checkout / path):
            if imported.partition(".")[0] == NAME:
                waiting += [imported, imported.rpartition(".")[0]]
            else:
                foreign.add(imported.partition(".")[0])
    return sorted(files), sorted(foreign - sys.stdlib_module_names)


def _imported(path: Path) -> Iterator[str]:
    """Names that a module imports when it runs, wherever it does so."""
    waiting: list[ast.AST] = [ast.parse(path.read_bytes())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def _file(checkout: Path, name: str) -> str | None:
    """Where a module of ours is; None for a name inside one, and for the namespace that all of them are in."""
    inside = name.partition(".")[2].replace(".", "/")
    for path in (f"{inside}.py", f"{inside}/__init__.py"):
        if inside and (checkout / path).is_file():
            return path
    return None


def requirements(checkout: Path, foreign: list[str]) -> list[str]:
    """The lines of setup.cfg for these packages, but for those that this system's agent does without."""
    config = configparser.ConfigParser()
    config.read(checkout / "setup.cfg")
    lines = config["options"]["install_requires"].split("\n")
    wanted = set(foreign) - _ONLY_ELSEWHERE.get(sys.platform, set())
    return [line for line in lines if re.split(r"[^\w-]", line, maxsplit=1)[0] in wanted]


def main(checkout: Path, folder: Path) -> None:
    """Copy, and print the requirements."""
    files, foreign = closure(checkout)
    for path in [*files, *(str(data.relative_to(checkout)) for glob in DATA for data in checkout.glob(glob))]:
        target = folder / NAME / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(checkout / path, target)
    print("\n".join(requirements(checkout, foreign)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
