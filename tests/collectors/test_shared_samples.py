"""Real samples of some 250 streams: each is claimed by the one collector that is right, and all of it accounted for.

They are not part of this repository (their licences differ): these tests are skipped where they are not beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkout import CHECKOUT

from shadowledger.collectors.reading import Reading, Settings
from shadowledger.collectors.records import Ignored, Issue
from shadowledger.collectors.registry import claims
from shadowledger.collectors.sources import find, open_source

SAMPLES = CHECKOUT.parent / "shared" / "data" / "logs" / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/data/logs/samples is not there")

CLAIMED = {
    "adguard_home": "adguardhome_querylog",
    "anthropic_activity": "panther.Anthropic.Activity",
    "aws_elb": "aws.elb_logs",
    "aws_vpc_flow": "aws.vpcflow",
    "bind_query": "crowdsec.bind9-logs crowdsec.bind9-refused crowdsec.bind9-syslog sc4s.isc",
    "capture": "dns_pcap",
    "cef_web": "cef.trend-micro sc4s.guardicore sc4s.trend_deep_security",
    "checkpoint": "checkpoint.firewall",
    "checkpoint_cef": "cef.checkpoint",
    "checkpoint_splunk": "sc4s.checkpoint",
    "checkpoint_syslog": "sc4s.checkpoint_syslog_rfc5424",
    "cisco_asa": "sc4s.cisco_asa sc4s.cisco_firepower sc4s.cisco_fwsm sc4s.cisco_pix",
    "cisco_asa_cef": "cef.cisco-asa",
    "cisco_meraki": (
        "cisco_meraki.airmarshal-events cisco_meraki.events cisco_meraki.flows cisco_meraki.ip-flow "
        "cisco_meraki.security-events cisco_meraki.urls rsa.cisco.meraki sc4s.cisco_meraki"
    ),
    "cisco_umbrella": (
        "cisco_umbrella.auditlogs cisco_umbrella.cloudfirewalllogs cisco_umbrella.dlplogs "
        "cisco_umbrella.dnslogs cisco_umbrella.intrusionlogs cisco_umbrella.iplogs cisco_umbrella.proxylogs"
    ),
    "cisco_wsa": "cisco_wsa_squid sc4s.cisco_wsa",
    "cloudflare_gateway": (
        "cloudflare_logpush.gateway_dns cloudflare_logpush.gateway_http cloudflare_logpush.gateway_network "
        "cloudflare_logpush.network_session"
    ),
    "cloudflare_logpush": (
        "cloudflare.logpull cloudflare_logpush.access_request cloudflare_logpush.audit "
        "cloudflare_logpush.casb cloudflare_logpush.device_posture cloudflare_logpush.dns "
        "cloudflare_logpush.firewall_event cloudflare_logpush.http_request cloudflare_logpush.nel_report "
        "cloudflare_logpush.network_analytics cloudflare_logpush.spectrum_event"
    ),
    "coredns": "coredns.log",
    "crowdstrike_fdr": "crowdstrike.fdr panther.Crowdstrike.FDREvent",
    "defender_alerts": "m365_defender.incident m365_defender.log microsoft_defender_endpoint.log",
    "defender_hunting": "m365_defender.event",
    "dnsmasq": "dnsmasq",
    "dnstap": "dnstap_fstrm",
    "ecs": "cef.cef cef.netscaler cef.syslog",
    "envoy": "envoyproxy.log",
    "forcepoint_cloud": "forcepoint_web.logs",
    "forcepoint_one": "forcepoint_one_sse",
    "forcepoint_web": "sc4s.forcepoint_web",
    "fortigate": "fortinet_fortigate.log sc4s.fortinet_ngfw",
    "gcp_load_balancing": "gcp.loadbalancing_logs",
    "google_cloud_dns": "gcp.dns",
    "haproxy": "haproxy.log pfsense.haproxy",
    "iboss": "iboss",
    "iis": "iis.access w3c_iis",
    "infoblox_nios": "infoblox_nios.dns sc4s.infoblox",
    "jamf_compliance": "jamf_compliance_reporter.log",
    "juniper_srx": "sc4s.juniper_junos_rfc3164 sc4s.juniper_junos_rfc5424",
    "m365_ediscovery": "m365_copilot_ediscovery_csv",
    "netskope_ecs": "netskope.alerts netskope.events",
    "notion_audit": "panther.Notion.AuditLogs",
    "okta_system": "okta.system",
    "openai_audit": "panther.OpenAI.Audit",
    "osquery": "osquery.result panther.Osquery.Differential",
    "panos": (
        "panw_panos.authentication panw_panos.config panw_panos.correlated-events panw_panos.decryption "
        "panw_panos.global_protect panw_panos.globalprotect panw_panos.gtp panw_panos.hipmatch "
        "panw_panos.ip-tag panw_panos.other panw_panos.pan_inc_threat panw_panos.pan_inc_traffic "
        "panw_panos.pan_inc_traffic_ietf panw_panos.sctp panw_panos.system panw_panos.threat "
        "panw_panos.traffic panw_panos.traffic_nanos_time panw_panos.tunnel-inspection panw_panos.userid "
        "sc4s.palo_alto"
    ),
    "proxysg": "proxysg.bcreportermain_v1 proxysg.main proxysg.ssl proxysg.syslog_headerless",
    "proxysg_kv": "sc4s.symantec_proxy",
    "route53_public": "aws.route53_public_logs",
    "route53_resolver": "aws.route53_resolver_logs panther.OCSF.DnsActivity",
    "santa": "santa.log",
    "sentinelone_funnel": "sentinel_one_cloud_funnel.event",
    "skyhigh_swg": "sc4s.mcafee_web_gateway",
    "sonicwall": "rsa.sonicwall.firewall sc4s.dell_sonicwall sonicwall_firewall.log",
    "sophos_firewall": "sc4s.sophos_firewall_xg sophos.xg",
    "sophos_web_appliance": "sc4s.sophos_webappliance",
    "squid_combined": "squid.log",
    "squid_native": "pfsense.squid",
    "suricata_eve": "sc4s.suricata suricata.eve",
    "tasklist": "tasklist",
    "traefik": "traefik.access",
    "unbound": "pfsense.opensense pfsense.unbound",
    "uvicorn": "crowdsec.litellm-logs",
    "windows_dns": "windows_dns_debug",
    "windows_events": "windows_evtx",
    "windows_nxlog": "windows_winlogbeat_nxlog_json",
    "windows_winlogbeat": "sysmon_linux.log windows.forwarded.sysmon windows.sysmon_operational",
    "zeek_json": (
        "zeek.connection zeek.dns zeek.http zeek.software zeek.ssl zeek.x509 zeek_corelight_json.conn "
        "zeek_corelight_json.dns zeek_corelight_json.http zeek_corelight_json.ssl zeek_json.dns "
        "zeek_json.http zeek_json.known_services zeek_json.notice zeek_json.software zeek_json.ssl "
        "zeek_json.weird zeek_json.x509"
    ),
    "zeek_tsv": (
        "zeek_tsv.dns zeek_tsv.known_services zeek_tsv.notice zeek_tsv.software zeek_tsv.ssl zeek_tsv.weird "
        "zeek_tsv.x509"
    ),
    "zscaler_netwitness": "rsa.zscaler.zia",
    "zscaler_nss": (
        "sc4s.zscaler_tunnel zscaler_zia.alerts zscaler_zia.dns zscaler_zia.dns_http_endpoint "
        "zscaler_zia.firewall zscaler_zia.firewall_http_endpoint zscaler_zia.tunnel "
        "zscaler_zia.tunnel_http_endpoint zscaler_zia.web zscaler_zia.web_http_endpoint"
    ),
}
FOLDERS = [(folder, collector) for collector, folders in CLAIMED.items() for folder in folders.split()]


def files(folder: str) -> list[Path]:
    return find([str(path) for path in sorted((SAMPLES / folder).iterdir()) if path.is_file()])


@pytest.mark.parametrize(("folder", "collector"), FOLDERS)
def test_a_sample_is_claimed_by_one_collector_the_right_one(folder: str, collector: str) -> None:
    for path in files(folder):
        with open_source(path) as opened:
            assert [found.collector.id for found in claims(opened.head)] == [collector], path.name


@pytest.mark.parametrize("folder", sorted(path.name for path in SAMPLES.iterdir()) if SAMPLES.is_dir() else [])
def test_every_record_of_a_sample_is_accounted_for(folder: str) -> None:
    for path in files(folder):
        with open_source(path) as opened:
            for found in claims(opened.head):
                reading = Reading(opened, Settings(), None, str.lower, found.layers)
                positions: dict[int, int] = {}
                told = {True: set[tuple[int, int]](), False: set[tuple[int, int]]()}
                for one in reading.records(found.collector):
                    number = positions.get(one.position, 0)
                    positions[one.position] = number + isinstance(one, Issue | Ignored)
                    told[isinstance(one, Issue | Ignored)].add((one.position, number))
                accounted = len(told[True]) + len({at for at, _ in told[False]}) + reading.ignored_count
                assert accounted == reading.record_count, path.name
