"""Processes as blocks of lines, a value a line: PowerShell's Format-List, `wmic /format:list`, `tasklist /fo list`; and
two tables whose cells nobody quoted, `wmic /format:csv` and what Get-Process prints by itself. A record is a process.

https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/format-list,
https://learn.microsoft.com/windows/win32/wmisdk/wmic,
https://learn.microsoft.com/windows-server/administration/windows-commands/tasklist"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from shadowledger.collectors.collector import Collector, Head
from shadowledger.collectors.endpoint.programs import Seen, artifacts, base_name, seen_by
from shadowledger.collectors.reading import Reading
from shadowledger.collectors.records import Issue, Record

_MOST_LINES = 400
_TASKLIST_USER = 6
"""Of `/v`: image, PID, session, its number, memory, status, user, CPU time, window title. Words are localised."""
_NAMES = ("ExecutablePath", "Path", "Name", "ProcessName", "Caption")
_PIDS = ("ProcessId", "Id")
_DEVICES = ("CSName", "PSComputerName", "Node")
_LINES = {
    "powershell": re.compile(r"([A-Za-z_]\w{0,60})\s*: ?(.*)\Z"),
    "wmic": re.compile(r"([A-Z][A-Za-z]{1,60})=(.*)\Z"),
}
_TASKLIST_LINE = re.compile(r"([^:]{2,40}):\s*(.*)\Z")
_RULER = re.compile(r"\s*-+(?:\s+-+){5,}\s*\Z")
Block = list[str]
Parse = Callable[[Block], dict[str, str]]


def _blocks(lines: Iterable[str]) -> Iterator[Block]:
    """Lines between blank ones; of a block without an end the first _MOST_LINES."""
    block: Block = []
    for line in lines:
        line = line.strip("\r\0")
        if line.strip():
            if len(block) < _MOST_LINES:
                block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _pairs(shape: str) -> Parse:
    pattern = _LINES[shape]

    def parse(block: Block) -> dict[str, str]:
        """Values by their names; what PowerShell wraps goes on, indented, below."""
        found: dict[str, str] = {}
        last = ""
        for line in block:
            if line[:1] == " " and last and shape == "powershell":
                found[last] += line.strip()
            elif pair := pattern.match(line):
                last = pair[1]
                found.setdefault(last, pair[2].strip())
        return found

    return parse


def _of_tasklist(block: Block) -> dict[str, str]:
    """By their order, because their names are in the system's language."""
    pairs = [pair for line in block if (pair := _TASKLIST_LINE.match(line))]
    if len(pairs) < 2 or pairs[1][1].strip() != "PID":
        return {}
    user = pairs[_TASKLIST_USER][2] if len(pairs) > _TASKLIST_USER + 1 else ""
    return {"Name": pairs[0][2].strip(), "ProcessId": pairs[1][2].strip(), "UserName": user if "\\" in user else ""}


def _is_process(fields: dict[str, str]) -> bool:
    return bool(_first(fields, _NAMES)) and _first(fields, _PIDS).isdigit()


def _first(fields: dict[str, str], names: Iterable[str]) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _told(position: int, fields: dict[str, str], default: Seen, reading: Reading) -> Iterator[Record]:
    """Issues: `not a process`."""
    if not _is_process(fields):
        yield Issue(position, "not a process")
        return
    device = reading.settings.device or _first(fields, _DEVICES) or default.device
    names = dict.fromkeys(base_name(fields.get(name, "")) for name in _NAMES)
    user = fields.get("UserName", "")
    command = fields.get("CommandLine", "")
    yield from artifacts(position, names, command, user, default._replace(device=device), reading.command)


def _reader(parse: Parse) -> Callable[[Reading], Iterator[Record]]:
    def read(reading: Reading) -> Iterator[Record]:
        default = seen_by(reading)
        lines = (line for _, block in reading.blocks() for line in block)
        for position, block in enumerate(_blocks(lines), start=1):
            reading.record_count += 1
            yield from _told(position, parse(block), default, reading)

    return read


def _detector(parse: Parse, title: str) -> Callable[[Head], str]:
    def detect(head: Head) -> str:
        text = head.data.decode("utf-8", "replace").replace("\r", "")
        blocks = list(_blocks(text.split("\n")[:400]))[:9]
        whole = blocks[:-1] if len(blocks) > 1 else blocks
        fit = sum(_is_process(parse(block)) for block in whole)
        return f"{fit} of {len(whole)} blocks are {title}" if fit and fit * 4 >= len(whole) * 3 else ""

    return detect


def _listing(name: str, title: str, parse: Parse, reference: str, export: str) -> Collector:
    return Collector(
        id=name,
        title=title,
        framing="document",
        fills=("process", "cmdline"),
        detect=_detector(parse, "processes with name and number"),
        read=_reader(parse),
        reference=reference,
        export=export,
        cannot="The time, and mostly the machine: --device, and the file's time.",
    )


def _wmic_header(lines: Iterable[str]) -> list[str]:
    """The columns of `wmic process get ... /format:csv`: Node, and the others by the alphabet."""
    for line in lines:
        names = line.strip("\r\0 ").split(",")
        if names[0] == "Node" and "Name" in names and "ProcessId" in names:
            return names
    return []


def _wmic_row(line: str, header: list[str]) -> dict[str, str]:
    """A row, in whose command line commas may stand: all that is too much is its."""
    cells = line.split(",")
    extra = len(cells) - len(header)
    at = header.index("CommandLine") if "CommandLine" in header else -1
    if extra > 0 and at >= 0:
        cells[at : at + extra + 1] = [",".join(cells[at : at + extra + 1])]
    return dict(zip(header, cells, strict=False)) if len(cells) == len(header) else {}


def _read_wmic(reading: Reading) -> Iterator[Record]:
    default, header, position = seen_by(reading), list[str](), 0
    for _, block in reading.blocks():
        for line in block:
            text = line.strip("\r\0")
            if not text.strip():
                continue
            if not header:
                header = _wmic_header([text])
                if header:
                    continue
            position += 1
            reading.record_count += 1
            yield from _told(position, _wmic_row(text, header) if header else {}, default, reading)


def _detect_wmic(head: Head) -> str:
    header = _wmic_header(head.lines[:3])
    rows = [_wmic_row(line.strip("\r"), header) for line in head.lines[1:9]] if header else []
    fit = sum(map(_is_process, rows))
    return f"wmic's header, and {fit} of {len(rows)} rows are processes" if fit and fit * 4 >= len(rows) * 3 else ""


def _read_table(reading: Reading) -> Iterator[Record]:
    default, start, position, before = seen_by(reading), -1, 0, ""
    for _, block in reading.blocks():
        for line in block:
            if not line.strip():
                continue
            if start < 0:
                if _RULER.match(line):
                    start = before.rfind("ProcessName")
                before = line
                continue
            position += 1
            reading.record_count += 1
            yield from _told(position, _table_row(line, start), default, reading)
    if start < 0:
        reading.record_count += 1
        yield Issue(1, "no header of Get-Process")


def _table_row(line: str, start: int) -> dict[str, str]:
    """Numbers stand to the right of their columns, and the name last."""
    numbers = line[:start].split()
    return {"Name": line[start:].strip(), "ProcessId": numbers[-2] if len(numbers) > 1 else ""}


def _detect_table(head: Head) -> str:
    for at, line in enumerate(head.lines[:4]):
        if _RULER.match(line) and at and (start := head.lines[at - 1].rfind("ProcessName")) > 0:
            rows = [_table_row(row, start) for row in head.lines[at + 1 : at + 9]]
            fit = sum(map(_is_process, rows))
            return f"Get-Process' header, and {fit} of {len(rows)} rows are processes" if fit else ""
    return ""


_GET_PROCESS = "https://learn.microsoft.com/powershell/module/microsoft.powershell.management/get-process"
_WMIC = "https://learn.microsoft.com/windows/win32/wmisdk/wmic"
POWERSHELL_LIST = _listing(
    "powershell_list", "PowerShell processes, Format-List", _pairs("powershell"), _GET_PROCESS,
    "Get-CimInstance Win32_Process | Format-List Name, ProcessId, ExecutablePath, CommandLine, CSName > file",
)  # fmt: skip
WMIC_LIST = _listing(
    "wmic_list", "wmic process, /format:list", _pairs("wmic"), _WMIC,
    "wmic process get Name,ProcessId,ExecutablePath,CommandLine /format:list > file",
)  # fmt: skip
TASKLIST_LIST = _listing(
    "tasklist_list", "Windows tasklist /fo list", _of_tasklist,
    "https://learn.microsoft.com/windows-server/administration/windows-commands/tasklist",
    "tasklist /v /fo list > file",
)  # fmt: skip
WMIC_CSV = Collector(
    id="wmic_csv",
    title="wmic process, /format:csv",
    framing="csv",
    fills=("process", "cmdline"),
    detect=_detect_wmic,
    read=_read_wmic,
    reference=_WMIC,
    export="wmic process get Name,ProcessId,ParentProcessId,ExecutablePath,CommandLine /format:csv > file",
    cannot="Whose a process is. The time: the file's.",
)
POWERSHELL_TABLE = Collector(
    id="powershell_table",
    title="PowerShell Get-Process, as it is printed",
    framing="csv",
    fills=("process",),
    detect=_detect_table,
    read=_read_table,
    reference=_GET_PROCESS,
    export="Get-Process > file",
    cannot="Paths, command lines, accounts, the machine and the time: --device, and the file's time.",
)
