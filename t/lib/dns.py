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
PTR = 12

# What addresses are called; bytes of a label may be anything.
NAMES = {
    '192.0.2.1': [b'one.test'],
    '192.0.2.2': [b'two.test', b'deux.test', b'two.test'],
    '2001:db8::1': [b'six.test'],
    '192.0.2.10': [b'evil\n192.0.2.99\t22\ttcp\topen.test'],
    '192.0.2.11': [b'<b>\x1b[2J"\'.test'],
    '192.0.2.12': [b'fine_1.test', b'a,b.test'],
    '192.0.2.13': [],
    '192.0.2.14': [b'x' * 63 + b'.' + b'y' * 63 + b'.' + b'z' * 63 + b'.test'],
    '192.0.2.15': [b'n%d.test' % i for i in range(20)],
}


def addresses(name):
    # h1234.bulk.test is 10.0.4.210: many names without a long table
    if name.endswith('.bulk.test') and name[1:-10].isdigit():
        return [str(ipaddress.ip_address(0x0a000000 + int(name[1:-10])))]
    return ZONE.get(name)


def wire_name(name):
    return b''.join(bytes([len(x)]) + x for x in name.split(b'.')) + b'\0'


def address_of(name):
    """The address that a name below in-addr.arpa or ip6.arpa stands for."""
    parts = name.split('.')[-3::-1]
    if name.endswith('.in-addr.arpa'):
        return '.'.join(parts)
    return str(ipaddress.ip_address(bytes.fromhex(''.join(parts))))


def pointer(query, question, name):
    """PTR records; a host of 198.51.100.0/24 has a name by its number, one of
    203.0.113.0/24 gets no answer, and so has every one below 100.64.0.0/10."""
    addr = address_of(name)
    print(addr, flush=True)
    if addr.startswith('203.0.113.'):
        return b''
    names, rcode = NAMES.get(addr), 0
    if addr.startswith(('198.51.100.', '100.')):
        names = [b'host-' + addr.replace('.', '-').encode() + b'.test']
    if addr == '192.0.2.20':
        rcode = 2
    elif names is None:
        rcode = 3
    records = b''
    for n in names or []:
        data = wire_name(n)
        records += struct.pack('!HHHIH', 0xc00c, PTR, 1, 60, len(data)) + data
    head = 0x8580 | rcode
    if addr == '192.0.2.30':        # the answer is cut off, and says so not
        return query[:2] + struct.pack('!HHHHH', head, 1, 1, 0, 0) + question
    return query[:2] + struct.pack('!HHHHH', head, 1, len(names or []), 0,
                                   0) + question + records


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode('latin-1'))
        at += 1 + query[at]
    qtype = struct.unpack('!H', query[at + 1:at + 3])[0]
    question = query[12:at + 5]
    name = '.'.join(labels).lower()
    if qtype == PTR:
        return pointer(query, question, name)
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
        said = answer(query)
        if said:
            sock.sendto(said, peer)


main()
