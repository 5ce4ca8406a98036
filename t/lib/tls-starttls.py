"""Servers that start TLS in a protocol, each on its port of 127.0.0.1:

    tls-starttls.py CERT KEY

They keep to the protocol as far as a client that starts TLS sees it; from port
6100 on they are those that do not want to."""
import socket, ssl, sys, threading, time

ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(sys.argv[1], sys.argv[2])

FEATURES = (b"<?xml version='1.0'?><stream:stream xmlns:stream="
    b"'http://etherx.jabber.org/streams' version='1.0' from='x' id='1'>"
    b"<stream:features>%s<mechanisms/></stream:features>")
TLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
GREETING = (b"\x0a8.0.35-x\0\x07\0\0\0abcdefgh\0%b\xff\x21\2\0\xff\xdf\x15"
    + bytes(10) + b"ijklmnopqrst\0mysql_native_password\0")


def mysql(flags):
    body = GREETING % flags
    return len(body).to_bytes(3, "little") + b"\0" + body


LDAP_OK = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
LDAP_NO = b"\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"
RDP_OK = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00"
RDP_NO = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x03\x00\x08\x00\x05\x00\x00\x00"

# name, then what the server says and what it wants to hear, in turn; a list is
# said in pieces
GOOD = [
    ("smtp", b"220-hello\r\n220 x ESMTP\r\n", b"EHLO ", [b"250-x\r\n250-ST",
        b"ARTTLS\r\n250 HELP\r\n"], b"STARTTLS\r\n", b"220 go\r\n"),
    ("lmtp", b"220 x\r\n", b"LHLO ", b"250-x\r\n250 STARTTLS\r\n",
        b"STARTTLS\r\n", b"220 go\r\n"),
    ("imap", b"* OK [CAPABILITY IMAP4rev1 STARTTLS] x\r\n", b" STARTTLS\r\n",
        b"* something\r\na OK go\r\n"),
    ("pop3", b"+OK x\r\n", b"STLS\r\n", b"+OK go\r\n"),
    ("ftp", b"220-a\r\nb\r\n220 x\r\n", b"AUTH TLS\r\n", b"234 go\r\n"),
    ("nntp", b"200 x\r\n", b"STARTTLS\r\n", b"382 go\r\n"),
    ("sieve", b'"IMPLEMENTATION" "x"\r\n"STARTTLS"\r\nOK "x"\r\n',
        b"STARTTLS\r\n", b'OK "go"\r\n'),
    ("ldap", b"", b"1.3.6.1.4.1.1466.20037", LDAP_OK),
    ("xmpp-client", b"", b"jabber:client", FEATURES % TLS, b"<starttls",
        PROCEED),
    ("xmpp-server", b"", b"jabber:server", [FEATURES[:50], FEATURES[50:] % TLS],
        b"<starttls", PROCEED),
    ("postgres", b"", b"\0\0\0\x08\x04\xd2\x16\x2f", b"S"),
    ("mysql", mysql(b"\xff\xff"), b"\x20\0\0\x01", b""),
    ("rdp", b"", b"\x03\0\0\x13\x0e\xe0", RDP_OK),
]
BAD = [
    ("smtp", b"220 x\r\n", b"EHLO ", b"250 x\r\n", b"STARTTLS\r\n", b"502 no\r\n"),
    ("smtp", b"SSH-2.0-x\r\n"),
    ("imap", b"* OK x\r\n", b" STARTTLS\r\n", b"a BAD no\r\n"),
    ("pop3", b"+OK x\r\n", b"STLS\r\n", b"-ERR no\r\n"),
    ("ftp", b"220 x\r\n", b"AUTH TLS\r\n", b"530 no\r\n"),
    ("nntp", b"200 x\r\n", b"STARTTLS\r\n", b"580 no\r\n"),
    ("sieve", b'OK "x"\r\n', b"STARTTLS\r\n", b'NO "no"\r\n'),
    ("ldap", b"", b"1.3.6.1.4.1.1466.20037", LDAP_NO),
    ("xmpp-client", b"", b"jabber:client", FEATURES % b""),
    ("postgres", b"", b"\0\0\0\x08", b"N"),
    ("mysql", mysql(b"\xff\xf7"), b"never"),
    ("mysql", b"\x10\0\0\0\xff\x15\x04Host is blocked"),
    ("rdp", b"", b"\x03\0\0\x13", RDP_NO),
]


def say(c, what):
    for part in what if isinstance(what, list) else [what]:
        if part:
            c.sendall(part)
        if isinstance(what, list):
            time.sleep(0.05)


def hear(c, want):
    got = b""
    while want not in got:
        # no byte of what comes after
        part = c.recv(36 if want == b"\x20\0\0\x01" else 4096)
        if not part:
            raise OSError("closed")
        got += part


def one(c, script, good):
    try:
        for i, what in enumerate(script):
            hear(c, what) if i % 2 else say(c, what)
        if good:
            c.settimeout(10)
            with ctx.wrap_socket(c, server_side=True) as s:
                s.recv(100)
        else:
            c.recv(100)
    except OSError:
        pass
    c.close()


def serve(port, script, good):
    l = socket.create_server(("127.0.0.1", port), backlog=50)
    while True:
        c, _ = l.accept()
        threading.Thread(target=one, args=(c, script, good),
            daemon=True).start()


for base, rows in (6000, GOOD), (6100, BAD):
    for i, (name, *script) in enumerate(rows):
        threading.Thread(target=serve, args=(base + i, script, base == 6000),
            daemon=True).start()
        print(base + i, name)
time.sleep(0.2)
print("ready", flush=True)
time.sleep(600)
