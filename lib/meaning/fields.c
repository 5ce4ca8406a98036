#include "meaning/record_priv.h"

#include <string.h>

const char *const rec_column_name[REC_NCOL] = {
	"ip", "port", "proto", "state", "reason"
};

static const char *const column_meaning[REC_NCOL] = {
	"address, prefix (a/len) or range (a-b), IPv4 or IPv6",
	"port, or a list of ports and ranges (22,80,8000-8100)",
	"tcp, udp, sctp, icmp or ip; host for a record about the host itself",
	"open closed filtered unfiltered open|filtered closed|filtered; up down",
	"what showed the state, in nmap's words (syn-ack, no-response, ...)",
};

/* Sorted by name in byte order: rec_field_find() halves it, a test holds it.
 * What none of our programs writes ("") is here for those of others. */
const struct rec_field rec_fields[] = {
	{ "alpn", REC_TEXT,
	    "the protocol that was agreed on inside of TLS",
	    "prt-tls" },
	{ "answered", REC_INT,
	    "probes that a valid answer proved, each counted once; ports "
	    "that said anything; addresses of which DNS said what they are "
	    "called, or that they are not",
	    "prt-listen prt-connect prt-service prt-names" },
	{ "attempt", REC_INT, "which transmission was answered, counted from 1",
	    "prt-listen prt-connect" },
	{ "banner", REC_TEXT, "what the port said first, cut short",
	    "prt-service" },
	{ "batch", REC_INT,
	    "number of a plan, from 1: a scan sends its input in batches",
	    "prt-blast" },
	{ "by", REC_TEXT, "the program that wrote this #prt stat",
	    "prt-blast prt-listen prt-connect prt-service prt-tls prt-os prt-names" },
	{ "ca", REC_BOOL, "the certificate may sign others", "prt-tls" },
	{ "certs", REC_INT, "ports that showed a certificate", "prt-tls" },
	{ "chain_len", REC_INT,
	    "certificates that the server sent",
	    "prt-tls" },
	{ "change", REC_TEXT,
	    "what changed: opened closed state service version certificate "
	    "expiring expired appeared gone", "prt-diff" },
	{ "cipher", REC_TEXT,
	    "the cipher suite that was agreed on, as IANA names it",
	    "prt-tls" },
	{ "cipher_enum", REC_LIST, "cipher suites that the server has, version:name",
	    "prt-tls" },
	{ "cipher_weak", REC_LIST, "those of them that are weak", "prt-tls" },
	{ "closed", REC_INT, "ports found closed",
	    "prt-listen prt-connect prt-service prt-tls" },
	{ "complete", REC_BOOL, "the scan ran to its end",
	    "prt-blast prt-listen prt-connect prt-service prt-tls prt-os prt-names" },
	{ "conf", REC_INT,
	    "how sure the service is, as nmap's: 3 by the port alone, 8, 10",
	    "prt-service" },
	{ "cpe", REC_LIST, "names of the product in the CPE dictionary",
	    "prt-service" },
	{ "crl_url", REC_TEXT,
	    "where the certificate's revocations are listed",
	    "prt-tls" },
	{ "days", REC_INT, "until the certificate runs out, or since then",
	    "prt-diff" },
	{ "device", REC_TEXT, "kind of the device, as the service tells",
	    "prt-service" },
	{ "device_type", REC_LIST, "what kinds of device run the system",
	    "prt-os" },
	{ "df", REC_BOOL, "the answer is not to be fragmented (IPv4)",
	    "prt-listen" },
	{ "distance", REC_INT, "hops to the host and on to it: 1 on the link",
	    "prt-os" },
	{ "down", REC_INT, "hosts found down", "prt-listen" },
	{ "drop", REC_INT, "packets that the kernel refused to send",
	    "prt-blast prt-listen" },
	{ "duplicate", REC_INT, "valid answers beyond the first to a probe",
	    "prt-listen" },
	{ "expired", REC_BOOL, "the certificate's time is over", "prt-tls" },
	{ "expiring", REC_BOOL,
	    "the certificate ends within the time that --expiring gives", "prt-tls" },
	{ "ext_key_usage", REC_LIST,
	    "what the certificate is for: serverAuth, clientAuth, ...",
	    "prt-tls" },
	{ "file", REC_TEXT, "what was held against the database",
	    "prt-service prt-os" },
	{ "filtered", REC_INT, "ports found filtered",
	    "prt-listen prt-connect prt-service prt-tls" },
	{ "fingerprint_sha256", REC_TEXT,
	    "SHA-256 of the certificate",
	    "prt-tls" },
	{ "host", REC_TEXT, "the name that the address was resolved from",
	    "prt-targets prt-blast prt-listen prt-connect prt-diff prt-os" },
	{ "hostname", REC_TEXT, "name of the host, as the service tells",
	    "prt-service" },
	{ "hosts", REC_INT,
	    "addresses among the targets; hosts that were spoken of",
	    "prt-targets prt-listen prt-os prt-names" },
	{ "id", REC_TEXT, "identity of the scan, the same in all its records",
	    "prt-blast prt-listen" },
	{ "identified", REC_INT,
	    "ports whose service a probe showed; hosts whose system is named",
	    "prt-service prt-os" },
	{ "info", REC_TEXT, "more about the product or the protocol",
	    "prt-service" },
	{ "invalid", REC_INT,
	    "packets that looked like answers and proved no probe: counted, "
	    "not reported", "prt-listen" },
	{ "ipid", REC_INT, "identification of the answer (IPv4)", "prt-listen" },
	{ "issuer_cn", REC_TEXT,
	    "common name of the certificate's issuer",
	    "prt-tls" },
	{ "issuer_dn", REC_TEXT,
	    "whole name of the certificate's issuer (RFC 4514)",
	    "prt-tls" },
	{ "issuer_org", REC_TEXT,
	    "organisation of the certificate's issuer",
	    "prt-tls" },
	{ "issuer_url", REC_TEXT,
	    "where the issuer's certificate can be had",
	    "prt-tls" },
	{ "ja3s_hash", REC_TEXT,
	    "JA3S: MD5 of version, suite and extensions of the hello",
	    "prt-tls" },
	{ "jarm_hash", REC_TEXT, "JARM: fingerprint of the server's ten answers",
	    "prt-tls" },
	{ "key", REC_TEXT,
	    "key of the cookies, told once nothing is sent any more",
	    "prt-blast" },
	{ "key_alg", REC_TEXT,
	    "the certificate's key: rsa, ec, ed25519, dsa, ...",
	    "prt-tls" },
	{ "key_bits", REC_INT, "size of the certificate's key", "prt-tls" },
	{ "key_curve", REC_TEXT, "curve of the certificate's key", "prt-tls" },
	{ "key_usage", REC_LIST,
	    "what the certificate's key is for: digitalSignature, ...",
	    "prt-tls" },
	{ "line", REC_TEXT, "the database's line that matched, file:line",
	    "prt-service" },
	{ "mac", REC_TEXT, "link-layer address of a host on the link",
	    "prt-listen" },
	{ "method", REC_TEXT,
	    "how the service is known: probed, or table for the port's usual "
	    "one", "prt-service" },
	{ "mismatched", REC_BOOL,
	    "the certificate is not for this host",
	    "prt-tls" },
	{ "missing_intermediate", REC_BOOL,
	    "what certifies the certificate is not in the chain", "prt-tls" },
	{ "mss", REC_INT, "maximum segment size in the answer, bytes",
	    "prt-listen" },
	{ "named", REC_INT, "hosts that have a name in DNS", "prt-names" },
	{ "not_after", REC_INT,
	    "the certificate is valid until then, seconds since the epoch",
	    "prt-tls prt-diff" },
	{ "not_before", REC_INT,
	    "the certificate is valid from then on, seconds since the epoch",
	    "prt-tls" },
	{ "not_yet_valid", REC_BOOL,
	    "the certificate's time has not begun", "prt-tls" },
	{ "now", REC_TEXT, "what it is in the new scan", "prt-diff" },
	{ "ocsp_url", REC_TEXT,
	    "where to ask whether the certificate is revoked",
	    "prt-tls" },
	{ "offset", REC_INT,
	    "where the answer board keeps the batch; 0: nowhere", "prt-blast" },
	{ "open", REC_INT, "ports found open",
	    "prt-listen prt-connect prt-service prt-tls" },
	{ "open|filtered", REC_INT, "ports found open|filtered",
	    "prt-listen prt-service prt-tls" },
	{ "order", REC_TEXT, "key of the random order, for a scan in shards",
	    "prt-blast" },
	{ "os", REC_TEXT, "operating system, as the service or the host shows",
	    "prt-service prt-os" },
	{ "os_conf", REC_INT,
	    "how well the system matches, in percent; less when the host "
	    "showed little",
	    "prt-os" },
	{ "os_cpe", REC_LIST, "names of the system in the CPE dictionary",
	    "prt-os" },
	{ "os_family", REC_TEXT,
	    "family of the system: Linux, Windows, IOS, ...",
	    "prt-os" },
	{ "os_fp", REC_TEXT, "fingerprint of the host's IP stack",
	    "prt-os" },
	{ "os_gen", REC_LIST, "generations of the family: 5.X, 10, ...",
	    "prt-os" },
	{ "os_matches", REC_LIST,
	    "systems that match, best first: name (percent)",
	    "prt-os" },
	{ "os_method", REC_LIST,
	    "what the system is known by: probes fingerprint passive service",
	    "prt-os" },
	{ "os_vendor", REC_TEXT, "maker of the system",
	    "prt-os" },
	{ "path_len", REC_INT,
	    "authorities that may follow below the certificate", "prt-tls" },
	{ "probes", REC_INT, "probes to send, retransmissions left out",
	    "prt-blast prt-listen prt-connect prt-targets prt-service prt-tls" },
	{ "product", REC_TEXT, "what answers on the port",
	    "prt-service prt-diff" },
	{ "ptr", REC_LIST, "the names that the address has in DNS",
	    "prt-names" },
	{ "range", REC_TEXT, "addresses that are not probed", "prt-blast" },
	{ "rate", REC_NUM, "packets a second, as reached",
	    "prt-blast prt-listen prt-connect prt-service prt-tls" },
	{ "reason_ip", REC_TEXT,
	    "who sent the answer, when that was not the target",
	    "prt-listen prt-connect" },
	{ "received", REC_INT, "packets that the listener looked at",
	    "prt-listen" },
	{ "recv_drop", REC_INT, "packets that the kernel dropped unseen",
	    "prt-listen" },
	{ "revoked_by_staple", REC_BOOL,
	    "the stapled OCSP response says that the certificate is revoked", "prt-tls" },
	{ "rtt", REC_NUM, "round-trip time, seconds",
	    "prt-listen prt-connect" },
	{ "scan", REC_TEXT, "scan type (syn, udp, icmp-echo, ...), or several",
	    "prt-blast prt-listen prt-connect" },
	{ "scts", REC_INT,
	    "signed timestamps of transparency logs in the certificate",
	    "prt-tls" },
	{ "seconds", REC_NUM, "duration, seconds",
	    "prt-blast prt-listen prt-connect prt-service prt-tls prt-os prt-names" },
	{ "self_signed", REC_BOOL,
	    "the certificate names itself as its issuer",
	    "prt-tls" },
	{ "sent", REC_INT, "packets sent, retransmissions counted in",
	    "prt-blast prt-listen prt-connect prt-service prt-tls prt-os" },
	{ "serial", REC_TEXT,
	    "serial number of the certificate, hexadecimal",
	    "prt-tls" },
	{ "service", REC_TEXT, "name of the service",
	    "prt-service prt-diff" },
	{ "shard", REC_TEXT, "part of a divided scan: i/n, from 1",
	    "prt-blast prt-targets" },
	{ "sig_alg", REC_TEXT, "how the certificate is signed", "prt-tls" },
	{ "sni", REC_TEXT,
	    "the name that the server was asked for",
	    "prt-tls" },
	{ "soft", REC_BOOL, "the line was a softmatch", "prt-service" },
	{ "sport", REC_INT, "first source port of the probes", "prt-blast" },
	{ "sports", REC_INT, "how many source ports, from sport on",
	    "prt-blast" },
	{ "starttls", REC_TEXT, "what was spoken before TLS was started",
	    "prt-tls" },
	{ "subject_an", REC_LIST,
	    "alternative names of the certificate",
	    "prt-tls" },
	{ "subject_cn", REC_TEXT, "common name of the certificate", "prt-tls" },
	{ "subject_dn", REC_TEXT,
	    "whole name of the certificate (RFC 4514)",
	    "prt-tls" },
	{ "suspect", REC_TEXT,
	    "why a host's open ports are not to be believed: syn-proxy",
	    "prt-listen" },
	{ "suspects", REC_INT, "hosts with suspect=", "prt-listen" },
	{ "tag", REC_TEXT, "the user's own mark; travels with the address",
	    "prt-targets prt-blast prt-listen prt-connect prt-diff prt-os" },
	{ "tcpopts", REC_TEXT,
	    "TCP options in their order, a letter each: of the answer; in "
	    "#prt scan, of the SYN probes", "prt-blast prt-listen" },
	{ "time", REC_NUM,
	    "when the answer came, or the scan ended, seconds since the epoch",
	    "prt-listen prt-connect prt-blast prt-service "
	    "prt-tls prt-os prt-names" },
	{ "timedout", REC_BOOL,
	    "the host took longer than --host-timeout: what is said of its "
	    "ports is not all",
	    "prt-listen prt-connect prt-service prt-tls" },
	{ "timeouts", REC_INT, "hosts with timedout=",
	    "prt-listen prt-connect prt-service prt-tls" },
	{ "tls", REC_TEXT, "does the port speak TLS: yes or no", "prt-tls" },
	{ "tls_issues", REC_LIST,
	    "what is wrong with version, cipher and certificates",
	    "prt-tls" },
	{ "tls_ports", REC_INT, "ports that speak TLS", "prt-tls" },
	{ "tls_reason", REC_TEXT,
	    "why it does not, or why no more is known",
	    "prt-tls" },
	{ "tls_version", REC_TEXT,
	    "version of TLS that was agreed on: tls12, ...",
	    "prt-tls" },
	{ "token", REC_TEXT,
	    "opens the answer board, once, while the scan runs", "prt-blast" },
	{ "ttl", REC_INT,
	    "time to live or hop limit: of the answer; in #prt scan, of the "
	    "probes", "prt-blast prt-listen" },
	{ "tunnel", REC_TEXT, "ssl when the service is inside of TLS",
	    "prt-service" },
	{ "tx", REC_TEXT, "the senders that packets went out by", "prt-blast" },
	{ "unfiltered", REC_INT, "ports found unfiltered", "prt-listen" },
	{ "unreached", REC_INT,
	    "probes that had no way to their target: no route, no such "
	    "neighbour",
	    "prt-blast prt-listen prt-connect prt-service prt-tls prt-os" },
	{ "untrusted", REC_BOOL,
	    "the chain leads to no authority that is trusted",
	    "prt-tls" },
	{ "up", REC_INT, "hosts found up", "prt-listen" },
	{ "uptime", REC_NUM, "seconds since the host was started, by its timestamps",
	    "prt-os" },
	{ "vendor", REC_TEXT, "maker of the network card, from its mac", "" },
	{ "version", REC_TEXT, "version of the product",
	    "prt-service prt-diff" },
	{ "version_enum", REC_LIST, "versions of TLS that the server has",
	    "prt-tls" },
	{ "was", REC_TEXT, "what it was in the old scan", "prt-diff" },
	{ "weak_key", REC_BOOL,
	    "a key in the chain is shorter than is done today", "prt-tls" },
	{ "weak_signature", REC_BOOL,
	    "a signature in the chain is by a hash that has been broken", "prt-tls" },
	{ "why", REC_TEXT,
	    "why a range is not probed, or not to the end: no-route, "
	    "no-neighbour, host-timeout",
	    "prt-blast" },
	{ "wildcard", REC_BOOL,
	    "the certificate names hosts by a wildcard",
	    "prt-tls" },
	{ "win", REC_INT, "window of the answer, as in its header",
	    "prt-listen" },
	{ "wrong_order", REC_BOOL,
	    "the certificates of the chain come in a wrong order", "prt-tls" },
	{ "wscale", REC_INT, "window scale in the answer", "prt-listen" },
	{ NULL, REC_TEXT, NULL, NULL },
};

#define NFIELD	(sizeof(rec_fields) / sizeof(rec_fields[0]) - 1)

static int
compare(const char *name, struct str key)
{
	int c = strncmp(name, key.p, key.n);

	return c != 0 ? c : name[key.n] != '\0';
}

const struct rec_field *
rec_field_find(struct str name)
{
	size_t lo = 0, hi = NFIELD, mid;
	int c;

	if (name.n == 0)
		return NULL;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		c = rec_fields[mid].name[0] - name.p[0];
		if (c == 0)
			c = compare(rec_fields[mid].name, name);
		if (c == 0)
			return &rec_fields[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int
rec_column(struct str name)
{
	switch (name.n) {
	case 2:
		return memcmp(name.p, "ip", 2) == 0 ? COL_IP : COL_NOT;
	case 3:
		return memcmp(name.p, "prt", 3) == 0 ? COL_META : COL_NOT;
	case 4:
		return memcmp(name.p, "port", 4) == 0 ? COL_PORT : COL_NOT;
	case 5:
		if (memcmp(name.p, "proto", 5) == 0)
			return COL_PROTO;
		return memcmp(name.p, "state", 5) == 0 ? COL_STATE : COL_NOT;
	case 6:
		return memcmp(name.p, "reason", 6) == 0 ? COL_REASON : COL_NOT;
	default:
		return COL_NOT;
	}
}

/* Is `word` one of the blank-separated words of `list`? */
static bool
has_word(const char *list, const char *word)
{
	struct str rest = str_of(list);

	while (rest.p != NULL)
		if (str_is(str_cut(&rest, ' '), word))
			return true;
	return false;
}

void
rec_fields_put(struct buf *b, const char *prog)
{
	static const char *const type[] = {
		[REC_TEXT] = "text", [REC_INT] = "integer",
		[REC_NUM] = "number", [REC_BOOL] = "boolean",
		[REC_LIST] = "list",
	};
	const struct rec_field *f;
	size_t i;

	for (i = 0; i < REC_NCOL; i++) {
		buf_puts(b, rec_column_name[i]);
		buf_puts(b, i == COL_PORT ? "\tinteger\t" : "\ttext\t");
		buf_puts(b, column_meaning[i]);
		buf_putc(b, '\n');
	}
	for (f = rec_fields; f->name != NULL; f++) {
		if (prog != NULL && !has_word(f->by, prog))
			continue;
		buf_puts(b, f->name);
		buf_putc(b, '\t');
		buf_puts(b, type[f->type]);
		buf_putc(b, '\t');
		buf_puts(b, f->meaning);
		buf_putc(b, '\n');
	}
}
