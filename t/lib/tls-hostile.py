"""Servers of TLS that do what they should not, each on its port of 127.0.0.1.

What they have to say they get from a real one, at 127.0.0.1 port argv[1]: the
client's hello is passed on to it, and its answer is what is spoiled."""
import socket, sys, threading, time

REAL = int(sys.argv[1])


def records(data):
    while len(data) >= 5:
        n = 5 + int.from_bytes(data[3:5], "big")
        yield data[:n]
        data = data[n:]


def messages(data):
    """The handshake messages in the records."""
    hs = b"".join(r[5:] for r in records(data) if r[0] == 22)
    while len(hs) >= 4:
        n = 4 + int.from_bytes(hs[1:4], "big")
        yield hs[:n]
        hs = hs[n:]


def record(kind, body):
    return bytes([kind, 3, 3]) + len(body).to_bytes(2, "big") + body


LOCK = threading.Lock()
CACHE = []


def flight(hello):
    """Up to ServerHelloDone; the real one is asked once, by the first hello."""
    with LOCK:
        if not CACHE:
            with socket.create_connection(("127.0.0.1", REAL)) as s:
                s.sendall(hello)
                data = b""
                while not any(m[0] == 14 for m in messages(data)):
                    data += s.recv(65536)
            CACHE.append(data)
    return CACHE[0]


ALERT = record(21, b"\x02\x50")


def endless(c, hello):
    while True:
        c.sendall(record(22, bytes(4)) * 100)


def empty(c, hello):
    while True:
        c.sendall(record(22, b"") * 100)


def crumbs(c, hello):
    for r in records(flight(hello)):
        c.sendall(b"".join(record(r[0], r[i:i + 1]) for i in range(5, len(r))))
    time.sleep(5)


def drip(c, hello):
    for i in flight(hello)[:400]:
        c.sendall(bytes([i]))
        time.sleep(0.001)
    time.sleep(20)


def http(c, hello):
    c.sendall(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n")


def silent(c, hello):
    time.sleep(20)


def refuse(c, hello):
    c.sendall(ALERT)


def after(count):
    def serve(c, hello):
        parts = list(messages(flight(hello)))[:count]
        c.sendall(b"".join(record(22, p) for p in parts) + ALERT)
    return serve


def huge(c, hello):
    """A chain of 10 MB, of the real certificate."""
    parts = list(messages(flight(hello)))
    one = parts[1][7:]
    chain = one * (10_000_000 // len(one))
    body = len(chain).to_bytes(3, "big") + chain
    body = b"\x0b" + len(body).to_bytes(3, "big") + body
    c.sendall(record(22, parts[0]))
    for i in range(0, len(body), 16000):
        c.sendall(record(22, body[i:i + 16000]))


def closed(c, hello):
    pass


def garbage(c, hello):
    c.sendall(record(22, b"\xff" * 1000))


def swapped(c, hello):
    """The certificate before the hello."""
    parts = list(messages(flight(hello)))
    c.sendall(record(22, parts[1]) + record(22, parts[0]))


def warnings(c, hello):
    while True:
        c.sendall(record(21, b"\x01\x5a") * 100)


def half(count):
    """An alert in the middle of the count-th message."""
    def serve(c, hello):
        parts = list(messages(flight(hello)))[:count]
        c.sendall(b"".join(record(22, p) for p in parts[:-1]) +
            record(22, parts[-1][:len(parts[-1]) // 2]) + ALERT)
    return serve


def compressed(c, hello):
    """CompressedCertificate (RFC 8879), which nobody asked for."""
    parts = list(messages(flight(hello)))
    body = b"\x00\x01" + len(parts[1]).to_bytes(3, "big") + b"\0\0\x04zzzz"
    c.sendall(record(22, parts[0]) +
        record(22, b"\x19" + len(body).to_bytes(3, "big") + body))


def twice(c, hello):
    hello = next(messages(flight(hello)))
    c.sendall(record(22, hello + hello))


def bare(c, hello):
    """No certificate in the list, and then the end of the flight."""
    c.sendall(record(22, next(messages(flight(hello))) + b"\x0b\0\0\3\0\0\0" +
        b"\x0e\0\0\0"))


def lying(c, hello):
    """A certificate that is longer than the message it is in."""
    c.sendall(record(22, next(messages(flight(hello))) +
        b"\x0b\0\0\x08\0\0\5\xff\xff\xff\0\0"))


def no_der(c, hello):
    c.sendall(record(22, next(messages(flight(hello))) +
        b"\x0b\0\0\x0a\0\0\7\0\0\4\x30\x84\xff\xff" + b"\x0e\0\0\0"))


def again(c, hello):
    """A HelloRetryRequest to every hello, even to one that has none to retry."""
    random = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891"
        "c2a211167abb8c5e079e09e2c8a8339c")
    exts = b"\0\x2b\0\2\3\4\0\x33\0\2\0\x1d"
    body = b"\3\3" + random + b"\0\x13\1\0" + len(exts).to_bytes(2, "big") + exts
    m = record(22, b"\2" + len(body).to_bytes(3, "big") + body)
    try:
        while True:
            c.sendall(m)
            if not c.recv(65536):
                return
    except OSError:
        pass


SERVERS = [endless, empty, crumbs, drip, http, silent, refuse, after(1), after(2),
    huge, closed, garbage, swapped, warnings, half(1), half(2), after(3), compressed,
    twice, bare, lying, no_der, again]


def serve(port, how):
    def one(c):
        try:
            hello = c.recv(65536)
            if hello:
                how(c, hello)
        except OSError:
            pass
        c.close()
    l = socket.create_server(("127.0.0.1", port), backlog=200)
    while True:
        c, _ = l.accept()
        threading.Thread(target=one, args=(c,), daemon=True).start()


for i, how in enumerate(SERVERS):
    threading.Thread(target=serve, args=(5000 + i, how), daemon=True).start()
time.sleep(0.2)
print("ready", flush=True)
time.sleep(600)
