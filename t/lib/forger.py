#!/usr/bin/env python3
"""Answers what was asked with what must not be believed.

usage: forger.py DEV KIND [--ready FILE] [--ports A-B] [--log FILE]

Reads every frame that comes in on DEV and writes forged answers to it, by KIND
(several: comma-separated):

  cookie    TCP: SYN-ACKs and RSTs with the right ports and a wrong cookie
  port      TCP, UDP: right in everything but the prober's port
  stranger  TCP, UDP: the true answer, sent by hosts that were never probed
  wrongport TCP, UDP: the true answer, from a port that was never probed
  quote     ICMP errors that quote packets nobody sent: other sequence number,
            other ports, other hosts, too short a quote
  echo      echo and timestamp replies with another identifier or sequence
  replay    TCP, UDP: the true answer, many times
  record    keeps the true answers in --log FILE
  play      sends what --log FILE keeps, at the first probe
  proxy     TCP: a true SYN-ACK to every SYN, whatever the port
  mask      a true address mask reply
  arp       ARP replies for addresses that were not asked for
  reset     TCP: a true RST with the window of a closed port, then a SYN-ACK
"""
import argparse
import random
import socket
import struct
import sys

ETH_IP, ETH_ARP, ETH_IP6 = 0x0800, 0x0806, 0x86DD
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    s = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


class Probe:
    """One frame that came in; None of its fields are trusted to be there."""

    def __init__(self, frame):
        self.dmac, self.smac = frame[0:6], frame[6:12]
        etype = struct.unpack("!H", frame[12:14])[0]
        self.v6 = etype == ETH_IP6
        self.packet = ip = frame[14:]
        self.proto = None
        self.arp = etype == ETH_ARP and len(ip) >= 28 and ip[7] == 1
        if etype == ETH_IP and len(ip) >= 20:
            ihl = (ip[0] & 15) * 4
            total = struct.unpack("!H", ip[2:4])[0]
            self.packet = ip = ip[:total]
            self.proto, self.src, self.dst = ip[9], ip[12:16], ip[16:20]
            self.l4 = ip[ihl:]
        elif etype == ETH_IP6 and len(ip) >= 40:
            plen = struct.unpack("!H", ip[4:6])[0]
            self.packet = ip = ip[:40 + plen]
            self.proto, self.src, self.dst = ip[6], ip[8:24], ip[24:40]
            self.l4 = ip[40:]
        else:
            return
        if self.proto == 6 and len(self.l4) >= 20:
            (self.sport, self.dport, self.seq, self.ack, off,
             self.flags) = struct.unpack("!HHIIBB", self.l4[:14])
        elif self.proto == 17 and len(self.l4) >= 8:
            self.sport, self.dport = struct.unpack("!HH", self.l4[:4])
        elif self.proto not in (1, 58) or len(self.l4) < 8:
            self.proto = None


class Forger:
    def __init__(self, dev):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(3))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.sock.bind((dev, 0))
        self.sent = 0

    def frame(self, p, proto, l4, src=None, dst=None):
        src, dst = src or p.dst, dst or p.src
        if p.v6:
            pseudo = src + dst + struct.pack("!IHBB", len(l4), 0, 0, proto)
            ip = struct.pack("!IHBB", 6 << 28, len(l4), proto, 64) + src + dst
        else:
            pseudo = src + dst + struct.pack("!BBH", 0, proto, len(l4))
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(l4),
                             random.getrandbits(16), 0, 64, proto, 0)
            ip = ip + src + dst
            ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        at = {6: 16, 17: 6, 1: 2, 58: 2}[proto]
        body = l4[:at] + b"\0\0" + l4[at + 2:]
        sum16 = checksum(body if proto == 1 else pseudo + body)
        l4 = l4[:at] + struct.pack("!H", sum16) + l4[at + 2:]
        return (p.smac + p.dmac + struct.pack("!H", ETH_IP6 if p.v6 else
                                              ETH_IP) + ip + l4)

    def send(self, frame):
        self.sent += 1
        try:
            self.sock.send(frame)
        except OSError:
            pass

    def tcp(self, p, flags, ack=None, seq=None, sport=None, dport=None,
            src=None, window=0):
        l4 = struct.pack("!HHIIBBHHH", sport or p.dport, dport or p.sport,
                         random.getrandbits(32) if seq is None else seq,
                         (p.seq + 1) & 0xFFFFFFFF if ack is None else ack,
                         5 << 4, flags, window, 0, 0)
        return self.frame(p, 6, l4, src)

    def udp(self, p, sport=None, dport=None, src=None):
        l4 = struct.pack("!HHHH", sport or p.dport, dport or p.sport, 9,
                         0) + b"!"
        return self.frame(p, 17, l4, src)

    def truth(self, p, **kw):
        """What an open port of the probed host would say."""
        if p.proto == 6:
            return self.tcp(p, SYN | ACK, window=64000, **kw)
        return self.udp(p, **kw)

    def error(self, p, code, quote, src=None):
        """An ICMP destination unreachable of the family's own type."""
        if p.v6:
            l4 = struct.pack("!BBHI", 1, code, 0, 0) + quote
            return self.frame(p, 58, l4, src)
        return self.frame(p, 1, struct.pack("!BBHI", 3, code, 0, 0) + quote,
                          src)


def other(addr, by):
    """Another address of the same network."""
    return addr[:-1] + bytes([(addr[-1] + by) % 256])


def patched(packet, at, new):
    return packet[:at] + new + packet[at + len(new):]


class Kinds:
    def __init__(self, forger, log):
        self.f, self.log, self.played = forger, log, False

    def cookie(self, p):
        if p.proto != 6:
            return
        for ack in (p.seq + 65, p.seq ^ 0x80000000, p.seq ^ 0x20, 0,
                    random.getrandbits(32)):
            ack &= 0xFFFFFFFF
            self.f.send(self.f.tcp(p, SYN | ACK, ack=ack, window=64000))
            self.f.send(self.f.tcp(p, RST | ACK, ack=ack))
            self.f.send(self.f.tcp(p, RST, seq=ack, ack=0))
        # An answer to a probe without ACK must acknowledge something.
        self.f.send(self.f.tcp(p, SYN, ack=p.seq + 1 & 0xFFFFFFFF))

    def port(self, p):
        if p.proto not in (6, 17):
            return
        # Steps of 8: neighbours may be other attempts of the same probe.
        for d in (8, 1000, -512):
            self.f.send(self.f.truth(p, dport=(p.sport + d) % 65535 or 1))

    def stranger(self, p):
        if p.proto not in (6, 17):
            return
        for by in (40, 41, 42):
            self.f.send(self.f.truth(p, src=other(p.dst, by)))

    def wrongport(self, p):
        if p.proto not in (6, 17):
            return
        for d in (20000, 20001):
            self.f.send(self.f.truth(p, sport=(p.dport + d) % 65535 or 1))

    def quote(self, p):
        if p.proto not in (6, 17):
            return
        hdr = 40 if p.v6 else 20
        dst_at = 24 if p.v6 else 16
        n16 = struct.pack("!H", (p.sport + 1000) % 65535)
        quotes = [patched(p.packet, hdr, n16),
                  patched(p.packet, hdr + 2, struct.pack("!H", 1)),
                  patched(p.packet, dst_at, other(p.dst, 40)),
                  p.packet[:hdr], p.packet[:hdr + 2], p.packet[:9], b""]
        if p.proto == 6:
            quotes.append(patched(p.packet, hdr + 4,
                                  struct.pack("!I", p.seq ^ 0x10000)))
        for q in quotes:
            for code in (0, 1, 3, 4) if p.v6 else (1, 3, 13):
                self.f.send(self.f.error(p, code, q))
                self.f.send(self.f.error(p, code, q, other(p.dst, 40)))

    def echo(self, p):
        if p.proto not in (1, 58) or p.l4[0] not in (8, 13, 17, 128):
            return
        ident, seq = struct.unpack("!HH", p.l4[4:8])
        kind = {8: 0, 13: 14, 17: 18, 128: 129}[p.l4[0]]
        # The lowest bits of the sequence are the attempt.
        for i, s in ((ident ^ 1, seq), (ident, seq ^ 0x100),
                     (0, 0)):
            self.f.send(self.f.frame(p, p.proto, struct.pack(
                "!BBHHH", kind, 0, 0, i, s) + p.l4[8:]))
        # The true answer, from hosts that were not asked.
        for by in (40, 41):
            self.f.send(self.f.frame(p, p.proto, struct.pack(
                "!BBH", kind, 0, 0) + p.l4[4:], src=other(p.dst, by)))

    def replay(self, p):
        if p.proto in (6, 17):
            for _ in range(20):
                self.f.send(self.f.truth(p))

    def record(self, p):
        if p.proto in (6, 17):
            with open(self.log, "ab") as log:
                frame = self.f.truth(p)
                log.write(struct.pack("!H", len(frame)) + frame)

    def play(self, p):
        if p.proto not in (6, 17) or self.played:
            return
        self.played = True
        with open(self.log, "rb") as log:
            while n := log.read(2):
                self.f.send(log.read(struct.unpack("!H", n)[0]))

    def proxy(self, p):
        if p.proto == 6 and p.flags & SYN:
            self.f.send(self.f.truth(p))

    def mask(self, p):
        if p.proto == 1 and p.l4[0] == 17:
            self.f.send(self.f.frame(p, 1, struct.pack("!BBH", 18, 0, 0) +
                                     p.l4[4:8] + b"\xff\xff\xff\x00"))

    def arp(self, p):
        if not p.arp:
            return
        asker, asked = p.packet[14:18], p.packet[24:28]
        for sha, spa, tpa in (
                (b"\2\0\0\0\0\1", other(asked, 40), asker),
                (b"\2\0\0\0\0\2", other(asked, 41), other(asker, 40))):
            self.f.send(p.smac + sha + struct.pack(
                "!HHHBBH", ETH_ARP, 1, ETH_IP, 6, 4, 2) + sha + spa +
                p.smac + tpa)

    def reset(self, p):
        if p.proto == 6:
            self.f.send(self.f.tcp(p, RST | ACK))
            self.f.send(self.f.truth(p))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dev")
    ap.add_argument("kind")
    ap.add_argument("--ready")
    ap.add_argument("--log")
    ap.add_argument("--ports", default="0-65535")
    args = ap.parse_args()
    random.seed(1)
    forger = Forger(args.dev)
    kinds = Kinds(forger, args.log)
    low, high = map(int, args.ports.split("-"))
    if args.ready:
        open(args.ready, "w").close()
    while True:
        frame, where = forger.sock.recvfrom(65536)
        if where[2] == socket.PACKET_OUTGOING or len(frame) < 14:
            continue
        p = Probe(frame)
        # The prober's kernel resets connections it knows nothing of.
        if p.proto == 6 and p.flags & RST:
            continue
        if p.proto is None and not p.arp or p.proto in (6, 17) and not \
                low <= p.dport <= high:
            continue
        for kind in args.kind.split(","):
            getattr(kinds, kind)(p)


if __name__ == "__main__":
    sys.exit(main())
