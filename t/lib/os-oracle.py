"""os-oracle.py DATABASE COUNT - fingerprints that systems of the database could
have, with something changed in most of them, and which systems they match, found
out the plain way: a record for each, with os_fp= and, as tag=, what os_matches=
has to be for --guess --limit 5.

os-oracle.py DATABASE all - a fingerprint for every system of the database whose
family is known, that is, not just "embedded", and, as tag=, the families that it
is of, with a bar behind each: the family of its kernel is one."""
import functools
import random
import re
import sys
from fractions import Fraction

LIMIT = 5
LOOKED_AT = 64      # the most accurate ones
SURE_FROM = 4       # a quarter of all points
ON_LINUX = {"Android", "ArubaOS", "ExtremeXOS", "FritzOS", "HiveOS", "RAIDiator",
            "RouterOS"}


def read(path):
    points, entries, lines, into = {}, [], {}, None
    for text in open(path, encoding="latin-1"):
        text = text.strip()
        if text == "MatchPoints":
            into = points
        elif text.startswith("Fingerprint "):
            into = {}
            entries.append((text[12:].strip(), into, set()))
        elif text.startswith("Class "):
            family = text.split("|")[1].strip()
            entries[-1][2].add(family)
            if family in ON_LINUX:
                entries[-1][2].add("Linux")
        elif text.startswith("CPE cpe:/o:linux:linux_kernel"):
            entries[-1][2].add("Linux")
        elif (m := re.fullmatch(r"([A-Z0-9]+)\((.*)\)", text)):
            # equal lines are one, so that they can be summed up once
            if text not in lines:
                lines[text] = dict(t.split("=", 1)
                                   for t in m[2].split("%") if t)
            into[m[1]] = lines[text]
    return points, entries


def number(text):
    return int(text, 16) if re.fullmatch("[0-9A-F]+", text) else None


@functools.lru_cache(None)
def agrees(expr, value):
    for one in expr.split("|"):
        v = number(value)
        if one == value:
            return True
        if v is None:
            continue
        if (m := re.fullmatch("([0-9A-F]+)-([0-9A-F]+)", one)):
            if int(m[1], 16) <= v <= int(m[2], 16):
                return True
        elif (m := re.fullmatch("([<>])([0-9A-F]+)", one)):
            if v > int(m[2], 16) if m[1] == ">" else v < int(m[2], 16):
                return True
    return False


def some_value(expr):
    one = random.choice(expr.split("|"))
    if (m := re.fullmatch("([0-9A-F]+)-([0-9A-F]+)", one)):
        return "%X" % random.randint(int(m[1], 16), int(m[2], 16))
    if (m := re.fullmatch("([<>])([0-9A-F]+)", one)):
        v = int(m[2], 16)
        return "%X" % (v + 1 if m[1] == ">" else max(v - 1, 0))
    return one


def answers(lines):
    return {line: {k: some_value(e) for k, e in tests.items()}
            for line, tests in lines.items()}


def subject(entries, changes):
    fp = answers(random.choice(entries)[1])
    for _ in range(changes):
        line = random.choice(list(fp))
        donor = random.choice(entries)[1].get(line)
        if donor:
            fp[line] = {k: some_value(e) for k, e in donor.items()}
    return fp


def compare(points, line, tests, subject):
    num = den = 0
    for k, expr in tests.items():
        p = int(points.get(line, {}).get(k, 0))
        if p > 0 and k in subject:
            den += p
            num += p if agrees(expr, subject[k]) else 0
    return num, den


def matches(points, entries, fp):
    memo, got = {}, []
    all_points = sum(sum(map(int, t.values())) for t in points.values())
    seen = sum(int(points.get(line, {}).get(k, 0))
               for line, tests in fp.items() for k in tests)
    for at, (name, lines, _) in enumerate(entries):
        num = den = 0
        for line, tests in lines.items():
            if id(tests) not in memo:
                memo[id(tests)] = compare(points, line, tests,
                                          fp.get(line, {}))
            num += memo[id(tests)][0]
            den += memo[id(tests)][1]
        if den:
            got.append((-num / den, at, name, num, den))
    sure = []
    for _, _, name, num, den in sorted(got)[:LOOKED_AT]:
        of = max(Fraction(den), Fraction(seen, 2))
        part = min(Fraction(seen * SURE_FROM, all_points), 1)
        sure.append((name, int(num * 100 / of * part)))
    names = {}
    for name, conf in sorted(sure, key=lambda s: -s[1]):
        if conf > 0:
            names.setdefault(name, conf)
    return [f"{n} ({c}%)" for n, c in list(names.items())[:LIMIT]]


def put(number, tag, fp):
    text = "".join(
        line + "(" + "%".join(f"{k}={v}" for k, v in tests.items()) + ")"
        for line, tests in fp.items())
    print(f"192.0.{2 + number // 256}.{number % 256}", "-", "host", "up", "-",
          f"tag={tag}", f"os_fp={text}", sep="\t")


def main():
    random.seed(7)
    points, entries = read(sys.argv[1])
    if sys.argv[2] == "all":
        for i, (_, lines, families) in enumerate(entries):
            if families != {"embedded"}:
                put(i, "".join(f + "|" for f in sorted(families)),
                    answers(lines))
        return
    for i in range(int(sys.argv[2])):
        fp = subject(entries, i % 4)
        put(i, ",".join(n.replace(",", r"\x2c")
                        for n in matches(points, entries, fp)), fp)


main()
