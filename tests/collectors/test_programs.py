"""Names of programs from paths and command lines; and that nothing else of a command line comes out."""

from __future__ import annotations

import pytest
from endpoint_lists import words_of
from hypothesis import given
from hypothesis import strategies as st

from shadowledger.collectors.endpoint.programs import Seen, artifacts, base_name, is_interpreter, program_of

NOWHERE = Seen(0, "", "")


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("ollama serve", "ollama"),
        ("/usr/local/bin/ollama serve", "ollama"),
        ("./llama-server -m models/mistral.gguf", "llama-server"),
        ("-bash", "bash"),
        ("sshd: ada@pts/0", "sshd"),
        ("postgres: checkpointer ", "postgres"),
        ("[kworker/0:0H]", "0:0H"),
        ("[aider] <defunct>", "aider"),
        ("(Cursor Helper)", "Cursor Helper"),
        ("/usr/bin/node src/server.js", "node"),
        ("/usr/bin/open Claude.app/Contents/MacOS/Claude", "open"),
        ("/usr/libexec/lsd runAsRoot", "lsd"),
        ("/home/ada/run secret/prompt", "run"),
        ("/usr/bin/codesign --verify --deep /Applications/ChatGPT.app", "codesign"),
        ("/Applications/LM Studio.app/Contents/MacOS/LM Studio", "LM Studio"),
        ("/Applications/LM Studio.app/Contents/MacOS/LM Studio a question", "LM Studio"),
        ("/Applications/Sublime Text.app/Contents/MacOS/plugin_host 560 --auto-shell-env", "plugin_host"),
        ("/Applications/A B.app/Contents/Frameworks/A B Helper.app/Contents/MacOS/A B Helper --type=gpu", "A B Helper"),
        ("/Users/ada/Library/Application Support/Code/copilot --stdio", "copilot"),
        ("/System/Library/Image Capture/Support/icdd", "icdd"),
        ("/opt/Cherry Studio/cherrystudio --no-sandbox", "cherrystudio"),
        ('"C:\\Program Files\\nodejs\\node.exe" "C:\\x\\cli.js" --yolo', "node.exe"),
        ("C:\\Program Files\\Ollama\\ollama app.exe --hidden", "ollama app.exe"),
        ("C:\\tools\\jan serve", "jan"),
        ("", ""),
        ("   ", ""),
        ("/", ""),
        ("[", ""),
        ('"', ""),
    ],
)
def test_a_command_line_gives_the_base_name_of_its_program(command: str, program: str) -> None:
    assert program_of(command) == program


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/usr/bin/node", "node"),
        ("C:\\Users\\ada\\AppData\\Local\\Programs\\cursor\\Cursor.exe", "Cursor.exe"),
        ("/home/ada/.cache/copilot-agent-linux (deleted)", "copilot-agent-linux"),
        ("/Applications/Claude.app/", "Claude.app"),
        ("claude", "claude"),
        ("", ""),
    ],
)
def test_a_path_gives_its_last_part(path: str, name: str) -> None:
    assert base_name(path) == name


@pytest.mark.parametrize(
    "name", ["python", "python3.11", "Python", "pythonw.exe", "node", "node.exe", "sh", "npx", "uvx"]
)
def test_interpreters_are_known_in_every_spelling(name: str) -> None:
    assert is_interpreter(name)


@pytest.mark.parametrize("name", ["ollama", "claude", "vim", "grep", "nodepad", "shell", "pythonista", "bashful", ""])
def test_other_programs_are_no_interpreters(name: str) -> None:
    assert not is_interpreter(name)


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["claude", "node"], ["claude", "node"]),
        (["ollama.exe", "ollama.exe"], ["ollama.exe"]),
        (["Ollama", "ollama.exe"], ["Ollama"]),
        (["copilot-agent-l", "copilot-agent-linux"], ["copilot-agent-linux"]),
        (["copilot-agent-linux", "copilot-agent-l"], ["copilot-agent-linux"]),
        (["copilot-agent-l", ""], ["copilot-agent-l"]),
        (["copilot-agent-l", "node"], ["copilot-agent-l", "node"]),
        (["code", "codex"], ["code", "codex"]),
        (["", ""], []),
    ],
)
def test_a_process_is_told_once_for_each_name_it_goes_by(names: list[str], kept: list[str]) -> None:
    assert [artifact.value for artifact in artifacts(1, names, "", "", NOWHERE, None)] == kept


@pytest.mark.parametrize(
    ("name", "command", "told"),
    [
        (
            "node",
            "node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js -p secret",
            ["@anthropic-ai/claude-code"],
        ),
        ("python3.11", "/usr/bin/python3.11 /home/ada/.local/bin/aider --message secret", ["aider"]),
        ("node", "node server.js", []),
        ("grep", "grep aider notes.txt", []),
        ("sudo", "sudo systemctl stop ollama", []),
        ("bash", "bash -c 'echo aider'", []),
        ("python3", "python3 notes.py --about aider", []),
        ("python3", "python3 -X dev -m aider --message secret", ["aider"]),
        ("sudo", "sudo -u ada python3 -m aider", ["aider"]),
        ("npx", "npx --yes @anthropic-ai/claude-code@2.1 -p secret", ["@anthropic-ai/claude-code"]),
        ("env", "env KEY=secret uv tool run aider", ["aider"]),
        ("vim", "vim /home/ada/vllm/secret.md", []),
    ],
)
def test_only_a_signatures_words_of_an_interpreters_command_line_are_told(
    name: str, command: str, told: list[str]
) -> None:
    found = list(artifacts(7, [name], command, "ada", Seen(5, "explicit", "lab"), words_of))
    assert [artifact.value for artifact in found if artifact.kind == "cmdline"] == told
    assert {artifact[3:] for artifact in found} == {(5, "explicit", "lab", "ada")}


def test_without_signatures_command_lines_are_not_told() -> None:
    assert [artifact.kind for artifact in artifacts(1, ["python"], "python aider", "", NOWHERE, None)] == ["process"]


@given(st.text(max_size=200))
def test_a_program_is_a_part_of_its_command_line(command: str) -> None:
    program = program_of(command)
    assert program in command.replace("\\", "/")
    assert "/" not in program


@given(
    st.lists(st.sampled_from(["/", "usr", "bin", "opt", "node", " ", "-x", "A B.app", "MacOS", "secret"]), max_size=12)
)
def test_an_argument_behind_a_program_folder_is_never_its_name(parts: list[str]) -> None:
    assert program_of("/usr/bin/node " + "".join(parts)) == "node"
