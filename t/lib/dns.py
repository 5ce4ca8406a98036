#!/usr/bin/env python3
"""dns.py PORT - a DNS server on 127.0.0.1 with a small zone, for the tests.

Prints "ready" when it listens. It knows nothing but what stands here, and asks
nobody.
"""
import ipaddress
import socket
import struct
import sys

ZONE = {
    'one.test': ['192.0.2.11'],
    'two.test': ['192.0.2.21', '192.0.2.22', '2001:db8::21'],
    'six.test': ['2001:db8::66'],
    'empty.test': [],
    'local.test': ['127.0.0.1'],
    'multicast.test': ['224.0.0.251', '192.0.2.44'],
    'xn--bcher-kva.test': ['192.0.2.33'],
}
TYPES = {4: 1, 6: 28}


def addresses(name):
    # h1234.bulk.test is 10.0.4.210: many names without a long table
    if name.endswith('.bulk.test') and name[1:-10].isdigit():
        return [str(ipaddress.ip_address(0x0a000000 + int(name[1:-10])))]
    return ZONE.get(name)


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode('latin-1'))
        at += 1 + query[at]
    qtype = struct.unpack('!H', query[at + 1:at + 3])[0]
    question = query[12:at + 5]
    name = '.'.join(labels).lower()
    found, rcode = addresses(name), 0
    if name == 'broken.test':
        rcode = 2
    elif found is None:
        rcode = 3
    records = b''
    n = 0
    for text in found or []:
        ip = ipaddress.ip_address(text)
        if TYPES[ip.version] != qtype:
            continue
        records += struct.pack('!HHHIH', 0xc00c, qtype, 1, 60,
                               len(ip.packed)) + ip.packed
        n += 1
    return query[:2] + struct.pack('!HHHHH', 0x8580 | rcode, 1, n, 0, 0) + \
        question + records


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind(('127.0.0.1', int(sys.argv[1])))
    print('ready', flush=True)
    while True:
        query, peer = sock.recvfrom(4096)
        if b'\x06silent' in query:
            continue
        sock.sendto(answer(query), peer)


main()
