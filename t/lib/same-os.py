"""same-os.py NMAP-XML RECORDS DATABASE - whether prt-os, in the NDJSON records,
names for each host of `nmap -O -oX` what nmap does, as surely. Prints the hosts
where it does not, and how many there are; exits 1 then.

nmap lists a name once for each fingerprint that has it, prt-os once. And where a
test may be empty or something ("O1=|M5B4"), nmap 7.93 also takes what only begins
like that, against its own documentation: it lists more such systems."""
import json
import re
import sys
import xml.etree.ElementTree as ET


def of_nmap(path):
    found = {}
    for host in ET.parse(path).iter("host"):
        said = {}
        for match in host.iter("osmatch"):
            said.setdefault(match.get("name"), int(match.get("accuracy")))
        found[host.find("address").get("addr")] = said
    return found


def of_prt(path):
    found = {}
    for line in open(path, encoding="utf-8"):
        record = json.loads(line)
        if record.get("proto") != "host":
            continue
        said = {}
        for match in record.get("os_matches", []):
            name, conf = re.fullmatch(r"(.*) \((\d+)%\)", match).groups()
            said[name.replace(r"\x2c", ",")] = int(conf)
        if not said and "os" in record:
            said[record["os"]] = record["os_conf"]
        found[record["ip"]] = said
    return found


def maybe_empty(path):
    """Names of the systems with such a test."""
    names, name = set(), None
    for line in open(path, encoding="latin-1"):
        if line.startswith("Fingerprint "):
            name = line[12:].strip()
        elif "=|" in line:
            names.add(name)
    return names


def main():
    theirs, ours = of_nmap(sys.argv[1]), of_prt(sys.argv[2])
    lax = maybe_empty(sys.argv[3])
    differ = 0
    for ip, said in theirs.items():
        got = ours.get(ip, {})
        want = {n: c for n, c in said.items() if n not in lax}
        got = {n: c for n, c in got.items() if n not in lax}
        # prt-os may list more of them than nmap
        if len(want) < 3 or list(got.items())[:len(want)] != \
                list(want.items()):
            differ += 1
            print(f"{ip}: nmap {want}, prt-os {got}")
    print(f"{len(theirs)} hosts, {differ} differ")
    sys.exit(differ > 0 or not theirs)


main()
