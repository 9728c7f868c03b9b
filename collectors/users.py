"""Users as sources write them, brought to what a person would call the account, so that one person is one user."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

LONGEST_USER = 256
"""Characters that are kept: a principal name of Active Directory has at most that many with its domain."""
_LOOKED_AT = 2048
_NULLS = frozenset(
    (
        "", "-", "--", "0", "(empty)", "(null)", "<none>", "anonymous", "n/a", "na", "nil", "none", "not available",
        "null", "unauthenticated", "unavailable", "undefined", "unidentified", "unknown", "unknown user",
    )
)  # fmt: skip
_SAYS_WHY = "unknown ("
"""`Unknown (SSO failed)`: https://github.com/elastic/integrations/tree/main/packages/sonicwall_firewall"""
_PLAIN = re.compile(r"[A-Za-z0-9_][\w.@$-]*\Z")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}", re.ASCII)
"""By Squid, and by who passes a URL on: https://www.rfc-editor.org/rfc/rfc3986#section-2.1"""
# https://help.forcepoint.com/websec/en-us/on-prem/85/siem/B180CA52-DB55-4DCD-A393-2F3DE855CFC8.html:
# LDAP://10.10.10.254 CN=Users,DC=example,DC=com/win7; with a slash after the server it is a path of ADSI:
# https://learn.microsoft.com/windows/win32/adsi/ldap-adspath
_LDAP = re.compile(r"LDAP://([^\s/]*)[\s/]?", re.IGNORECASE)
_DOMAIN_PART = re.compile(r"\bDC\s*=", re.IGNORECASE)
# https://learn.microsoft.com/windows/win32/adsi/winnt-adspath
_WINNT = re.compile(r"WinNT://(?:([^/\\]+)/)?([^/\\]+)\Z", re.IGNORECASE)
# https://www.rfc-editor.org/rfc/rfc4514#section-3, and quoted values as in section 4 of RFC 1779 before it
_NAME_PART = re.compile(
    r'\s*([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*+)"\s*|((?:[^,;+\\]|\\.)*+))(?:[,;+]|\Z)', re.ASCII
)
_ACCOUNT_PARTS = ("uid", "userid", "samaccountname", "cn", "mail", "e", "emailaddress")
"""The one that says best who it is comes first."""
_CONTAINER_PARTS = ("dc", "o", "c")
_HEX_PAIRS = re.compile(r"(?:\\[0-9A-Fa-f]{2})+", re.ASCII)
_BACKSLASHES = re.compile(r"\\\\+")
# Ada Lovelace (ada@example.com): https://docs.umbrella.com/deployment-umbrella/docs/log-formats-and-versioning
_WITH_ADDRESS = re.compile(r"[^()<>]*[(<]\s*([^\s()<>@]+@[^\s()<>@]+)\s*[)>]\Z")
# CORP/ada, with a NetBIOS name: https://learn.microsoft.com/troubleshoot/windows-server/active-directory/naming-conventions-for-computer-domain-site-ou
_SLASHED = re.compile(r"(?=[\d-]*[A-Za-z])([A-Za-z0-9-]{1,15})/([^\s/\\@:=]{1,64})\Z", re.ASCII)
_SERVICES = frozenset(("http", "https", "host", "ldap", "cifs", "nfs", "imap", "smtp", "ftp", "dns", "wsman", "krbtgt"))
"""What stands before the slash in the name of a service: https://www.rfc-editor.org/rfc/rfc4120#section-6.2.1"""


def plain_user(text: str) -> str:
    """`DOMAIN\\user`, `user@domain` and plain names as they are; what directories, Kerberos and quotes put round them
    goes, as do the many words for nobody. `HOST$` stays: whether that is a person is for the identities to say."""
    if _PLAIN.match(text):
        return "" if text.lower() in _NULLS else text[:LONGEST_USER]
    name = _bare(text[:_LOOKED_AT])
    if _ESCAPED.search(name):
        name = _bare(_unescaped_url(name))
    if found := _LDAP.match(name):
        name = _of_ldap(name, found)
    elif found := _WINNT.match(name):
        name = f"{found[1]}\\{found[2]}" if found[1] else found[2]
    elif found := _WITH_ADDRESS.match(name):
        name = found[1]
    else:
        name = _of_distinguished(name) or name
    return _bare(_account(_bare(name))[:LONGEST_USER])


def _account(name: str) -> str:
    name = _BACKSLASHES.sub(r"\\", name)  # in JSON and pairs a backslash may have stayed doubled
    if (found := _SLASHED.match(name)) and name.lower() not in _NULLS and found[1].lower() not in _SERVICES:
        name = f"{found[1]}\\{found[2]}"
    domain, slash, account = name.rpartition("\\")
    if slash and domain:  # a realm after it is only the name that a proxy has for its directory
        account = account.partition("@")[0]
    if account.lower() in _NULLS or account.lower().startswith(_SAYS_WHY):
        return ""
    return domain + slash + account


def _bare(text: str) -> str:
    return " ".join(text.split()).strip(" \"'\0")


def _unescaped_url(text: str) -> str:
    data = unquote_to_bytes(text)
    try:
        return data.decode()
    except UnicodeDecodeError:  # Latin-1 is what clients sent before https://www.rfc-editor.org/rfc/rfc7617#section-2.1
        return data.decode("latin-1")


def _of_ldap(name: str, found: re.Match[str]) -> str:
    """The leaf behind the directory's domain, or who the path names, or what stands for the server."""
    path = name[found.end() :].replace("\\=", "=")
    places = [part.start() for part in _DOMAIN_PART.finditer(path)]
    _, slash, leaf = path[places[-1] if places else 0 :].partition("/")
    if slash and leaf:
        return _of_distinguished(leaf) or _unescaped(leaf)
    return _of_distinguished(path) or ("" if re.fullmatch(r"[\d.:]*", found[1], re.ASCII) else found[1])


def _of_distinguished(name: str) -> str:
    """`ada` of `uid=ada,ou=people,dc=example`; empty where the text is no distinguished name, or of no account."""
    parts: list[tuple[str, str]] = []
    at = 0
    while at < len(name) and (found := _NAME_PART.match(name, at)):
        key = found[1].lower()
        if not parts and key not in (*_ACCOUNT_PARTS, *_CONTAINER_PARTS, "ou"):
            return ""
        parts.append((key, _unescaped(found[2] if found[2] is not None else found[3])))
        at = found.end()
    if parts and parts[0][0] in _CONTAINER_PARTS:
        parts.reverse()
    for wanted in _ACCOUNT_PARTS:
        for key, value in parts:
            if key == wanted and value:
                return value
    return ""


def _unescaped(text: str) -> str:
    """Without the backslashes of https://www.rfc-editor.org/rfc/rfc4514#section-2.4"""
    if "\\" not in text:
        return text.strip()
    text = _HEX_PAIRS.sub(lambda found: bytes.fromhex(found[0].replace("\\", "")).decode(errors="replace"), text)
    return re.sub(r"\\(.)", r"\1", text).strip()
