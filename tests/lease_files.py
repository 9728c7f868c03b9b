"""Files of DHCP servers and VPNs, as those write them, and who held which address when according to them."""

from __future__ import annotations

MAC = "device:00:1a:2b:3c:4d:5e"
NAMED = f"{MAC} > device:ada-laptop"
ADDRESS = "address:10.0.0.5"

WINDOWS = """\t\tMicrosoft DHCP Service Activity Log


Event ID  Meaning
00\tThe log was started.
10\tA new IP address was leased to a client.
11\tA lease was renewed by a client.
12\tA lease was released by a client.

QResult: 0: NoQuarantine, 1:Quarantine, 2:Drop Packet, 3:Probation,6:No Quarantine Information

ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID, QResult,Probationtime
00,11/05/26,00:00:01,Started,,,,,0,6,,,,,,,,,0
10,11/05/26,09:00:00,Assign,10.0.0.5,ada-laptop.corp.example,001A2B3C4D5E,,2345,0,,,,0x4D5346,MSFT 5.0,,,,0
30,11/05/26,09:00:00,DNS Update Request,10.0.0.5,ada-laptop.corp.example,,,0,6,,,,,,,,,0
11,11/05/26,13:00:00,Renew,10.0.0.5,ada-laptop.corp.example,001A2B3C4D5E,,2346,0,,,,,,,,,0
15,11/05/26,13:01:00,NACK,10.0.0.6,,0A1A2B3C4D5E,,0,6,,,,,,,,,0
12,11/05/26,17:00:00,Release,10.0.0.5,ada-laptop.corp.example,001A2B3C4D5E,,2347,6,,,,,,,,,0
10,11/05/26,18:00:00,Assign,10.0.0.7,bo-pc.corp.example,0A1A2B3C4D5E,,2348,0,,,,,,,,,0
"""
WINDOWS_TIES = {
    f"{ADDRESS} > {MAC} 11-05 09:00..11-05 17:00",
    f"{MAC} > device:ada-laptop.corp.example",
    "address:10.0.0.7 > device:0a:1a:2b:3c:4d:5e 11-05 18:00..11-13 18:00",
    "device:0a:1a:2b:3c:4d:5e > device:bo-pc.corp.example",
}
WINDOWS_LIST = (
    "#TYPE Microsoft.Management.Infrastructure.CimInstance#root/Microsoft/Windows/DHCP/DhcpServerv4Lease\r\n"
    '"IPAddress","ScopeId","AddressState","ClientId","ClientType","Description","DnsRR","HostName","LeaseExpiryTime"\r\n'
    '"10.0.0.5","10.0.0.0","Active","00-1a-2b-3c-4d-5e","Dhcp",,"AandPTR","ada-laptop","11/13/2026 9:00:00 AM"\r\n'
    '"10.0.0.8","10.0.0.0","ActiveReservation","00-1a-2b-3c-4d-5f","Dhcp",,"AandPTR","printer",\r\n'
    '"10.0.0.9","10.0.0.0","Declined","00-1a-2b-3c-4d-60","Dhcp",,"","BAD_ADDRESS","11/5/2026 9:00:00 AM"\r\n'
)
ISC = """# The format of this file is documented in the dhcpd.leases(5) manual page.
# This lease file was written by isc-dhcp-4.4.3-P1

# authoring-byte-order entry is generated, DO NOT DELETE
authoring-byte-order little-endian;

lease 10.0.0.5 {
  starts 4 2026/11/05 09:00:00;
  ends 4 2026/11/05 21:00:00;
  cltt 4 2026/11/05 09:00:00;
  binding state active;
  next binding state free;
  rewind binding state free;
  hardware ethernet 00:1a:2b:3c:4d:5e;
  uid "\\001\\000\\032+<M^";
  client-hostname "ada-laptop";
}
lease 10.0.0.5 {
  starts 4 2026/11/05 15:00:00;
  ends 5 2026/11/06 03:00:00;
  binding state active;
  hardware ethernet 00:1a:2b:3c:4d:5e;
  client-hostname "ada-laptop";
}
lease 10.0.0.5 {
  starts 4 2026/11/05 15:00:00;
  ends 4 2026/11/05 17:30:00;
  tstp 4 2026/11/05 17:30:00;
  cltt 4 2026/11/05 15:00:00;
  binding state free;
  hardware ethernet 00:1a:2b:3c:4d:5e;
}
lease 10.0.0.9 {
  starts epoch 1793872800; # Thu Nov  5 10:00:00 2026
  ends never;
  binding state active;
  hardware ethernet 00:1a:2b:3c:4d:60;
}
lease 10.0.0.10 {
  starts 4 2026/11/05 09:00:00;
  ends 4 2026/11/05 21:00:00;
  binding state abandoned;
}
"""
DHCPD = """Nov  5 08:59:59 gw dhcpd[812]: DHCPREQUEST for 10.0.0.5 (10.0.0.1) from 00:1a:2b:3c:4d:5e via eth0
Nov  5 09:00:00 gw dhcpd[812]: DHCPACK on 10.0.0.5 to 00:1a:2b:3c:4d:5e (ada-laptop) via eth0
Nov  5 09:00:00 gw dhcpd[812]: DHCPACK to 10.0.0.77 (00:1a:2b:3c:4d:77) via eth0
Nov  5 14:00:00 gw dhcpd[812]: DHCPRELEASE of 10.0.0.5 from 00:1a:2b:3c:4d:5e (ada-laptop) via eth0 (found)
Nov  5 16:00:00 gw dhcpd[812]: DHCPACK on 10.0.0.5 to 0a:1a:2b:3c:4d:5e via 10.0.0.1
"""
INFOBLOX_LOG = """<30>Nov  5 09:00:00 10.9.9.9 dhcpd[31169]: DHCPACK on 10.0.0.5 to 00:1a:2b:3c:4d:5e (ada-laptop) \
via eth1 relay eth1 lease-duration 28800 (RENEW) uid 01:00:1a:2b:3c:4d:5e
<30>Nov  5 12:00:00 10.9.9.9 dhcpd[31169]: r-l-e:10.0.0.6,Issued,bo-pc,0a:1a:2b:3c:4d:5e,1793880000,1793908800,,$
<30>Nov  5 13:00:00 10.9.9.9 dhcpd[31169]: r-l-e:10.0.0.6,Freed,bo-pc,0a:1a:2b:3c:4d:5e,1793880000,1793908800,,$
<30>Nov  5 15:00:00 10.9.9.9 dhcpd[31169]: DHCPEXPIRE on 10.0.0.5 to 00:1a:2b:3c:4d:5e
"""
INFOBLOX_LIST = """header-lease,binding_state,ends,ip_address,mac_address,protocol,starts,client_hostname
Lease,ACTIVE,2026-11-05T17:00:00Z,10.0.0.5,00:1a:2b:3c:4d:5e,IPV4,2026-11-05T09:00:00Z,ada-laptop
Lease,RELEASED,2026-11-05T12:30:00Z,10.0.0.6,0a:1a:2b:3c:4d:5e,IPV4,2026-11-05T12:00:00Z,
"""
INFOBLOX_HISTORY = """Time,Member,Member IP,Action,Lease IP,Protocol,MAC/DUID,Host Name,\
Lease Start,Lease End,Fingerprint
2026-11-05 09:00:00,ns1,10.9.9.9,Issued,10.0.0.5,IPV4,00:1a:2b:3c:4d:5e,ada-laptop,\
2026-11-05 09:00:00,2026-11-05 17:00:00,Win
"""
DNSMASQ = """1793898000 00:1a:2b:3c:4d:5e 10.0.0.5 ada-laptop 01:00:1a:2b:3c:4d:5e
0 0a:1a:2b:3c:4d:5e 10.0.0.6 * *
duid 00:01:00:01:2b:3c:4d:5e:00:1a:2b:3c:4d:5e
"""
DNSMASQ_LOG = """Nov  5 09:00:00 gw dnsmasq-dhcp[99]: DHCPREQUEST(br0) 10.0.0.5 00:1a:2b:3c:4d:5e
Nov  5 09:00:00 gw dnsmasq-dhcp[99]: 3811 DHCPACK(br0) 10.0.0.5 00:1a:2b:3c:4d:5e ada-laptop
Nov  5 09:30:00 gw dnsmasq-dhcp[99]: DHCPACK(br0) 10.0.0.5 00:1a:2b:3c:4d:5e ada-laptop
Nov  5 10:00:00 gw dnsmasq-dhcp[99]: DHCPRELEASE(br0) 10.0.0.5 00:1a:2b:3c:4d:5e
"""
KEA = """address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id
10.0.0.5,00:1a:2b:3c:4d:5e,01:00:1a:2b:3c:4d:5e,28800,1793898000,1,1,1,ada-laptop.,0,,0
10.0.0.5,00:1a:2b:3c:4d:5e,01:00:1a:2b:3c:4d:5e,28800,1793908800,1,1,1,ada-laptop.,0,,0
10.0.0.5,00:1a:2b:3c:4d:5e,01:00:1a:2b:3c:4d:5e,0,1793908800,1,1,1,ada-laptop.,2,,0
10.0.0.6,,,28800,1793898000,1,0,0,,1,,0
"""
KEA6 = """address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,\
hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id
2001:db8::5,00:03:00:01:00:1a:2b:3c:4d:5e,28800,1793898000,1,14400,0,1,128,0,0,,00:1a:2b:3c:4d:5e,0,,1,2,0
"""
ASA = """Nov 05 2026 09:00:00 fw : %ASA-6-113039: Group <GP> User <ada> IP <203.0.113.7> \
AnyConnect parent session started.
Nov 05 2026 09:00:01 fw : %ASA-4-722051: Group <GP> User <ada> IP <203.0.113.7> IPv4 Address <10.9.0.5> \
IPv6 address <::> assigned to session
Nov 05 2026 10:00:00 fw : %ASA-5-713228: Group = GP, Username = bo@corp.example, IP = 203.0.113.8, Assigned private IP \
address 10.9.0.6 to remote user
Nov 05 2026 12:00:00 fw : %ASA-4-113019: Group = GP, Username = ada, IP = 203.0.113.7, Session disconnected. \
Session Type: AnyConnect-Parent, Duration: 2h:59m:59s, Bytes xmt: 1, Bytes rcv: 2, Reason: User Requested
2026-11-05T13:00:00Z fw : %ASA-4-722051: Group <GP> User <cy> IP <203.0.113.9> IPv4 Address <10.9.0.5> \
IPv6 address <2001:db8::9> assigned to session
"""
OPENVPN_1 = """OpenVPN CLIENT LIST
Updated,Thu Nov  5 12:00:00 2026
Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since
ada,203.0.113.7:51234,1,2,Thu Nov  5 09:00:00 2026
ROUTING TABLE
Virtual Address,Common Name,Real Address,Last Ref
10.8.0.5,ada,203.0.113.7:51234,Thu Nov  5 11:59:00 2026
192.168.7.0/24,ada,203.0.113.7:51234,Thu Nov  5 11:59:00 2026
GLOBAL STATS
Max bcast/mcast queue length,0
END
"""
OPENVPN_2 = """TITLE,OpenVPN 2.6.12 x86_64-pc-linux-gnu
TIME,2026-11-05 12:00:00,1793880000
HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Virtual IPv6 Address,Bytes Received,Bytes Sent,\
Connected Since,Connected Since (time_t),Username,Client ID,Peer ID,Data Channel Cipher
CLIENT_LIST,laptop-cert,203.0.113.7:51234,10.8.0.5,,1,2,2026-11-05 09:00:00,1793869200,ada,0,0,AES-256-GCM
CLIENT_LIST,bo,203.0.113.8:51234,10.8.0.6,,1,2,2026-11-05 10:00:00,1793872800,UNDEF,1,1,AES-256-GCM
HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref,Last Ref (time_t)
ROUTING_TABLE,10.8.0.5,laptop-cert,203.0.113.7:51234,2026-11-05 11:59:00,1793879940
END
"""
VPN = """user,address,start,end
ada@corp.example,10.9.0.5,2026-11-05T09:00,2026-11-05T12:00
CORP\\bo,10.9.0.6,2026-11-05T09:00,
"""

FILES = [
    ("dhcp_windows", "audit log", WINDOWS, WINDOWS_TIES),
    (
        "dhcp_windows",
        "list",
        WINDOWS_LIST,
        {
            f"{ADDRESS} > {MAC} 11-05 09:00..11-13 09:00",
            NAMED,
            "address:10.0.0.8 > device:00:1a:2b:3c:4d:5f",
            "device:00:1a:2b:3c:4d:5f > device:printer",
        },
    ),
    (
        "dhcp_isc",
        "leases",
        ISC,
        {
            f"{ADDRESS} > {MAC} 11-05 09:00..11-05 17:30",
            NAMED,
            "address:10.0.0.9 > device:00:1a:2b:3c:4d:60 11-05 10:00..always",
        },
    ),
    (
        "dhcp_isc",
        "log",
        DHCPD,
        {
            f"{ADDRESS} > {MAC} 11-05 09:00..11-05 14:00",
            NAMED,
            f"{ADDRESS} > device:0a:1a:2b:3c:4d:5e 11-05 16:00..11-06 04:00",
        },
    ),
    (
        "dhcp_infoblox",
        "log",
        INFOBLOX_LOG,
        {
            f"{ADDRESS} > {MAC} 11-05 09:00..11-05 15:00",
            NAMED,
            "address:10.0.0.6 > device:0a:1a:2b:3c:4d:5e 11-05 12:00..11-05 13:00",
            "device:0a:1a:2b:3c:4d:5e > device:bo-pc",
        },
    ),
    (
        "dhcp_infoblox",
        "list",
        INFOBLOX_LIST,
        {
            f"{ADDRESS} > {MAC} 11-05 09:00..11-05 17:00",
            NAMED,
            "address:10.0.0.6 > device:0a:1a:2b:3c:4d:5e 11-05 12:00..11-05 12:30",
        },
    ),
    ("dhcp_infoblox", "history", INFOBLOX_HISTORY, {f"{ADDRESS} > {MAC} 11-05 09:00..11-05 17:00", NAMED}),
    (
        "dhcp_dnsmasq",
        "leases",
        DNSMASQ,
        {f"{ADDRESS} > {MAC} 11-05 16:00..11-05 17:00", NAMED, "address:10.0.0.6 > device:0a:1a:2b:3c:4d:5e"},
    ),
    ("dhcp_dnsmasq", "log", DNSMASQ_LOG, {f"{ADDRESS} > {MAC} 11-05 09:00..11-05 10:00", NAMED}),
    ("kea", "memfile", KEA, {f"{ADDRESS} > {MAC} 11-05 09:00..11-05 20:00", NAMED}),
    ("kea", "memfile 6", KEA6, {f"address:2001:db8::5 > {MAC} 11-05 09:00..11-05 17:00"}),
    (
        "vpn",
        "asa",
        ASA,
        {
            "address:10.9.0.5 > sam:ada 11-05 09:00..11-05 12:00",
            "address:10.9.0.6 > upn:bo@corp.example 11-05 10:00..11-06 10:00",
            "address:10.9.0.5 > sam:cy 11-05 13:00..11-06 13:00",
            "address:2001:db8::9 > sam:cy 11-05 13:00..11-06 13:00",
        },
    ),
    ("vpn", "openvpn 1", OPENVPN_1, {"address:10.8.0.5 > sam:ada 11-05 09:00..11-05 12:00"}),
    (
        "vpn",
        "openvpn 2",
        OPENVPN_2,
        {
            "address:10.8.0.5 > sam:ada 11-05 09:00..11-05 12:00",
            "address:10.8.0.6 > sam:bo 11-05 10:00..11-05 12:00",
        },
    ),
    (
        "vpn",
        "openvpn 3",
        OPENVPN_2.replace(",", "\t"),
        {
            "address:10.8.0.5 > sam:ada 11-05 09:00..11-05 12:00",
            "address:10.8.0.6 > sam:bo 11-05 10:00..11-05 12:00",
        },
    ),
    (
        "vpn",
        "table",
        VPN,
        {
            "address:10.9.0.5 > upn:ada@corp.example 11-05 09:00..11-05 12:00",
            "address:10.9.0.6 > sam:corp\\bo 11-05 09:00..11-06 09:00",
        },
    ),
]
