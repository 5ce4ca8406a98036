#!/usr/bin/env python3
"""Carries frames between a TAP device and a stream socket, on which the length
of each stands in front of it: what QEMU's "stream" network speaks.

    tap-relay.py TAP SOCKET
"""
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 2, 0x1000


def main():
    name, path = sys.argv[1:]
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF,
                struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    held = b""
    while True:
        ready = select.select([tap, sock], [], [])[0]
        if tap in ready:
            frame = os.read(tap, 65536)
            sock.sendall(struct.pack(">I", len(frame)) + frame)
        if sock not in ready:
            continue
        data = sock.recv(65536)
        if not data:
            return
        held += data
        while len(held) >= 4:
            n = struct.unpack(">I", held[:4])[0]
            if len(held) < 4 + n:
                break
            os.write(tap, held[4:4 + n])
            held = held[4 + n:]


main()
