#!/usr/bin/env python3
"""accuracy.py TRUTH DIR [NMAP-XML] - scores what accuracy.sh has found: a line a
server with what prt-service, and nmap, got right of service, product and version;
the sums, and the bounds. Exits 1 when a bound is broken."""
import json
import sys
import xml.etree.ElementTree as ET

ASPECTS = "service", "product", "version"
LEAST = {"service": 0.99, "product": 0.97, "version": 0.95}
RSS = 24 * 1024     # KiB, for 50 servers
NEVER = 70          # seconds for ports that never answer


def of_prt(path):
    with open(path, encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return {r["port"]: r for r in records if "port" in r}


def of_nmap(path):
    found = {}
    for port in ET.parse(path).iter("port"):
        said = port.find("service")
        said = {} if said is None else dict(said.attrib)
        # what the port usually is, nmap has not found out
        if said.get("method") == "table":
            said = {}
        found[int(port.get("portid"))] = {
            "service": said.get("name"), "tunnel": said.get("tunnel"),
            "product": said.get("product"), "version": said.get("version")}
    return found


def right(truth, said, aspect):
    """Whether that is right; None where the server does not tell."""
    want, have = truth[aspect], said.get(aspect) or ""
    if want == "-":
        return None
    if aspect == "service":
        return have in want.split() and \
            (said.get("tunnel") or "") == truth["tunnel"]
    if aspect == "product":
        return want.lower() in have.lower()
    # 6.2 is what a server may say of 6.2.0
    return have.startswith(want) or (have != "" and
                                     want.startswith(have + "."))


def marks(truth, said):
    return {a: right(truth, said, a) for a in ASPECTS}


def shown(mark):
    return "".join("." if mark[a] is None else
                   a[0].upper() if mark[a] else "-" for a in ASPECTS)


def share(all_marks, aspect):
    told = [m[aspect] for m in all_marks if m[aspect] is not None]
    return sum(told), len(told)


def cost(where, who):
    with open(f"{where}/accuracy-{who}.cost", encoding="utf-8") as f:
        line = json.loads(f.readline())
    return line["wall"], max(p["rss_kib"] for p in line["parts"])


def broken(what):
    print(f"accuracy: {what}")
    broken.any = True


broken.any = False


def sums(who, all_marks, wall, rss):
    parts = ["%s %d/%d" % (a, *share(all_marks, a)) for a in ASPECTS]
    print(f"{who}: {', '.join(parts)}; {wall:.1f} s, {rss} KiB")


def hold_never(where):
    said, (wall, _) = of_prt(f"{where}/accuracy-never.ndjson"), \
        cost(where, "never")
    if wall > NEVER:
        broken(f"{wall:.0f} s for ports that never answer, more than {NEVER}")
    for port in range(7001, 7010):
        if port not in said:
            broken(f"no record of port {port}, which never answers")
        elif said[port].get("product"):
            broken(f"port {port} never answers, and is {said[port]}")


def main():
    truth_path, where = sys.argv[1:3]
    names = "port", "package", "service", "product", "version", "tunnel"
    with open(truth_path, encoding="utf-8") as lines:
        truths = [dict(zip(names, line.rstrip("\n").split("\t")))
                  for line in lines]
    said = {"prt": of_prt(f"{where}/accuracy-prt.ndjson")}
    if len(sys.argv) > 3 and sys.argv[3]:
        said["nmap"] = of_nmap(sys.argv[3])
    scored = {who: [] for who in said}
    print("port   server                     " +
          "  ".join(f"{who:4}" for who in said) + "  what prt-service says")
    for truth in truths:
        port = int(truth["port"])
        for who, found in said.items():
            scored[who].append(marks(truth, found.get(port, {})))
        ours = said["prt"].get(port, {})
        print(f"{port:<6} {truth['package']:26.26} " +
              "  ".join(f"{shown(scored[who][-1]):4}" for who in said) + "  " +
              " ".join(str(ours[a]) for a in ASPECTS if ours.get(a)))
        if "nmap" in said:
            for a in ASPECTS:
                if scored["nmap"][-1][a] and not scored["prt"][-1][a]:
                    broken(f"{port}: nmap has the {a} right")
    costs = {who: cost(where, who) for who in said}
    for who in said:
        sums(who, scored[who], *costs[who])
    for a, least in LEAST.items():
        good, told = share(scored["prt"], a)
        if good < least * told:
            broken(f"{a}: {good} of {told}, less than {least:.0%}")
    if costs["prt"][1] >= RSS:
        broken(f"{costs['prt'][1]} KiB of memory, not less than {RSS}")
    if "nmap" in said and costs["prt"][0] > costs["nmap"][0] / 3:
        broken("more than a third of nmap's time")
    hold_never(where)
    return 1 if broken.any else 0


sys.exit(main())
