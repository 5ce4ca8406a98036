#!/usr/bin/env python3
"""same-hosts.py [--any-up] THEIRS OURS - two XML reports of nmap's kind, held
against each other: who is up and why, and of each port the state and its reason,
wherever a report has put them (a list, or summed up).

With --any-up the reason why a host is up may differ: several questions were
asked at once, and the first answer wins.

Prints each difference; status 1 when there is one."""
import sys
import xml.etree.ElementTree as ET


def ports_of(text):
    for part in text.split(","):
        lo, _, hi = part.partition("-")
        yield from range(int(lo), int(hi or lo) + 1)


def address(host):
    for a in host.findall("address"):
        if a.get("addrtype") in ("ipv4", "ipv6"):
            return a.get("addr")
    return "?"


def read(path, any_up):
    hosts = {}
    for host in ET.parse(path).getroot().findall("host"):
        status = host.find("status")
        up = status.get("state") == "up"
        said = {"host": (status.get("state"),
                         "any" if up and any_up else status.get("reason"))}
        if host.get("timedout") == "true":
            said["timedout"] = True
        for extra in host.findall("ports/extraports"):
            for why in extra.findall("extrareasons"):
                for port in ports_of(why.get("ports")):
                    said[why.get("proto"), port] = (extra.get("state"),
                                                    why.get("reason"))
        for port in host.findall("ports/port"):
            state = port.find("state")
            said[port.get("protocol"), int(port.get("portid"))] = (
                state.get("state"), state.get("reason"))
        hosts[address(host)] = said
    return hosts


def main():
    args = sys.argv[1:]
    any_up = args[0] == "--any-up"
    if any_up:
        args.pop(0)
    theirs, ours = (read(path, any_up) for path in args)
    bad = 0
    for addr in sorted(theirs.keys() | ours.keys()):
        a, b = theirs.get(addr, {}), ours.get(addr, {})
        for what in sorted(a.keys() | b.keys(), key=str):
            if a.get(what) != b.get(what):
                print(f"{addr} {what}: nmap {a.get(what)}, "
                      f"prtip {b.get(what)}")
                bad = 1
    return bad


sys.exit(main())
