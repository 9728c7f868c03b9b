"""LDIF, Active Directory's and Entra's exports: people, their accounts and machines, and how those of several files are
one."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from directory_files import places, ties

from shadowledger.db.identities import Identities
from shadowledger.scanner.directory import AUTO, FlawedDirectoryError, Options, import_directory
from shadowledger.scanner.directory.export import Export
from shadowledger.scanner.directory.facts import Machine, Person
from shadowledger.scanner.directory.kinds import KINDS

DAY_US = 86_400_000_000
NOVEMBER = 20_758
"""2026-11-01 in days since 1970."""


def wide(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


LDIF = f"""version: 1
# extended LDIF
#
# base <DC=corp,DC=example> with scope subtree

dn: CN=Ada Abend,OU=Vertrieb,DC=corp,DC=example
changetype: add
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
cn: Ada Abend
title: Leiterin
physicalDeliveryOfficeName: Berlin
department:: {wide("Vertrieb & Märkte")}
manager: CN=Bo Berg,OU=IT,DC=corp,DC=example
proxyAddresses: SMTP:ada@corp.example
proxyAddresses: smtp:ada.abend@corp.example
proxyAddresses: X500:/o=corp/ou=x/cn=ada
sAMAccountName: ada
userPrincipalName: ada@corp.exam
 ple
userAccountControl: 514
jpegPhoto:< file:///tmp/ada.jpg
thumbnailPhoto:: {"A" * 70}
 {"A" * 70}
mail: ada@corp.example

dn:: {wide("CN=Jörg,OU=IT,DC=corp,DC=example")}
objectClass: inetOrgPerson
uid: joerg
mail: joerg@corp.example
departmentNumber: IT
l: Wien
employeeNumber: 4711

dn: CN=PC-7,OU=PCs,DC=corp,DC=example
objectClass: top
objectClass: person
objectClass: user
objectClass: computer
cn: PC-7
sAMAccountName: PC-7$
dNSHostName: pc-7.corp.example

dn: CN=Staff,DC=corp,DC=example
objectClass: group
sAMAccountName: staff
mail: staff@corp.example

dn: CN=Gone,DC=corp,DC=example
changetype: delete
objectClass: user
sAMAccountName: gone
"""
ADA = Person(
    "",
    ("ada@corp.example", "ada@corp.example", "ada", "ada@corp.example", "ada.abend@corp.example"),
    "Vertrieb & Märkte",
    "Berlin",
    "Leiterin",
)
AD_USERS = (
    "#TYPE Microsoft.ActiveDirectory.Management.ADUser\r\n"
    '"City","Department","DistinguishedName","EmailAddress","EmployeeID","Enabled","mail","ObjectClass","Office",'
    '"proxyAddresses","SamAccountName","SID","Title","UserPrincipalName"\r\n'
    '"Berlin","Sales","CN=Ada,OU=Sales,DC=corp,DC=example","ada@corp.example",,"False","ada@corp.example","user","HQ",'
    '"Microsoft.ActiveDirectory.Management.ADPropertyValueCollection","ada","S-1-5-21-1","Lead","ada@corp.example"\r\n'
    '"Wien",,"CN=Bo,DC=corp,DC=example",,"4711","True",,"user",,,"bo","S-1-5-21-2",,"bo@corp.example"\r\n'
)
AD_COMPUTERS = (
    '"DistinguishedName","DNSHostName","Enabled","Name","ObjectClass","ObjectGUID","SamAccountName","SID"\r\n'
    '"CN=PC-7,DC=corp,DC=example","pc-7.corp.example","True","PC-7","computer","00-1","PC-7$","S-1-5-21-3"\r\n'
    '"CN=PC-8,DC=corp,DC=example",,"True","PC-8","computer","00-2","PC-8$","S-1-5-21-4"\r\n'
)
ENTRA_USERS = (
    "userPrincipalName,displayName,surname,mail,givenName,objectId,userType,jobTitle,department,accountEnabled,"
    "usageLocation,streetAddress,state,country,physicalDeliveryOfficeName,city,postalCode\n"
    "ada@corp.example,Ada Abend,Abend,ada.abend@corp.example,Ada,8f-1,Member,Lead,Sales,false,DE,,,,HQ,Berlin,10115\n"
    "bo_mail.example#EXT#@corp.example,Bo,,,,8f-2,Guest,,,true,,,,,,,\n"
)
ENTRA_DEVICES = (
    "displayName,accountEnabled,operatingSystem,operatingSystemVersion,joinType (trustType),registeredOwners,userNames,"
    "mdmDisplayName,isCompliant,registrationTime,approximateLastSignInDateTime,deviceId,isManaged,objectId\n"
    "ADA-LAPTOP,true,Windows,10.0,Azure AD joined,Ada Abend,ada@corp.example,Intune,true,,,11-1,true,22-1\n"
    "PHONE,true,Android,14,Azure AD registered,Bo Berg,,,,,,11-2,false,22-2\n"
)
INTUNE = (
    "Device ID,Device name,Managed by,Ownership,OS,Primary user UPN,Wi-Fi MAC,Serial number\n"
    "11-1,ADA-LAPTOP,Intune,Corporate,Windows,ada@corp.example,001A2B3C4D5E,S1\n"
)
GRAPH_USERS = json.dumps(
    [
        {
            "AccountEnabled": True, "BusinessPhones": [], "Department": "Sales", "DisplayName": "Ada Abend",
            "EmployeeId": None, "Id": "8f-1", "JobTitle": "Lead", "Mail": "ada.abend@corp.example",
            "OfficeLocation": "HQ", "OnPremisesDomainName": "corp.example", "OnPremisesSamAccountName": "ada",
            "ProxyAddresses": ["SMTP:ada.abend@corp.example", "smtp:ada@corp.example", "SIP:ada@corp.example"],
            "UserPrincipalName": "ada@corp.example", "AdditionalProperties": {},
        }
    ],
    indent=4,
)  # fmt: skip
GRAPH_DEVICES = json.dumps(
    {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#devices",
        "value": [
            {
                "deviceId": "11-1", "displayName": "ADA-LAPTOP", "operatingSystem": "Windows",
                "registeredOwners": [{"id": "8f-1", "userPrincipalName": "ada@corp.example"}],
            }
        ],
    }
)  # fmt: skip

FILES: list[tuple[str, str, str, list[Person | Machine]]] = [
    (
        "ldif",
        "ldap",
        LDIF,
        [ADA, Person("4711", ("joerg@corp.example", "joerg"), "IT", "Wien"), Machine("pc-7.corp.example")],
    ),
    (
        "ad",
        "users",
        AD_USERS,
        [
            Person("", ("ada@corp.example", "ada@corp.example", "ada"), "Sales", "HQ", "Lead"),
            Person("4711", ("bo@corp.example", "bo"), "", "Wien"),
        ],
    ),
    ("ad", "computers", AD_COMPUTERS, [Machine("pc-7.corp.example"), Machine("PC-8")]),
    (
        "entra",
        "users",
        ENTRA_USERS,
        [
            Person("", ("ada@corp.example", "ada.abend@corp.example"), "Sales", "HQ", "Lead"),
            Person("", ("bo_mail.example#EXT#@corp.example",)),
        ],
    ),
    ("entra", "devices", ENTRA_DEVICES, [Machine("ADA-LAPTOP", (), ("ada@corp.example",)), Machine("PHONE")]),
    ("entra", "intune", INTUNE, [Machine("ADA-LAPTOP", ("001A2B3C4D5E",), ("ada@corp.example",))]),
    (
        "entra",
        "graph users",
        GRAPH_USERS,
        [
            Person(
                "",
                ("ada@corp.example", "ada.abend@corp.example", "ada", "ada.abend@corp.example", "ada@corp.example"),
                "Sales",
                "HQ",
                "Lead",
            )
        ],
    ),
    ("entra", "graph devices", GRAPH_DEVICES, [Machine("ADA-LAPTOP", (), ("ada@corp.example",))]),
]
IDS = [f"{kind} {what}" for kind, what, *_ in FILES]


def write(folder: Path, content: str, name: str = "export") -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize(("kind", "_what", "content", "told"), FILES, ids=IDS)
def test_a_file_tells_people_and_machines(
    store: Identities, tmp_path: Path, kind: str, _what: str, content: str, told: list[Person | Machine]
) -> None:
    file = write(tmp_path, content)
    assert list(KINDS[kind].read(Export(file))) == told
    for named in (kind, AUTO):
        assert import_directory(store, file, named)[:2] == (kind, len(told))
    assert import_directory(store, file).new_count == 0


@pytest.mark.parametrize("at", range(len(FILES)), ids=IDS)
def test_a_wrong_kind_is_told_with_the_right_one(store: Identities, tmp_path: Path, at: int) -> None:
    kind, _, content, _ = FILES[at]
    for other in {"ldif", "ad", "entra", "people", "devices", "kea", "vpn"} - {kind}:
        with pytest.raises(FlawedDirectoryError, match=f"looks like {kind}, not {other}"):
            import_directory(store, write(tmp_path, content), other)


FLAWED = [
    ("dn: CN=a\nobjectClass: user\nsAMAccountName:< file:///etc/passwd\n", "line 3: sAMAccountName stands in another"),
    ("dn: CN=a\nobjectClass: user\nmail:: !!!\n", "line 3: mail is no text in base64"),
    ("dn: CN=a\nobjectClass: user\nmail:: /////w==\n", "line 3: mail is no text in base64"),
    ("dn: CN=a\nwhat is this\n", "line 2 is no attribute of LDIF"),
    ('[{"userPrincipalName": "ada@corp.example"', "is no whole JSON"),
    ("[" * 5_000 + '"userPrincipalName"', "is no whole JSON"),
    ('{"value": "userPrincipalName", "userPrincipalName": 1}', "holds no list of users"),
]


@pytest.mark.parametrize(("content", "words"), FLAWED)
def test_what_cannot_be_read_is_told_and_stores_nothing(
    store: Identities, tmp_path: Path, content: str, words: str
) -> None:
    with pytest.raises(FlawedDirectoryError) as caught:
        import_directory(store, write(tmp_path, content))
    assert words in str(caught.value)
    assert store.connection.execute("select count(*) from name").fetchone() == (0,)


PEOPLE = "person,upn,sam,unit\nP-1,ada@corp.example,CORP\\ada,HR\n"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1), (2, 0, 1), (1, 0, 2)])
def test_somebody_of_several_directories_is_one(store: Identities, tmp_path: Path, order: tuple[int, ...]) -> None:
    for at in order:
        import_directory(store, write(tmp_path, (PEOPLE, AD_USERS, ENTRA_USERS)[at]))
    known: dict[str, set[str]] = {}
    for tie in ties(store):
        start, _, end = tie.partition(" > ")
        known.setdefault(start, set()).add(end)

    def persons(name: str) -> set[str]:
        return {one for end in known[name] for one in persons(end)} if name in known else {name}

    for account in ("upn:ada@corp.example", "upn:ada.abend@corp.example", "sam:corp\\ada", "sam:ada"):
        assert persons(account) == {"person:p-1"}, account


def test_a_mailbox_of_several_people_makes_them_not_one(store: Identities, tmp_path: Path) -> None:
    entry = (
        "dn: CN={0}\nobjectClass: user\nuserPrincipalName: {0}@corp.example\nproxyAddresses: smtp:info@corp.example\n\n"
    )
    for _ in range(2):
        import_directory(store, write(tmp_path, entry.format("ada") + entry.format("bo")))
        assert ties(store) == {
            "upn:ada@corp.example > person:ada@corp.example",
            "upn:bo@corp.example > person:bo@corp.example",
            "upn:info@corp.example > person:ada@corp.example",
            "upn:info@corp.example > person:bo@corp.example",
        }


def as_of(store: Identities, folder: Path, day: int, rows: str) -> None:
    import_directory(store, write(folder, rows), AUTO, Options(as_of_us=(NOVEMBER + day) * DAY_US if day else 0))


MOVES: list[tuple[str, list[tuple[int, str]], set[str]]] = [
    ("always", [(0, "HR")], {"HR"}),
    ("a later list without a day", [(0, "HR"), (0, "IT")], {"IT"}),
    ("a list of a day", [(0, "HR"), (4, "IT")], {"HR ..11-05", "IT 11-05..always"}),
    ("two lists of days", [(2, "HR"), (4, "IT")], {"HR ..11-05", "IT 11-05..always"}),
    ("the same again", [(2, "HR"), (4, "HR"), (6, "IT")], {"HR ..11-07", "IT 11-07..always"}),
    ("back again", [(2, "HR"), (4, "IT"), (6, "HR")], {"HR ..11-05", "HR 11-07..always", "IT 11-05..11-07"}),
]


@pytest.mark.parametrize(("lists", "units"), [case[1:] for case in MOVES], ids=[case[0] for case in MOVES])
def test_people_move_from_list_to_list(
    store: Identities, tmp_path: Path, lists: list[tuple[int, str]], units: set[str]
) -> None:
    dated = all(day for day, _ in lists)
    for told in [lists, lists[::-1], lists] if dated else [lists, lists[-1:]]:
        for day, unit in told:
            as_of(store, tmp_path, day, f"person,unit\nP-1,{unit}\n")
    found = {one.removeprefix("person:p-1 @ ").replace("/", "").replace(" 00:00", "") for one in places(store)}
    assert found == units


DATED: list[tuple[str, list[str], set[str]]] = [
    (
        "a move",
        ["P-1,HR,,2026-11-04", "P-1,IT,2026-11-05,"],
        {"HR ..11-05", "IT 11-05..always"},
    ),
    (
        "the end comes later",
        ["P-1,HR,2026-11-01,", "P-1,HR,2026-11-01,2026-11-04\nP-1,IT,2026-11-05,", "P-1,HR,2026-11-01,"],
        {"HR 11-01..11-05", "IT 11-05..always"},
    ),
    (
        "what is dated goes before what is not",
        ["P-1,Law,,", "P-1,HR,2026-11-02,2026-11-03"],
        {"Law ..11-02", "HR 11-02..11-04", "Law 11-04..always"},
    ),
    ("two units at once", ["P-1,HR,,\nP-1,IT,,"], {"HR", "IT"}),
]


@pytest.mark.parametrize(("files", "units"), [case[1:] for case in DATED], ids=[case[0] for case in DATED])
def test_people_move_as_a_list_dates_it(store: Identities, tmp_path: Path, files: list[str], units: set[str]) -> None:
    for rows in (*files, files[-1]):
        as_of(store, tmp_path, 0, f"person,unit,valid_from,valid_to\n{rows}\n")
    found = {one.removeprefix("person:p-1 @ ").replace("/", "").replace(" 00:00", "") for one in places(store)}
    assert found == units


def test_a_machine_changes_hands(store: Identities, tmp_path: Path) -> None:
    as_of(store, tmp_path, 0, "device,owner\npc,ada\nkept,cy\n")
    as_of(store, tmp_path, 4, "device,owner\npc,bo\nkept,cy\n")
    as_of(store, tmp_path, 6, "device,owner\npc,\nkept,cy\n")
    as_of(store, tmp_path, 8, "device,unit\npc,HR\n")
    assert {tie.replace(" 00:00", "") for tie in ties(store)} == {
        "device:pc > sam:ada ..11-05",
        "device:pc > sam:bo 11-05..11-07",
        "device:kept > sam:cy",
    }
    rows = "device,owner,valid_from,valid_to\npc,dee,2026-11-05,2026-11-05\n"
    as_of(store, tmp_path, 0, rows)
    assert "device:pc > sam:dee 11-05..11-06" in {tie.replace(" 00:00", "") for tie in ties(store)}
    assert "device:pc > sam:bo 11-06..11-07" in {tie.replace(" 00:00", "") for tie in ties(store)}


LEASE = "address,device,mac\n10.0.0.5,{name},00-1A-2B-3C-4D-5E\n"
CALLED: list[tuple[str, list[str], set[str]]] = [
    ("a name of one machine is believed", [LEASE.format(name="pc")], {"pc"}),
    (
        "a name of two is not",
        [LEASE.format(name="iphone"), "address,device,mac\n10.0.0.6,iphone,0A1A2B3C4D5F\n"],
        set(),
    ),
    (
        "a name of two that a list has is",
        [
            LEASE.format(name="pc"),
            "address,device,mac\n10.0.0.6,pc,0A1A2B3C4D5F\n",
            "device,owner\npc.corp.example,ada\n",
        ],
        {"pc"},
    ),
    (
        "a list's hardware address goes before",
        [LEASE.format(name="pc"), "device,mac\nada-laptop,001a.2b3c.4d5e\n"],
        {"ada-laptop"},
    ),
    (
        "two names of which a list has one",
        [LEASE.format(name="pc"), LEASE.format(name="localhost"), "device,owner\npc,ada\n"],
        {"pc"},
    ),
    ("two names of which no list has one", [LEASE.format(name="pc"), LEASE.format(name="localhost")], set()),
]


@pytest.mark.parametrize(("files", "names"), [case[1:] for case in CALLED], ids=[case[0] for case in CALLED])
def test_what_leases_call_a_machine_is_believed_with_care(
    store: Identities, tmp_path: Path, files: list[str], names: set[str]
) -> None:
    for order in (files, files[::-1]):
        for content in order:
            import_directory(store, write(tmp_path, content))
    mac = "device:00:1a:2b:3c:4d:5e > device:"
    assert {tie.removeprefix(mac) for tie in ties(store) if tie.startswith(mac)} == names
