"""JARM of a server, a second time and in another way, for the tests to compare:

    jarm.py HOST PORT [NAME]

It prints the ten answers, then the fingerprint."""
import hashlib, os, random, socket, sys

SUITES = """0016 0033 0067 c09e c0a2 009e 0039 006b c09f c0a3 009f 0045 00be 0088
00c4 009a c008 c009 c023 c0ac c0ae c02b c00a c024 c0ad c0af c02c c072 c073 cca9 1302
1301 cc14 c007 c012 c013 c027 c02f c014 c028 c030 c060 c061 c076 c077 cca8 1305 1304
1303 cc13 c011 000a 002f 003c c09c c0a0 009c 0035 003d c09d c0a1 009d 0041 00ba 0084
00c0 0007 0004 0005""".split()
PLACES = sorted(SUITES, key=lambda s: (s[:2] == "13", s))
PROTOCOLS = ["http/0.9", "http/1.0", "http/1.1", "spdy/1", "spdy/2", "spdy/3 h2",
    "h2c", "hq"]
RARE = ["http/0.9", "http/1.0", "spdy/1", "spdy/2", "spdy/3", "h2c", "hq"]

# version of the hello; suites' order; grease; rare protocols; versions; backwards
HELLOS = [
    (12, "all", 0, 0, 12, 1), (12, "reverse", 0, 0, 12, 0),
    (12, "top", 0, 0, 0, 0), (12, "bottom", 0, 1, 0, 0),
    (12, "out", 1, 1, 0, 1), (11, "all", 0, 0, 0, 0), (13, "all", 0, 0, 13, 1),
    (13, "reverse", 0, 0, 13, 0), (13, "no13", 0, 0, 13, 0),
    (13, "out", 1, 0, 13, 1),
]


def be(n, width):
    return n.to_bytes(width, "big")


def vector(data, width=2):
    return be(len(data), width) + data


def grease():
    return bytes([random.randrange(16) << 4 | 10]) * 2


def suites(how):
    half = len(SUITES) // 2             # of an odd number
    if how == "reverse":
        return SUITES[::-1]
    if how == "top":
        return SUITES[half::-1]
    if how == "bottom":
        return SUITES[half + 1:]
    if how == "no13":
        return [s for s in SUITES if s[:2] != "13"]
    if how == "out":
        pairs = zip(SUITES[half + 1:], SUITES[:half][::-1])
        return [SUITES[half]] + [s for p in pairs for s in p]
    return SUITES


def hello(spec, name):
    version, order, greasy, rare, versions, back = spec
    listed = b"".join(map(bytes.fromhex, suites(order)))
    protocols = (RARE if rare else PROTOCOLS)[::-1 if back else 1]
    alpn = b"".join(vector(p.encode(), 1) for p in " ".join(protocols).split())
    share = bytes.fromhex("001d") + vector(os.urandom(32))
    exts = [
        (0, vector(b"\0" + vector(name.encode()))), (23, b""), (1, b"\1"),
        (0xff01, b"\0"), (10, vector(bytes.fromhex("001d001700180019"))),
        (11, b"\1\0"), (35, b""), (16, vector(alpn)),
        (13, vector(bytes.fromhex("040308040401050308050501080606010201"))),
        (51, vector((grease() + b"\0\1\0" if greasy else b"") + share)),
        (45, b"\1\1"),
    ]
    if versions:
        numbers = [be(0x300 + v, 2) for v in range(1, versions - 8)]
        numbers = numbers[::-1 if back else 1]
        exts.append((43, vector((grease() if greasy else b"") +
            b"".join(numbers), 1)))
    body = b"".join(be(t, 2) + vector(v) for t, v in exts)
    if greasy:
        listed = grease() + listed
        body = grease() + b"\0\0" + body
    legacy = be({11: 0x302, 12: 0x303, 13: 0x303}[version], 2)
    record = be({11: 0x302, 12: 0x303, 13: 0x301}[version], 2)
    body = legacy + os.urandom(32) + vector(os.urandom(32), 1) + vector(listed) + \
        b"\1\0" + vector(body)
    return b"\x16" + record + vector(b"\1" + vector(body, 3))


def answer(host, port, data):
    with socket.create_connection((host, port), 10) as s:
        s.sendall(data)
        got = b""
        while len(got) < 5 or len(got) < 5 + int.from_bytes(got[3:5], "big"):
            part = s.recv(4096)
            if not part:
                break
            got += part
    if len(got) < 44 or got[0] != 22 or got[5] != 2:
        return "", "", "", ""
    end = 9 + int.from_bytes(got[6:9], "big")
    at = 44 + got[43]
    suite, at = got[at:at + 2].hex(), at + 5
    alpn, types = "", []
    while at < end:
        kind, n = got[at:at + 2].hex(), int.from_bytes(got[at + 2:at + 4], "big")
        types.append(kind)
        if kind == "0010":
            alpn = got[at + 7:at + 4 + n].decode()
        at += 4 + n
    return suite, got[9:11].hex(), alpn, "-".join(types)


def main():
    host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[-1]
    if len(sys.argv) < 4:
        name = host
    answers = [answer(host, port, hello(s, name)) for s in HELLOS]
    for a in answers:
        print("|".join(a))
    if not any(a[0] for a in answers):
        print("0" * 62)
        return
    head = "".join("%02x%s" % (PLACES.index(s) + 1, "abcdef"[int(v[3])])
        if s else "000" for s, v, _, _ in answers)
    text = "".join(a + e for _, _, a, e in answers)
    print(head + hashlib.sha256(text.encode()).hexdigest()[:32])


main()
