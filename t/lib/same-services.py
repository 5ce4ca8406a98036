"""same-services.py NMAP-XML RECORDS NAMES - whether prt-service, in the NDJSON
records, found what `nmap -sV -oX` did. Prints the ports where it did not, with
their lines "port proto what" of NAMES, and how many there are; exits 1 then.

Where the two differ on purpose: nmap keeps blanks at the start of a field, and
only the last cpe of each kind (a, h, o) of a line; it says nothing for what
prt-service calls unknown; and it asks its first question where it has listened,
so that a greeting is not held against that question's softmatches."""
import json
import sys
import xml.etree.ElementTree as ET

FIELDS = {
    "service": "name", "tunnel": "tunnel", "product": "product",
    "version": "version", "info": "extrainfo", "hostname": "hostname",
    "os": "ostype", "device": "devicetype",
}


def of_nmap(path):
    found = {}
    for port in ET.parse(path).iter("port"):
        said = {}
        service = port.find("service")
        if service is not None and service.get("method") == "probed":
            said = {ours: service.get(theirs).strip()
                    for ours, theirs in FIELDS.items() if service.get(theirs)}
            said["cpe"] = {cpe.text for cpe in service.iter("cpe")}
        found[int(port.get("portid")), port.get("protocol")] = said
    return found


def of_prt(path):
    found = {}
    for line in open(path, encoding="utf-8"):
        record = json.loads(line)
        if "ip" not in record:
            continue
        said = {}
        if record.get("method") == "probed" and \
                record["service"] != "unknown":
            said = {f: record[f] for f in FIELDS if f in record}
            said["cpe"] = set(record.get("cpe", []))
        found[record["port"], record["proto"]] = said
    return found


def same(theirs, ours):
    if not theirs and "product" not in ours:
        return True
    if theirs.get("cpe", set()) - ours.get("cpe", set()):
        return False
    return all(theirs.get(f) == ours.get(f) for f in FIELDS)


def main():
    theirs, ours = of_nmap(sys.argv[1]), of_prt(sys.argv[2])
    names = {}
    for line in open(sys.argv[3], encoding="utf-8"):
        port, proto, what = line.rstrip("\n").split("\t", 2)
        names[int(port), proto] = what
    bad = 0
    for key in names:
        if key in theirs and key in ours and same(theirs[key], ours[key]):
            continue
        bad += 1
        print(*key, names[key])
        print("  nmap:", theirs.get(key))
        print("  prt: ", ours.get(key))
    known = sum(1 for said in theirs.values() if said)
    print(f"{len(names)} ports, {known} known to nmap, {bad} not the same")
    return bad > 0


sys.exit(main())
