#!/usr/bin/env python3
"""tls-accuracy.py SERVERS DIR - holds what prt-tls says of each server against what
openssl(1) and nmap say: a line a server, with how many things were compared, and a
line for each that differs. Exits 1 when one does. SERVERS has lines of port, what
starts TLS ("-": it is there from the start), and a name."""
import calendar
import json
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

servers, where = sys.argv[1:]
VERSIONS = {"TLSv1": "tls10", "TLSv1.0": "tls10", "TLSv1.1": "tls11",
            "TLSv1.2": "tls12", "TLSv1.3": "tls13", "SSLv3": "ssl30"}
USAGES = {"Digital Signature": "digitalSignature",
          "Non Repudiation": "nonRepudiation",
          "Key Encipherment": "keyEncipherment",
          "Certificate Sign": "keyCertSign", "CRL Sign": "cRLSign",
          "TLS Web Server Authentication": "serverAuth",
          "TLS Web Client Authentication": "clientAuth"}


def run(*argv, text=""):
    return subprocess.run(argv, input=text, text=True, timeout=120,
                          errors="replace",
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout


def prt(ports, *options):
    lines = "".join(f"127.0.0.1\t{p}\ttcp\topen\tsyn-ack\n" for p in ports)
    # backslashes are escaped in a record's texts (prt-record(5))
    out = map(json.loads, run("prt-tls", "-j", *options, text=lines)
              .replace("\\\\\\\\", "\\\\").splitlines())
    return {r["port"]: r for r in out if "port" in r}


def names():
    """IANA's names of suites to OpenSSL's."""
    found = {}
    for line in run("openssl", "ciphers", "-stdname", "ALL:COMPLEMENTOFALL"
                    ":@SECLEVEL=0").splitlines():
        standard, _, ours = line.split()[:3]
        found[standard] = ours
    return found


def client(port, protocol, *options):
    """openssl s_client: what it agreed on, and the certificates."""
    argv = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-showcerts",
            "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", *options]
    if protocol != "-":
        argv += ["-starttls", protocol]
    out = run(*argv, "-alpn", "h2,http/1.1")
    if "no application protocol" in out:
        out = run(*argv)
    said = re.search(r"^New, (\S+), Cipher is (\S+)", out, re.M)
    alpn = re.search(r"^ALPN protocol: (\S+)", out, re.M)
    certs = re.findall(r"-----BEGIN.*?END CERTIFICATE-----\n", out, re.S)
    # the server's own comes once more, behind the chain
    return {"version": said and VERSIONS.get(said[1]),
            "cipher": said and said[2], "alpn": alpn and alpn[1],
            "chain": certs[:len(certs) - 1] if len(certs) > 1 and
            certs[-1] == certs[0] else certs}


def x509(pem, *options):
    return run("openssl", "x509", "-noout", *options, text=pem).strip()


def after(text, mark):
    found = re.search(re.escape(mark) + r"\s*(.*)", text)
    return found[1].strip() if found else None


def usages(text, name):
    found = re.search(re.escape(name) + r":.*\n\s*(.*)", text)
    return [USAGES.get(u, u) for u in found[1].split(", ")] if found else None


def alternatives(text):
    found = re.search(r"Subject Alternative Name:.*\n\s*(.*)", text)
    short = {"DNS": "", "IP Address": "", "email": "email:", "URI": "uri:"}
    return [short[k] + v for k, v in (one.split(":", 1) for one in
            found[1].split(", "))] if found else None


def date(text):
    return calendar.timegm(time.strptime(text.split("=")[1],
                                         "%b %d %H:%M:%S %Y GMT"))


def certificate(pem):
    """What openssl x509 says of it, by the names of prt-record(5)."""
    text = x509(pem, "-text")
    bits = re.search(r"Public-Key: \((\d+) bit", text)
    uris = re.findall(r"(OCSP|CA Issuers) - URI:(\S+)", text)
    crl = re.search(r"CRL Distribution Points:.*?URI:(\S+)", text, re.S)
    basic = re.search(r"Basic Constraints:.*\n\s*CA:(\w+)", text)
    name = ["-nameopt", "RFC2253,-esc_msb"]
    return {
        "fingerprint_sha256": x509(pem, "-fingerprint", "-sha256").split("=")[1]
        .replace(":", "").lower(),
        "serial": x509(pem, "-serial").split("=")[1],
        "subject_dn": x509(pem, "-subject", *name).split("=", 1)[1],
        "issuer_dn": x509(pem, "-issuer", *name).split("=", 1)[1],
        "not_before": date(x509(pem, "-startdate")),
        "not_after": date(x509(pem, "-enddate")),
        "sig_alg": after(text, "Signature Algorithm:"),
        "key_bits": int(bits[1]),
        "key_curve": after(text, "ASN1 OID:"),
        "subject_an": alternatives(text),
        "key_usage": usages(text, "X509v3 Key Usage"),
        "ext_key_usage": usages(text, "X509v3 Extended Key Usage"),
        "ca": basic and basic[1] == "TRUE",
        "ocsp_url": dict(uris).get("OCSP"),
        "issuer_url": dict(uris).get("CA Issuers"),
        "crl_url": crl and crl[1],
    }


def nmap(ports):
    """The certificates of ssl-cert, and version:suite of ssl-enum-ciphers."""
    path = f"{where}/nmap.xml"
    run("nmap", "-n", "-Pn", "-sV", "--version-light", "-p",
        ",".join(map(str, ports)), "--script", "+ssl-cert,+ssl-enum-ciphers",
        "-oX", path, "127.0.0.1")
    found = {}
    for port in ET.parse(path).iter("port"):
        said = {}
        for script in port.iter("script"):
            if script.get("id") == "ssl-cert":
                said["pem"] = script.findtext("elem[@key='pem']")
            if script.get("id") != "ssl-enum-ciphers":
                continue
            said["suites"] = {
                VERSIONS[t.get("key")] + ":" +
                # how it calls those of TLS 1.3
                e.text.replace("_AKE_WITH", "")
                for t in script.findall("table")
                for e in t.findall("table[@key='ciphers']/table/"
                                   "elem[@key='name']")}
        found[int(port.get("portid"))] = said
    return found


class Tally:
    """What was compared of one server."""
    def __init__(self, name):
        self.name, self.n, self.wrong = name, 0, []

    def same(self, what, ours, theirs):
        self.n += 1
        if ours != theirs:
            self.wrong.append(f"    {what}: {ours!r}, and not {theirs!r}")

    def say(self):
        print(f"{self.name}: {self.n - len(self.wrong)} of {self.n}")
        print("".join(line + "\n" for line in self.wrong), end="")


def compare(tally, port, protocol, ours, suites):
    fast, full, enum = (o[port] for o in ours)
    theirs = client(port, protocol)
    tally.same("tls", fast.get("tls"), "yes")
    tally.same("starttls", fast.get("starttls", "-"), protocol)
    tally.same("version", full.get("tls_version"), theirs["version"])
    tally.same("cipher", suites.get(full.get("cipher"), full.get("cipher")),
               theirs["cipher"])
    tally.same("alpn", full.get("alpn"), theirs["alpn"])
    tally.same("chain_len", full.get("chain_len"), len(theirs["chain"]))
    for key, value in certificate(theirs["chain"][0]).items():
        tally.same("--full " + key, full.get(key), value)
    # by the hello of our own: does openssl come to the same with that suite?
    cipher = suites.get(fast.get("cipher"), "")
    options = ["-tls1_2", "-cipher", cipher + ":@SECLEVEL=0"] \
        if fast.get("tls_version") != "tls13" else []
    again = client(port, protocol, *options)
    tally.same("its version", fast.get("tls_version"), again["version"])
    tally.same("its cipher", cipher or fast.get("cipher"), again["cipher"])
    tally.same("its chain_len", fast.get("chain_len"), len(again["chain"]))
    for key, value in certificate(again["chain"][0]).items():
        tally.same(key, fast.get(key), value)
    versions = [v for v in ("tls10", "tls11", "tls12", "tls13") if client(
        port, protocol, "-" + v.replace("tls1", "tls1_").replace("_0", ""))[
            "cipher"] not in (None, "(NONE)")]
    tally.same("version_enum", enum.get("version_enum"), versions)


def main():
    table = [line.split(None, 2) for line in open(servers, encoding="utf-8")]
    ports = [int(port) for port, _, _ in table]
    options = {p: ["--starttls", s] for p, s in
               ((int(p), s) for p, s, _ in table) if s in ("lmtp", "sieve")}
    ours = [prt(ports, *o) for o in ([], ["--full"], ["--cipher-enum"])]
    scan, suites, wrong, total = nmap(ports), names(), 0, 0
    for port, protocol, name in table:
        port = int(port)
        tally = Tally(f"{port} {name.strip()}")
        compare(tally, port, protocol, ours, suites)
        said = scan.get(port, {})
        if said.get("pem"):
            tally.same("nmap's certificate", ours[0][port].get(
                "fingerprint_sha256"), certificate(said["pem"])[
                    "fingerprint_sha256"])
        if said.get("suites"):
            tally.same("nmap's suites", sorted(ours[2][port].get(
                "cipher_enum", [])), sorted(said["suites"]))
        tally.say()
        wrong += len(tally.wrong)
        total += tally.n
    print(f"in all: {total - wrong} of {total} as openssl and nmap have it")
    sys.exit(wrong > 0)


main()
