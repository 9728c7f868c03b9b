"""The nouns of the catalogue: a Service, the Indicators that betray it, and the closed vocabularies they use."""

from __future__ import annotations

import datetime as dt
import enum
from typing import NamedTuple


class Strength(enum.IntEnum):
    """How far an indicator alone carries. A hint is shown when asked for, and is never a hit."""

    HINT = 1
    LIKELY = 2
    CERTAIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


TRAFFIC_KINDS = ("host", "host_exact", "host_pattern", "url_path", "api_path", "user_agent")
"""Indicators that traffic shows. `host` covers a name and all names below it, by whole labels; `host_exact` the name
alone; `host_pattern` has `*` inside labels (`*-aiplatform.googleapis.com`), each star staying within its label;
`url_path` is a host and the first path segments (`github.com/copilot`, a segment may be `*`); `api_path` is the shape
of an API at any host (`POST /v1/chat/completions`, `POST :11434/api/chat`, `/models/*:generateContent`), compared with
the last segments of a path; `user_agent` is a product token (`OpenAI/Python`, `hf_hub`)."""

ARTIFACT_KINDS = (
    "process",
    "cmdline",
    "app",
    "cli",
    "py_package",
    "npm_package",
    "browser_ext",
    "ide_ext",
    "mcp_config",
    "mcp_server",
    "model_file",
    "port",
    "env_var",
    "image",
    "unit",
    "code_signer",
    "mobile_app",
    "api_key",
    "account_domain",
    "email_sender",
    "oauth_app",
    "merchant",
    "cloud_resource",
)
"""Indicators that a device or an account shows. Values of `app` nest: `bundle_id:`, `codesign_team_id:`,
`uninstall_name:`, `path:`, or a plain name; those of `browser_ext`: `chrome:`, `firefox:`, `edge:`, `safari:`."""

KINDS = TRAFFIC_KINDS + ARTIFACT_KINDS

KIND_ALIASES = {
    "process_name": "process",
    "app_name": "app",
    "macos_bundle_id": "app",
    "browser_extension_id": "browser_ext",
    "ide_extension_id": "ide_ext",
    "mcp_config_path": "mcp_config",
    "mcp_identifier": "mcp_server",
    "mobile_app_id": "mobile_app",
    "model_file_suffix": "model_file",
    "listening_port": "port",
    "config_path": "cli",
    "email_sender_domain": "email_sender",
    "entra_app_id": "oauth_app",
    "api_key_regex": "api_key",
    "host_suffix": "host",
    "domain": "host",
}
"""Other names under which lists and tools speak of a kind."""

ROLES = ("interactive", "api", "auth", "telemetry", "cdn", "docs", "download", "presence")
"""What a contact says. `docs` (documentation, status and store pages) is a visit and no use; `presence` belongs to
artifacts: the product is there, whether used or not."""

AI_KINDS = ("native", "enabled", "local", "sdk", "gateway", "self_hosted")
"""`native`: AI is the product; `enabled`: AI inside a product bought for something else; `local`: runs on the device;
`sdk`: a library that talks to models; `gateway`: stands before other people's models; `self_hosted`: a server that an
organization runs itself."""


class Indicator(NamedTuple):
    """One thing that betrays a service."""

    kind: str
    value: str
    role: str
    strength: Strength
    reference: str
    """The public page, file or measurement that justifies it."""
    tenant: bool = False
    """The host names a customer's resource (`contoso.openai.azure.com`): it is kept as the instance."""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class Service(NamedTuple):
    """One AI product."""

    id: str
    """The file's name. Never reused and never renamed: inventories hold it."""
    name: str
    vendor: str
    family: str
    """Products that belong together for an auditor (`openai`)."""
    category: str
    """A key of `vocabularies.toml`."""
    ai_kind: str
    aliases: tuple[str, ...]
    """What people write in lists when they mean it."""
    indicators: tuple[Indicator, ...]
    references: tuple[str, ...]
    match: tuple[str, ...]
    """Lines, as `signatures match -` reads them, that must give this service."""
    no_match: tuple[str, ...]
    """Near misses that must not."""
    reviewed_on: dt.date | None
    origin: str
    """`catalogue`, `overlay` or `declared`."""
    successor: str = ""
    """The service that took its place."""
    deployments: tuple[str, ...] = ()
    """First segments of paths at a tenant's host, of which the last, `*`, names what is deployed there
    (`openai/deployments/*`): it is kept in the instance."""


class Flaw(NamedTuple):
    """Something wrong in a signature file, with the place where it can be mended."""

    file: str
    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.problem}"
