"""Whole machines as files below a folder: one of each system, with what AI tools leave and what only looks like it."""

from __future__ import annotations

import base64
import io
import json
import plistlib
import sqlite3
import zipfile
from pathlib import Path

SECRET = "sk-s3cret-do-not-tell"  # noqa: S105 - what must never come out
MONICA, GRAMMARLY, GONE, COMPONENT = "o" * 32, "k" * 32, "a" * 32, "b" * 32
Files = dict[str, str | bytes | None]
"""Path to what a file holds; None for a folder."""


def write(root: Path, files: Files) -> Path:
    """Make the files of a machine."""
    for name, content in files.items():
        path = root / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def token(address: str) -> str:
    """A JWT as sign-ins hand it out: https://www.rfc-editor.org/rfc/rfc7519."""
    body = base64.urlsafe_b64encode(json.dumps({"email": address, "aud": "app"}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{body}.{SECRET}"


def jar(identifier: str) -> bytes:
    """A plugin of JetBrains'."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/plugin.xml", f"<idea-plugin><id>{identifier}</id><name>x</name></idea-plugin>")
    return packed.getvalue()


def state(**values: str) -> bytes:
    """The state of an editor of the VS Code family."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table ItemTable (key text unique, value blob)")
        connection.executemany("insert into ItemTable values (?, ?)", values.items())
        connection.commit()
        return connection.serialize()


def extension(folder: str, name: str = "Acme Writer", version: str = "1.2.0", **messages: str) -> Files:
    """An extension of Chromium, with a catalogue of messages where there are any."""
    manifest = {"name": name, "version": version, "manifest_version": 3, "default_locale": "en"}
    inside = f"{folder}/{version}_0"
    files: Files = {f"{inside}/manifest.json": json.dumps(manifest)}
    if messages:
        told = {key: {"message": text} for key, text in messages.items()}
        files[f"{inside}/_locales/en/messages.json"] = json.dumps(told)
    return files


PREFERENCES = json.dumps(
    {
        "extensions": {
            "settings": {
                MONICA: {"state": 1, "location": 1},
                GRAMMARLY: {"state": 0, "location": 1, "disable_reasons": [1]},
                COMPONENT: {"state": 1, "location": 5, "manifest": {"name": "PDF Viewer", "version": "1"}},
            }
        },
        "profile": {"name": SECRET},
    }
)
CLAUDE_JSON = json.dumps(
    {
        "oauthAccount": {"emailAddress": "ada@acme.example", "organizationName": SECRET},
        "mcpServers": {
            "notion": {"type": "http", "url": f"https://user:{SECRET}@mcp.notion.com:443/sse?key={SECRET}"},
            "files": {"command": "npx", "args": ["-y", "server-filesystem", SECRET], "env": {"API_KEY": SECRET}},
        },
        "projects": {
            f"/home/ada/{SECRET}": {"mcpServers": {"bridge": {"args": ["mcp-remote", "https://mcp.acme.example/x"]}}}
        },
    }
)
ZED = (
    '// settings\n{"theme": "One // Dark", "context_servers": {"ctx": {"command": {"path": "x", "env": {"T": "'
    + SECRET
    + '"}}},},}'
)
GOOSE = f"""\
# how goose was set up
GOOSE_PROVIDER: openai
extensions:
  developer:
    bundled: true
    type: builtin
  "my fetcher":
    cmd: uvx
    args:
      - mcp-server-fetch
      - {SECRET}
    envs: {{"TOKEN": "{SECRET}"}}
    type: stdio
  remote:
    type: streamable_http
    uri: https://Goose.Acme.Example:8443/mcp  # ours
    description: |
      notes: {SECRET}
"""
CONTINUE = """\
name: mine
mcpServers:
  - name: linear
    type: sse
    url: https://mcp.linear.app/sse
  - name: local
    command: npx
    args: ["-y", "x"]
"""
CODEX = f"""\
model = "o3"
[mcp_servers.github]
url = "https://api.githubcopilot.com/mcp/"
[mcp_servers.db.env]
PASSWORD = "{SECRET}"
"""
PEOPLE = """\
root:x:0:0::/root:/bin/bash
ada:x:1000:1000::/home/ada:/bin/zsh
svc:x:1002:1002::/srv/people/svc:/bin/sh
"""
PODMAN = '[{"names": ["docker.io/vllm/vllm-openai:v0.11"]}, {}]'
OLLAMA = json.dumps({"config": {"size": 500}, "layers": [{"size": 4000}, {"size": 96}, {"size": -1}, 7]})
DOCKER = json.dumps({"Repositories": {"x": {"ollama/ollama:latest": "sha256:1", "ollama/ollama@sha256:1": "sha256:1"}}})
WINDSURF = '{"mcpServers": {"w": {"serverUrl": "https://w.acme.example"}}}'


def linux(root: Path) -> Path:
    """ada works with everything; bo has nothing; one home of WSL's kind is a link that leads out."""
    chrome = "home/ada/.config/google-chrome/Default"
    models = "home/ada/.ollama/models/manifests/registry.ollama.ai"
    files: Files = {
        "etc/hostname": "lab-7\n",
        "etc/passwd": PEOPLE,
        "home/bo/notes.txt": "",
        "srv/people/svc/.codeium/windsurf/mcp_config.json": WINDSURF,
        "home/ada/.claude.json": CLAUDE_JSON,
        "home/ada/.claude/settings.json": "{}",
        "home/ada/.config/zed/settings.json": ZED,
        "home/ada/.config/goose/config.yaml": GOOSE,
        "home/ada/.continue/config.yaml": CONTINUE,
        "home/ada/.codex/config.toml": CODEX,
        "home/ada/.codex/auth.json": json.dumps({"tokens": {"id_token": token("ada@gmail.com"), "x": SECRET}}),
        "home/ada/.gemini/google_accounts.json": '{"active": "Ada.L@Acme.Example", "old": ["x@gmail.com"]}',
        "home/ada/.cursor/mcp.json": "{broken " + SECRET,
        "home/ada/.config/Cursor/User/globalStorage/state.vscdb": state(
            **{"cursorAuth/cachedEmail": "ada@acme.example", "cursorAuth/accessToken": SECRET}
        ),
        "home/ada/.config/Code/User/settings.json": '{"editor.fontSize": 12}',
        "home/ada/.local/bin/claude": "",
        "home/ada/.local/bin/claudette": "",
        "home/ada/.local/share/pipx/venvs/aider-chat/lib/python3.12/site-packages/aider_chat-0.86.1.dist-info": None,
        "usr/lib/python3/dist-packages/requests-2.31.0.egg-info": "",
        "home/ada/.nvm/versions/node/v22.1.0/lib/node_modules/@anthropic-ai/claude-code/package.json": "{}",
        "home/ada/.npm/_npx/0123/package.json": '{"dependencies": {"@playwright/mcp": "latest"}}',
        "home/ada/.npm/_npx/0123/node_modules/@playwright/mcp/package.json": "{}",
        "home/ada/.npm/_npx/0123/node_modules/left-pad/package.json": "{}",
        "home/ada/.vscode/extensions/github.copilot-1.300.0/package.json": "{}",
        "home/ada/.vscode/extensions/GitHub.copilot-chat-0.30.1-linux-x64/package.json": "{}",
        "home/ada/.vscode/extensions/continue.continue-1.0.0/package.json": "{}",
        "home/ada/.vscode/extensions/.obsolete": '{"continue.continue-1.0.0": true}',
        "home/ada/.vscode/extensions/own": None,
        "home/ada/.vscode/extensions/own/package.json": '{"publisher": "Acme", "name": "helper", "version": "1.0.0"}',
        "home/ada/.local/share/JetBrains/PyCharm2026.1/github-copilot-intellij/lib/core.jar": jar("com.github.copilot"),
        "home/ada/.local/share/JetBrains/PyCharm2026.1/broken/lib/x.jar": b"PK\x03\x04nonsense",
        f"{models}/library/llama3/8b": OLLAMA,
        f"{models}/acme/tuned/latest": json.dumps({"config": {"size": 1}, "layers": []}),
        "home/ada/.cache/huggingface/hub/models--mistralai--Mistral-7B/blobs/abc": b"x" * 1000,
        "home/ada/.lmstudio/models/acme/tuned/tuned.Q4.gguf": b"x" * 77,
        "var/lib/docker/image/overlay2/repositories.json": DOCKER,
        "home/ada/.local/share/containers/storage/overlay-images/images.json": PODMAN,
        "etc/systemd/system/ollama.service": "[Service]\nEnvironment=X=" + SECRET,
        "usr/share/applications/cursor.desktop": "",
        "home/ada/.bashrc": f"export OPENAI_API_KEY={SECRET}\nexport EDITOR=vi\n  ANTHROPIC_BASE_URL=https://{SECRET}\n",
        "home/ada/.mozilla/firefox/x.default/extensions.json": json.dumps(
            {
                "addons": [
                    {"id": "ai@acme.example", "type": "extension", "location": "app-profile", "active": True,
                     "version": "2.0", "defaultLocale": {"name": "Acme AI"}},
                    {"id": "pictureinpicture@mozilla.org", "type": "extension", "location": "app-builtin"},
                    {"id": "dark@acme.example", "type": "theme", "location": "app-profile"},
                ]
            }
        ),
        f"{chrome}/Preferences": PREFERENCES,
        f"{chrome}/Extensions/{GONE}/1.0_0/manifest.json": '{"name": "gone", "version": "1.0"}',
        "home/ada/src/app/.mcp.json": '{"mcpServers": {"project-db": {"command": "x"}}}',
        "home/ada/src/app/.venv/pyvenv.cfg": "",
        "home/ada/src/app/.venv/lib/python3.12/site-packages/crewai-1.0.dist-info": None,
        "home/ada/src/app/weights/llama.gguf": b"x" * 9,
        "home/ada/src/app/node_modules/x/model.gguf": b"x",
    }  # fmt: skip
    files |= extension(f"{chrome}/Extensions/{MONICA}", "__MSG_appName__", "9.10.0", appname="Monica")
    files |= extension(f"{chrome}/Extensions/{MONICA}", "Old name", "9.9.0")
    files |= extension(f"{chrome}/Extensions/{GRAMMARLY}")
    write(root, files)
    secret = root / "secret.json"
    secret.write_text('{"mcpServers": {"stolen": {}}}')
    (root / "home/bo/.cursor").mkdir()
    (root / "home/bo/.cursor/mcp.json").symlink_to(secret)
    return root


def macos(root: Path) -> Path:
    """One home, applications by their identifiers, and a disk cleaner called Gemini."""
    library = "Users/ada/Library"
    support = f"{library}/Application Support"

    def info(identifier: str) -> bytes:
        return plistlib.dumps(
            {"CFBundleIdentifier": identifier, "CFBundleShortVersionString": "1.0"}, fmt=plistlib.FMT_BINARY
        )

    files: Files = {
        "Applications/Claude.app/Contents/Info.plist": info("com.anthropic.claudefordesktop"),
        "Applications/Gemini 2.app/Contents/Info.plist": info("com.macpaw.site.Gemini2"),
        "Applications/Odd.app/Contents/Info.plist": b"bplist00" + b"\xff" * 40,
        "Users/Shared/.claude.json": CLAUDE_JSON,
        f"{support}/Claude/claude_desktop_config.json": '{"mcpServers": {"desk": {"command": "x", "disabled": true}}}',
        f"{support}/Code/User/mcp.json": '{"servers": {"gh": {"url": "https://api.githubcopilot.com/mcp/"}}}',
        f"{support}/Google/Chrome/Profile 2/Preferences": "{}",
        f"{library}/Containers/com.apple.Safari/Data/Library/Safari/WebExtensions/Extensions.plist": plistlib.dumps(
            {"com.acme.writer (ABCDE12345)": {"Enabled": True}}
        ),
        f"{library}/LaunchAgents/com.ollama.ollama.plist": b"",
        "opt/homebrew/bin/ollama": "",
    }
    return write(root, files | extension(f"{support}/Google/Chrome/Profile 2/Extensions/{MONICA}", "Monica"))


def windows(root: Path) -> Path:
    """One home of Windows', a distribution of WSL 2 and one of WSL 1 inside it."""
    local, roaming = "Users/ada/AppData/Local", "Users/ada/AppData/Roaming"
    package = f"{local}/Packages/CanonicalGroupLimited.Ubuntu_79rhkp1fndgsc/LocalState/rootfs/home/wsl1"
    files: Files = {
        "Users/Public/x.txt": "",
        f"{roaming}/Claude/claude_desktop_config.json": b"\xef\xbb\xbf" + b'{"mcpServers": {"desk": {"command": "x"}}}',
        f"{local}/AnthropicClaude/claude.exe": "MZ",
        f"{local}/Programs/Ollama/ollama.exe": "MZ",
        "Program Files/WindowsApps/OpenAI.ChatGPT-Desktop_1.2025.3.0_x64__2p2nqsd0c76g0": None,
        f"{roaming}/npm/claude.cmd": "",
        f"{roaming}/npm/node_modules/@openai/codex/package.json": "{}",
        f"{roaming}/JetBrains/IntelliJIdea2026.2/plugins/ml-llm/lib/ml-llm.jar": jar("com.intellij.ml.llm"),
        f"{roaming}/JetBrains/IntelliJIdea2026.2/plugins/single.jar": jar("com.acme.single"),
        "wsl.localhost/Ubuntu/home/ada/.claude.json": CLAUDE_JSON,
        f"{package}/.aider.conf.yml": "model: x",
    }
    return write(root, files | extension(f"{local}/Google/Chrome/User Data/Default/Extensions/{MONICA}", "Monica"))
