"""Logs that no collector reads are called by their names, each by its own; what a collector reads never is.

The lines of the products stand beside their signs in strangers.toml. The real ones lie in ../shared, and not in the
project; without them the two tests that want them say so and are skipped."""

# ruff: noqa: E501 - lines of logs are as long as they are
from __future__ import annotations

import io
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import CHECKOUT

from shadowledger.collectors.collector import look
from shadowledger.collectors.sources import Opened
from shadowledger.collectors.strangers import name_of
from shadowledger.scanner.choices import Choices
from shadowledger.scanner.recognise import recognise

PRODUCTS = tomllib.loads((CHECKOUT / "collectors" / "strangers.toml").read_text(encoding="utf-8"))["product"]
GOLDEN = CHECKOUT / "tests" / "golden"
LOGS = CHECKOUT.parent / "shared" / "data" / "logs"

OURS = {
    "Squid": "1709647629.123    382 192.0.2.13 TCP_TUNNEL/200 4646 CONNECT chatgpt.com:443 ada HIER_DIRECT/192.0.2.9 -",
    "Squid in syslog": "<166>Mar  5 14:07:09 fw1 (squid-1)[6802]: 1709647629.253 325 192.0.2.1 TCP_MISS/304 2912 GET http://a/",
    "Cisco WSA": "<134>Mar  5 14:07:09 wsa1 accesslogs: Info: 1709647629.123 382 192.0.2.13 TCP_MISS/200 46 GET http://a/ -",
    "Cisco WSA L4TM": "Tue Mar  5 14:07:09 2024 Info: Firewall noted TCP data from 192.0.2.15 to 192.0.2.37(chatgpt.com):443.",
    "begin of an AsyncOS log": "Tue Mar  5 14:07:09 2024 Info: Begin Logfile",
    "version in an AsyncOS log": "Tue Mar  5 14:07:09 2024 Info: Version: 9.0.0-485 SN: 848F69E6010F-JYFZWQ1",
    "zone of an AsyncOS log": "Tue Mar  5 14:07:09 2024 Info: Time offset from UTC: 0 seconds",
    "Zscaler NSS": "2024-03-05 14:07:09\treason=Allowed\tevent_id=67\tprotocol=HTTPS\taction=Allowed\thostname=chatgpt.com",
    "Zscaler NSS alerts": "<134>Mar  5 14:07:09 [192.0.2.143] ZscalerNSS: The NSS free memory has decreased to 1.40 GB",
    "ProxySG": "<134>Mar  5 14:07:09 px1 bluecoat[0]: SPLV5.1 c-ip=192.0.2.6 cs-bytes=62 cs-host=chatgpt.com cs-method=GET",
    "PAN-OS": "<14>Mar  5 14:07:09 fw1 1,2024/03/05 14:07:09,007200001056,THREAT,url,1,2024/03/05 14:07:09,192.0.2.7,192.0.2.8",
    "FortiGate": "<134>date=2024-03-05 time=14:07:09 devname=fw1 devid=FGT60D4614044725 logid=0317013312 type=utm subtype=webfilter",
    "Umbrella": '"2024-03-05 14:07:09","ada","ada","192.0.2.1","192.0.2.2","Allowed","1 (A)","NOERROR","chatgpt.com.","AI"',
    "Netskope": '{"access_method":"Client","app":"ChatGPT","type":"nspolicy","url":"chatgpt.com/","user":"ada@example.com"}',
    "Windows DNS": "3/5/2024 2:07:09 PM 0D2C PACKET  0000 UDP Rcv 192.0.2.1 0002   Q [0001   D   NOERROR] A  (7)chatgpt(3)com(0)",
    "McAfee Web Gateway": '<30>Mar  5 14:07:09 mwg: status="200/0" srcip="192.0.2.1" user="ada" dhost="chatgpt.com" mtd="GET"',
    "Forcepoint": "<159>Mar  5 14:07:09 fp1 vendor=Websense product=Security product_version=8.5 action=permitted dst_host=chatgpt.com",
    "Forcepoint CEF": "CEF:0|Forcepoint|Security|8.5.3|194|Transaction permitted|1|act=permitted dhost=chatgpt.com",
    "Sysmon": "Mar  5 14:07:09 h1 sysmon: <Event><System><EventID>22</EventID></System></Event>",
    "BIND": "<30>Mar  5 14:07:09 ns1 named[4242]: client @0x7f0c 192.0.2.3#61568 (chatgpt.com): query: chatgpt.com IN A +",
    "Infoblox DNS": "<30>Mar  5 14:07:09 ns1 named[4242]: 05-Mar-2024 14:07:09.205 client 192.0.2.3#6: UDP: query: a.com IN A response:",
    "Infoblox RPZ": "<30>Mar  5 14:07:09 ns1 named[4242]: CEF:0|Infoblox|NIOS|8.4|RPZ-QNAME|NXDOMAIN|7|app=DNS src=192.0.2.3",
    "Unbound": "<30>Mar  5 14:07:09 unbound[26931]: [26931:0] info: 192.0.2.1 chatgpt.com. A IN",
    "dnsmasq": "Mar  5 14:07:09 dnsmasq[123]: query[A] chatgpt.com from 192.0.2.7",
    "CoreDNS": '[INFO] 192.0.2.1:50759 - 29008 "A IN chatgpt.com. udp 41 false 4096" NOERROR qr,rd,ra 68 0.03s',
    "PowerDNS": "Mar  5 14:07:09 ns1 pdns_recursor[1]: 3 [1/1] question for 'chatgpt.com|A' from 192.0.2.1:5",
    "AdGuard": '{"T":"2024-03-05T14:07:09Z","QH":"chatgpt.com","QT":"A","QC":"IN","CP":"","IP":"192.0.2.1"}',
    "Cloudflare": '{"ClientIP":"192.0.2.1","ClientRequestHost":"example.com","EdgeStartTimestamp":"2024-03-05T14:07:09Z"}',
    "Route 53": '{"version":"1.1","account_id":"1","vpc_id":"vpc-1","query_timestamp":"2024-03-05T14:07:09Z","query_name":"a.com."}',
    "Check Point": "time=1709647629|hostname=fw1|product=URL Filtering|action=Accept|ifdir=outbound|resource=https://chatgpt.com/",
    "Check Point 5424": '<134>1 2024-03-05T14:07:09Z fw1 CheckPoint 26203 - [s@2620 action="Accept" product="URL Filtering"]',
    "Cisco ASA": "<166>Mar  5 14:07:09 fw1 : %ASA-5-304001: 192.0.2.1 Accessed URL 192.0.2.9:http://chatgpt.com/",
    "Cisco FTD": "<166>2024-03-05T14:07:09Z fw1 : %FTD-6-430003: AccessControlRuleAction: Allow, URL: https://chatgpt.com/",
    "Cisco NGIPS": "<166>Mar  5 14:07:09 fw1 %NGIPS-6-430003: AccessControlRuleAction: Allow, DNSQuery: chatgpt.com",
    "Cisco Firepower": "<134>Mar  5 14:07:09 fw1 SFIMS: Protocol: TCP, SrcIP: 192.0.2.1, URL: https://chatgpt.com/",
    "Sophos XG": '<30>device="SFW" date=2024-03-05 time=14:07:09 device_id=C1 log_id=05 log_type="Content Filtering" url="https://a/"',
    "Sophos UTM": '2024:03:05-14:07:09 fw1 httpproxy[5]: id="0001" severity="info" sys="SecureWeb" url="https://chatgpt.com/"',
    "Meraki": "<134>1 1709647629.348215340 MX84 urls src=192.0.2.29:60336 dst=192.0.2.56:443 mac=00:00:5E:00:53:01 request: GET https://a/",
    "CrowdStrike": '{"event_simpleName":"DnsRequest","DomainName":"chatgpt.com","aid":"1","timestamp":"1709647629000"}',
    "osquery": '{"name":"pack","hostIdentifier":"h1","calendarTime":"Tue Mar  5","columns":{"name":"ollama"},"action":"added"}',
    "Suricata": '<134>Mar  5 14:07:09 s1 suricata[5]: {"timestamp":"2024-03-05T14:07:09Z","event_type":"tls","tls":{"sni":"a.com"}}',
    "SonicWall": '<134>id=firewall sn=C0EFE33057B0 time="2024-03-05 14:07:09 UTC" fw=192.0.2.1 pri=6 c=1024 m=97 dstname=chatgpt.com',
    "Juniper SRX": '<14>1 2024-03-05T14:07:09Z fw1 RT_UTM - WEBFILTER_URL_PERMITTED [junos@2636.1.1.1.2.86 url="chatgpt.com"]',
    "Juniper SRX 3164": '<14>Mar  5 14:07:09 fw1 RT_UTM: WEBFILTER_URL_PERMITTED: WebFilter: ACTION="URL Permitted" URL=chatgpt.com',
    "Juniper SRX packets": "<158>Mar  5 14:07:09 fw1 fpc0 PFE_FW_SYSLOG_IP: FW: reth5.1 A tcp 192.0.2.1 192.0.2.2 0 0 (1 packets)",
    "IIS": "2024-03-05 14:07:09 192.0.2.1 GET /a - 443 - 192.0.2.7 Mozilla/5.0 - 200 0 0 15",
    "access log": '192.0.2.7 - ada [05/Mar/2024:14:07:09 +0000] "GET /v1 HTTP/1.1" 200 2326 "-" "curl/8"',
    "HAProxy": "<134>Mar  5 14:07:09 lb1 haproxy[41]: 192.0.2.5:59607 [05/Mar/2024:14:07:09.502] f~ b/s 0/0/0/2/2 200 1 - - ----",
    "iboss": '<46>Mar  5 14:07:09 gw1 {"exception":"-","totalByteUsage":"2903","url":"chatgpt.com","action":"Allowed"}',
    "CEF web event": "CEF:0|Acme|Proxy|1.0|18|Web request|low|requestMethod=POST src=192.0.2.3 request=https://chatgpt.com/",
    "LEEF web event": "<13>Mar  5 14:07:09 h1 LEEF:1.0|Acme|Proxy|1.0|allow|src=192.0.2.3\turl=https://chatgpt.com/\tusrName=ada",
    "web event through ArcSight": "CEF:0|Blue Coat|Proxy SG|6|TCP_HIT|TCP_HIT|Low| ahost=c1 agt=192.0.2.1 at=syslog _cefVer=0.1",
    "Okta": '{"actor":{"type":"User"},"eventType":"user.authentication.sso","target":[{"displayName":"ChatGPT"}]}',
}  # fmt: skip
"""Lines of what collectors read or are to read, in each format's form."""


def name(*lines: str) -> str:
    stranger = name_of(look("\n".join(lines).encode() + b"\n"))
    return stranger.name if stranger else ""


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product["name"])
def test_an_example_is_known_by_its_own_product_alone(product: dict[str, list[str]]) -> None:
    for example in product["examples"]:
        assert name(example) == product["name"]
        assert [one["name"] for one in PRODUCTS if any(re.search(sign, example) for sign in one["signs"])] == [
            product["name"]
        ]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product["name"])
def test_every_sign_has_an_example_and_every_product_its_pages(product: dict[str, list[str]]) -> None:
    assert [sign for sign in product["signs"] if not any(re.search(sign, one) for one in product["examples"])] == []
    assert product["references"]
    assert all(page.startswith("https://") for page in product["references"])
    assert product["why"]


@pytest.mark.parametrize("sign", [sign for product in PRODUCTS for sign in product["signs"]])
def test_no_sign_repeats_without_a_bound(sign: str) -> None:
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])+\]", "x", sign)
    assert re.findall(r"[*+]|\{\d*,\}", bare) == []


def test_no_name_is_used_twice() -> None:
    names = [product["name"] for product in PRODUCTS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("line", OURS.values(), ids=OURS)
def test_what_collectors_read_is_no_stranger(line: str) -> None:
    assert name(line) == ""


@pytest.mark.parametrize(
    "sample", sorted(path for path in GOLDEN.rglob("*") if path.is_file()), ids=lambda path: path.name
)
def test_no_golden_sample_is_a_stranger(sample: Path) -> None:
    assert name_of(look(sample.read_bytes()[: 1 << 16])) is None


ISE = "<181>Mar  5 14:07:09 ise1 CISE_Passed_Authentications 0000066354 3 0 2024-03-05 14:07:09 +00:00 5200 NOTICE"
IOS = "<189>84: sw1: Mar  5 14:07:09.123 UTC: %SYS-5-CONFIG_I: Configured from console by ada"
CRON = "Mar  5 14:07:09 h1 CRON[4242]: (root) CMD (/usr/libexec/atrun)"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ""),
        (["Dear all,"] * 9, ""),
        ([ISE] * 3 + ["prose"], "Cisco ISE"),
        ([ISE] * 29 + ["prose"] * 11, ""),
        ([ISE] * 30 + ["prose"] * 10 + ["not looked at"] * 99, "Cisco ISE"),
        ([ISE, IOS, IOS], "Cisco IOS or alike and Cisco ISE"),
        ([CRON, ISE, ISE, IOS, IOS, IOS], "Cisco IOS or alike and Cisco ISE"),
        ([ISE, OURS["Squid"], OURS["Squid"]], ""),
        (["x" * 2000 + ISE], ""),
    ],
    ids=[
        "nothing",
        "prose",
        "3 of 4",
        "29 of 40",
        "30 of 40",
        "two",
        "commonest two",
        "mostly ours",
        "far into a line",
    ],
)
def test_three_of_four_lines_decide(lines: list[str], expected: str) -> None:
    assert name(*lines) == expected


def test_a_file_of_two_products_says_of_both_what_they_hold() -> None:
    stranger = name_of(look(f"{ISE}\n{IOS}\n{IOS}\n".encode()))
    assert stranger is not None
    assert stranger.why == "switch and router messages, authentication"


def test_a_dhcp_log_of_windows_is_known_though_it_begins_with_an_explanation() -> None:
    codes = ["00\tThe log was started.", "10\tA new IP address was leased to a client.", "15\tA lease was denied."]
    head = ["\t\tMicrosoft DHCP Service Activity Log", "Event ID  Meaning", *codes * 9]
    assert name(*head, "ID,Date,Time,Description,IP Address,Host Name,MAC Address") == "Windows DHCP Server"


def test_refusing_a_stranger_says_what_it_is() -> None:
    found, problem = recognise(Opened("log", io.BytesIO(f"{ISE}\n".encode() * 9)), Choices())
    assert found is None
    assert problem.startswith("is a log of Cisco ISE (authentication), which ")


HOSTILE = [
    "a", "A_", "1.", "%A-", "%A-A-", "CEF:0|", "[1", "x[1]: ", " - - ", 'k="v" ', "kernel: ", "Info: ", "IN= OUT= ",
    '"Customer": "a"', "2 eni-00000000 ", "2 a b ", "version a-b c-d ", "Mar  5 14:07:09 a ", "<1> ", "\0", "\ufffd",
    "filterlog: 1,1,,,a,b,", "EVENT <A", "192.0.2.1:1 ", "Application_Name=a ", "%Viptela-", "\tA lease ",
]  # fmt: skip


@pytest.mark.parametrize("seed", HOSTILE)
def test_hostile_lines_end_soon(seed: str) -> None:
    line = (seed * 4096)[:4096]
    assert name(*[line] * 20, *["Mar  5 14:07:09 h1 " + line] * 20) == ""


NAMED = {
    "a10": "A10 Thunder", "aruba": "Aruba Mobility Controller", "aruba_clearpass": "Aruba ClearPass",
    "aruba_silverpeak": "Aruba EdgeConnect", "avi_vantage": "VMware Avi Load Balancer", "aviatrix": "Aviatrix",
    "barracuda": "Barracuda Web Application Firewall", "barracuda_waf": "Barracuda Web Application Firewall",
    "broadcom_layer7_api_gateway": "Broadcom Layer7 API Gateway", "broadcom_sslva": "Symantec SSL Visibility",
    "cisco_ace": "Cisco ACE", "cisco_acs": "Cisco Secure ACS", "cisco_cimc": "Cisco Integrated Management Controller",
    "cisco_dna": "Cisco Catalyst Center", "cisco_esa": "Cisco Secure Email Gateway|Cisco AsyncOS",
    "cisco_fwsm": "Cisco FWSM", "cisco_hyperflex": "Cisco HyperFlex", "cisco_ios": "Cisco IOS or alike",
    "cisco_ise": "Cisco ISE", "cisco_mm": "Cisco Meeting Management", "cisco_ms": "Cisco Meeting Server",
    "cisco_pix": "Cisco PIX", "cisco_tvcs": "Cisco TelePresence VCS", "cisco_ucm": "Cisco Unified Communications Manager",
    "cisco_ucs_manager": "Cisco UCS Manager", "cisco_viptela": "Cisco Catalyst SD-WAN",
    "citrix_netscaler": "Citrix NetScaler", "clearswift_syslog_rfc5424_test_filter": "Clearswift",
    "cylance_protect": "Cylance PROTECT", "darktrace": "Darktrace", "dell_sonic": "SONiC", "f5_bigip": "F5 BIG-IP",
    "fireye": "FireEye or Trellix", "fortinet_web": "FortiWeb|FortiMail", "guardicore": "Akamai Guardicore",
    "imperva_waf": "Imperva SecureSphere", "juniper_legacy": "Juniper NetScreen", "kaspersky": "Kaspersky",
    "linux_syslog": "Linux or Unix", "mcafee_epo": "Trellix ePO", "mcafee_nsp": "McAfee Network Security Platform",
    "microfocus_arcsight": "ArcSight SmartConnector", "microsoft_mcas": "Microsoft Defender for Cloud Apps",
    "mikrotik": "MikroTik RouterOS", "netmotion": "NetMotion", "netscout_arbor-edge": "NETSCOUT Arbor",
    "pfsense": "pfSense or OPNsense", "proofpoint": "Proofpoint Protection Server|Sendmail",
    "symantec_dlp": "Symantec Data Loss Prevention", "symantec_ep": "Symantec Endpoint Protection", "tanium": "Tanium",
    "trellix": "FireEye or Trellix", "trend_deep_security": "Trend Micro Deep Security",
    "ubiquiti_unifi": "Ubiquiti UniFi|Linux netfilter", "varonis": "Varonis", "vectra_ai": "Vectra",
    "vectra_json": "Vectra", "vmware_carbonblack": "Carbon Black App Control",
}  # fmt: skip
"""A folder of `sc4s.*` to the names that are right for its lines."""
NAMED_BY_SOURCETYPE = {
    "infoblox:dhcp": "ISC dhcpd", "infoblox:audit": "Infoblox NIOS", "isc:dhcpd": "ISC dhcpd",
    "juniper:junos:snmp": "Juniper Junos", "juniper:structured": "Juniper Junos",
    "zscalerlss-zpa-app": "Zscaler Private Access", "zscalerlss-zpa-bba": "Zscaler Private Access",
    "zscalerlss-zpa-connector": "Zscaler Private Access", "zscalerlss-zpa-auth": "Zscaler Private Access",
}  # fmt: skip
"""The same in folders that also hold what collectors read."""
EITHER = {("juniper_junos_rfc3164", "juniper:junos:firewall"), ("checkpoint", "nix:syslog")}
"""Source types of real lines that hold both, and cannot be scored; lines of test filters (`common`) are no product's."""


def real() -> Iterator[tuple[str, str, str]]:
    """Each line of `sc4s.*` with its folder and what its test calls it."""
    for folder in sorted((LOGS / "samples").glob("sc4s.*")):
        (file,) = folder.iterdir()
        lines = [json.loads(line)["raw"] for line in file.read_text(encoding="utf-8").splitlines()]
        truth = LOGS / "expected" / folder.name / f"{file.name}.jsonl"
        for told in map(json.loads, truth.read_text(encoding="utf-8").splitlines()[1:]):
            yield folder.name.removeprefix("sc4s."), told["sourcetype"], lines[told["record"] - 1]


@pytest.mark.skipif(not LOGS.is_dir(), reason="../shared/data/logs is not there: names are not scored on real lines")
def test_real_lines_of_strangers_are_named_and_no_others() -> None:
    right = missed = 0
    wrong = []
    for folder, sourcetype, line in real():
        if folder.startswith("common") or (folder, sourcetype) in EITHER:
            continue
        expected = NAMED_BY_SOURCETYPE.get(sourcetype) or NAMED.get(folder, "")
        found = name(line)
        if found and found not in expected.split("|"):
            wrong.append((folder, sourcetype, found, line[:120]))
        right += bool(found)
        missed += bool(expected and not found)
    assert wrong == []
    assert right >= 0.95 * (right + missed)
    assert right >= 300


STRANGE = (
    "auditd.", "aws.cloudtrail", "aws.elb_logs", "aws.vpcflow", "infoblox_nios.audit", "infoblox_nios.dhcp", "jamf_",
    "microsoft_dhcp", "pfsense.bsd", "pfsense.dhcp", "pfsense.ipsec", "pfsense.openvpn", "pfsense.phpfpm",
    "pfsense.syslog", "santa.", "sc4s.", "sentinel_one", "system.auth",
    # Files of several products, of which some are strangers; and their lines inside other files' JSON.
    "cef.arcsight", "cef.netscaler", "cef.trend-micro", "compressed", "pfsense.opensense", "syslog_variants",
)  # fmt: skip


@pytest.mark.skipif(not LOGS.is_dir(), reason="../shared/data/logs is not there: no real line of ours is looked at")
def test_no_real_line_that_collectors_read_is_a_stranger() -> None:
    files = [
        file
        for folder in sorted((LOGS / "samples").iterdir())
        if not folder.name.startswith(STRANGE)
        for file in sorted(folder.iterdir())
        if file.is_file()
    ]
    assert len(files) > 200
    lines = [(file.name, line) for file in files for line in look(file.read_bytes()[: 1 << 16]).lines]
    assert [(file, name(line), line[:120]) for file, line in lines if name(line)] == []
