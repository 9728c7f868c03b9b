"""What Active Directory and Entra export of users and devices.

- `ad`: `Get-ADUser` and `Get-ADComputer -Filter * -Properties * | Export-Csv`
  (https://learn.microsoft.com/powershell/module/activedirectory/get-aduser). Columns of several values (proxyAddresses)
  come out as the name of a type, and are passed over.
- `entra`: the user list (https://learn.microsoft.com/entra/identity/users/users-bulk-download) and the device list
  (https://learn.microsoft.com/entra/identity/devices/manage-device-identities) of the admin center, Intune's devices
  (https://learn.microsoft.com/intune/intune-service/fundamentals/reports-export-graph-available-reports), and
  `Get-MgUser` or `Get-MgDevice | ConvertTo-Json`, or Graph's own answers
  (https://learn.microsoft.com/graph/api/resources/user)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shadowledger.scanner.directory.export import Export
from shadowledger.scanner.directory.facts import Fact, FlawedDirectoryError, Machine, Person
from shadowledger.scanner.directory.ldif import mail_address

_USER_COLUMNS = (
    ("employeeId", "employeeNumber"),
    "userPrincipalName",
    ("mail", "emailAddress"),
    ("msDS-PrincipalName",),
    ("onPremisesDomainName",),
    ("sAMAccountName", "onPremisesSamAccountName"),
    "proxyAddresses",
    ("department", "departmentName"),
    ("physicalDeliveryOfficeName", "officeLocation", "office"),
    ("city", "l"),
    ("jobTitle", "title"),
    "objectClass",
)
_COMPUTER_COLUMNS = ("dNSHostName", ("name", "cn"), "objectClass", "location")
_DEVICE_COLUMNS = (
    ("deviceName", "displayName"),
    ("userNames", "primaryUserUPN", "userPrincipalName"),
    ("registeredOwners", "primaryUserEmailAddress", "emailAddress"),
    ("wiFiMAC", "wiFiMacAddress"),
    ("ethernetMAC", "ethernetMacAddress"),
)
_TYPE_NAME = "Microsoft.ActiveDirectory"
_DEVICE_SIGNS = ("joinType(trustType)", "joinType", "trustType", "primaryUserUPN", "registeredOwners")
_USER_SIGNS = ("userType", "objectId", "id", "accountEnabled", "usageLocation", "displayName", "licenses")
_JSON_USER, _JSON_DEVICE = '"userprincipalname"', '"deviceid"'


def is_ad(export: Export) -> str:
    """Why a file is an export of Active Directory; empty where it is not."""
    if export.has("sAMAccountName") and export.has("distinguishedName", "objectClass", "SID", "objectGUID"):
        return "has the columns of Get-ADUser or Get-ADComputer"
    return ""


def read_ad(export: Export) -> Iterator[Fact]:
    """Users and computers of Active Directory."""
    computers = export.has("dNSHostName") and not export.has("userPrincipalName", "department")
    if computers or "computer" in export.head.lower():
        for _, (host, name, kind, site) in export.rows(*_COMPUTER_COLUMNS):
            if (computers or kind == "computer") and (host or name):
                yield Machine(host or name, site=site)
    if not computers:
        for _, cells in export.rows(*_USER_COLUMNS):
            if cells[-1] in ("", "user", "inetOrgPerson"):
                yield from _person(cells)


def is_entra(export: Export) -> str:
    """Why a file is an export of Entra or Intune; empty where it is not."""
    head = export.head.lower()
    if head.lstrip().startswith(("[", "{")):
        return "is JSON of Graph's users or devices" if _JSON_USER in head or _JSON_DEVICE in head else ""
    if export.has(*_DEVICE_SIGNS) and export.has("displayName", "deviceName"):
        return "has the columns of a device list of Entra or Intune"
    if export.has("userPrincipalName") and export.has(*_USER_SIGNS) and not is_ad(export):
        return "has the columns of a user list of Entra"
    return ""


def read_entra(export: Export) -> Iterator[Fact]:
    """Users and devices of Entra and Intune."""
    if export.head.lstrip().startswith(("[", "{")):
        yield from _of_graph(export)
    elif export.has(*_DEVICE_SIGNS):
        for _, (name, *owners, wifi, wire) in export.rows(*_DEVICE_COLUMNS):
            yield from _device(name, owners, (wifi, wire))
    else:
        for _, cells in export.rows(*_USER_COLUMNS):
            yield from _person(cells)


def _of_graph(export: Export) -> Iterator[Fact]:
    """Objects in a list, under `value`, or alone; PowerShell writes the properties' names with a capital."""
    told = export.document()
    if isinstance(told, Mapping):
        told = told.get("value", [told])
    if not isinstance(told, list):
        raise FlawedDirectoryError(f"{export.path} holds no list of users or devices.")
    for one in told:
        if isinstance(one, Mapping):
            plain = {str(name).lower(): value for name, value in one.items()}
            is_device = "deviceid" in plain or "operatingsystem" in plain
            yield from _graph_device(plain) if is_device else _person([_cell(plain, names) for names in _USER_COLUMNS])


def _graph_device(plain: Mapping[str, object]) -> Iterator[Fact]:
    owners = [_cell(plain, (name,)) for name in ("userPrincipalName", "userNames")]
    registered = plain.get("registeredowners")
    for owner in registered if isinstance(registered, list) else ():
        if isinstance(owner, Mapping):
            low = {str(name).lower(): value for name, value in owner.items()}
            more = low.get("additionalproperties")
            low |= {str(name).lower(): value for name, value in more.items()} if isinstance(more, Mapping) else {}
            owners.append(_cell(low, ("userPrincipalName",)))
    macs = [_cell(plain, (name,)) for name in ("wiFiMacAddress", "ethernetMacAddress")]
    yield from _device(_cell(plain, ("deviceName", "displayName")), owners, macs)


def _cell(plain: Mapping[str, object], names: str | tuple[str, ...]) -> str:
    """A property as a cell has it; of several values with `;` between them."""
    for name in (names,) if isinstance(names, str) else names:
        value = plain.get(name.lower())
        if isinstance(value, str) and value:
            return value.strip()
        if isinstance(value, list) and value:
            return ";".join(one for one in value if isinstance(one, str))
    return ""


def _person(cells: list[str]) -> Iterator[Fact]:
    key, upn, mail, qualified, domain, sam, proxies, unit, office, city, role, _ = (
        "" if cell.startswith(_TYPE_NAME) else cell for cell in cells
    )
    if not qualified and domain and sam and "." not in domain:
        qualified = f"{domain}\\{sam}"
    others = (mail_address(one.strip()) for one in proxies.replace(",", ";").split(";"))
    accounts = tuple(one for one in (upn, mail, qualified, sam, *others) if one)
    if accounts:
        yield Person(key, accounts, unit, office or city, role)


def _device(name: str, owners: list[str], macs: tuple[str, ...] | list[str]) -> Iterator[Fact]:
    """Owners by their accounts; names that are shown to people say nothing for sure."""
    accounts = tuple(
        one.strip()
        for cell in owners
        for one in cell.replace(",", ";").split(";")
        if "@" in one and " " not in one.strip()
    )
    if name:
        yield Machine(name, tuple(one for one in macs if one), tuple(dict.fromkeys(accounts)) or None)
