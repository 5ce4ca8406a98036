"""A server of SSL 2.0 as far as its hello, on port argv[1] of 127.0.0.1; to what is
no CLIENT-HELLO it says nothing, and hangs up. It has the ciphers argv[2], which are
hexadecimal with commas between, and pads its record by argv[3] bytes."""
import socket, sys

HAS = [bytes.fromhex(s) for s in sys.argv[2].split(",")]
PADDING = int(sys.argv[3])
CERT = b"\x30\x03\x02\x01\x01"


def answer(h):
    """Of a header of two bytes: the only one that clients send."""
    if len(h) < 11 or not h[0] & 0x80 or h[2:5] != b"\1\0\2":
        return b""
    n = int.from_bytes(h[5:7], "big")
    offered = [h[i:i + 3] for i in range(11, 11 + n, 3)]
    both = b"".join(s for s in HAS if s in offered)
    body = b"\4\0\1\0\2" + len(CERT).to_bytes(2, "big") + \
        len(both).to_bytes(2, "big") + b"\0\x10" + CERT + both + bytes(16)
    body += bytes(PADDING)
    if PADDING:
        return len(body).to_bytes(2, "big") + bytes([PADDING]) + body
    return (0x8000 | len(body)).to_bytes(2, "big") + body


l = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=50)
print("ready", flush=True)
while True:
    c, _ = l.accept()
    a = answer(c.recv(4096))
    # in two pieces
    try:
        c.sendall(a[:7])
        c.sendall(a[7:])
    except OSError:
        pass
    c.close()
