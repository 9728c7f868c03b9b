"""Imports run down the house and never up, nor in a circle; read from the source, so that lazy ones count too."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from checkout import CHECKOUT

FLOORS = {
    "signatures": set(),
    "db": set(),
    "collectors": {"signatures"},
    "scanner": {"signatures", "db", "collectors"},
}
"""Each folder, and those that it may import beside itself."""
FACES = ("cli", "reports", "exports", "web", "agent")
"""Rooms of `scanner` that show things; only themselves and `cli` may import them."""
VAGUE = {"utils", "util", "base", "manager", "helpers", "common", "misc"}

Imports = Mapping[str, set[str]]


def module_name(path: Path, top: Path) -> str:
    """`scanner/cli/scan.py` as `scanner.cli.scan`."""
    parts = path.relative_to(top).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_imports(top: Path, *, lazy: bool = True) -> dict[str, set[str]]:
    """Each module of the four folders to what it imports of ours, without `shadowledger.`; `from x import y` counts as
    x.y where that is a module. `lazy` includes imports inside functions."""
    paths = {module_name(path, top): path for floor in FLOORS for path in sorted((top / floor).rglob("*.py"))}
    return {name: set(_imports_of(path, name, set(paths), lazy=lazy)) for name, path in paths.items()}


def _imports_of(path: Path, name: str, modules: set[str], *, lazy: bool) -> Iterable[str]:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree) if lazy else _eager(tree):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            above = f"shadowledger.{package}".split(".")
            parent = ".".join((*above[: len(above) - node.level + 1], node.module or "")) if node.level else node.module
            named = [f"{parent}.{alias.name}".replace("..", ".") for alias in node.names]
        else:
            continue
        for imported in named:
            if imported.startswith("shadowledger."):
                inner = imported.removeprefix("shadowledger.")
                yield inner if inner in modules else inner.rpartition(".")[0]


def _eager(node: ast.AST) -> Iterable[ast.AST]:
    """Statements that run when a module is imported."""
    for child in ast.iter_child_nodes(node):
        is_for_types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not is_for_types:
            yield child
            yield from _eager(child)


def face_of(module: str) -> str:
    """The face that a module belongs to; empty where it belongs to none."""
    first, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    return room if first == "scanner" and room in FACES else ""


def wrong_imports(imports: Imports) -> list[str]:
    """Every import that runs up, or into a face from outside of it."""
    wrong = []
    for module, imported in imports.items():
        floor = module.partition(".")[0]
        for target in imported:
            if target.partition(".")[0] not in FLOORS[floor] | {floor}:
                wrong.append(f"{module} imports {target}, which is above")
            elif face_of(target) and face_of(module) not in (face_of(target), "cli"):
                wrong.append(f"{module} imports {target}, which is a face")
    return sorted(wrong)


def circle(imports: Imports) -> list[str]:
    """Modules that import each other in a circle; empty where there is none."""
    try:
        TopologicalSorter({module: imported - {module} for module, imported in imports.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_imports_run_down() -> None:
    assert wrong_imports(read_imports(CHECKOUT)) == []


def test_there_is_no_circle() -> None:
    assert circle(read_imports(CHECKOUT, lazy=False)) == []


def test_every_name_of_a_room_says_what_it_knows() -> None:
    named = {part for module in read_imports(CHECKOUT) for part in module.split(".")}
    assert named & VAGUE == set()


ABOVE, FACE = "is above", "is a face"


@pytest.mark.parametrize(
    ("path", "line", "target", "complaint"),
    [
        ("db/names.py", "from shadowledger.scanner.fold import Fold", "scanner.fold", ABOVE),
        ("db/names.py", "import shadowledger.signatures.index", "signatures.index", ABOVE),
        ("signatures/index.py", "import shadowledger.db", "db", ABOVE),
        ("collectors/ps.py", "from shadowledger.db import names", "db.names", ABOVE),
        ("collectors/ps.py", "def f():\n    from ..db import names", "db.names", ABOVE),
        ("scanner/fold.py", "from shadowledger.scanner.cli import scan", "scanner.cli.scan", FACE),
        ("scanner/fold.py", "from .cli import scan", "scanner.cli.scan", FACE),
        ("scanner/fold.py", "from shadowledger.collectors import ps", "", None),
        ("scanner/cli/scan.py", "from shadowledger.scanner import fold", "", None),
        ("scanner/cli/scan.py", "from . import options", "", None),
        ("scanner/fold.py", "import json", "", None),
    ],
)
def test_a_planted_import_is_found(tmp_path: Path, path: str, line: str, target: str, complaint: str | None) -> None:
    for name in ("db/__init__", "db/names", "signatures/index", "collectors/ps", "scanner/fold", "scanner/cli/scan"):
        (tmp_path / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.py").touch()
    for name in ("__init__", "options"):
        (tmp_path / f"scanner/cli/{name}.py").touch()
    (tmp_path / path).write_text(line + "\n")
    module = module_name(Path(path), Path())
    expected = [f"{module} imports {target}, which {complaint}"] if complaint else []
    assert wrong_imports(read_imports(tmp_path)) == expected


def test_a_planted_circle_is_found() -> None:
    assert circle({"db.names": {"db.runs"}, "db.runs": {"db.names"}}) != []
