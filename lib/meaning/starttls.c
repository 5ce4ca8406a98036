#include "meaning/starttls.h"

#include <string.h>

#include "pure/der.h"

/* ---- what is heard ---- */

static bool
begins(struct str s, const char *z)
{
	size_t n = strlen(z);

	return s.n >= n && memcmp(s.p, z, n) == 0;
}

/* Cuts off a whole line, without its end. */
static bool
take_line(struct str *in, struct str *line)
{
	const char *end = in->n > 0 ? memchr(in->p, '\n', in->n) : NULL;

	if (end == NULL)
		return false;
	*line = str_trim((struct str){ in->p, (size_t)(end - in->p) });
	in->n -= (size_t)(end - in->p) + 1;
	in->p = end + 1;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 5321, 4.2; RFC 959, 4.2: the last line has no "-" behind its number. */
static enum starttls_got
hear_reply(const struct starttls_step *s, struct str in)
{
	struct str line;

	while (take_line(&in, &line)) {
		if (line.n < 3 || !is_digit(line.p[0]) ||
		    !is_digit(line.p[1]) || !is_digit(line.p[2])) {
			/* FTP may have any text between the first and the
			 * last line */
			if (begins(line, "SSH-") || begins(line, "HTTP/"))
				return STARTTLS_NO;
			continue;
		}
		if (line.n == 3 || line.p[3] != '-')
			return begins(line, s->want) ? STARTTLS_OK :
			    STARTTLS_NO;
	}
	return STARTTLS_MORE;
}

/* Lines, up to one that begins as it should, or should not. */
static enum starttls_got
hear_line(const struct starttls_step *s, struct str in)
{
	struct str line, no, all = str_of(s->no);

	while (take_line(&in, &line)) {
		if (begins(line, s->want))
			return STARTTLS_OK;
		for (struct str rest = all; rest.p != NULL;) {
			no = str_cut(&rest, '|');
			if (line.n >= no.n && memcmp(line.p, no.p, no.n) == 0)
				return STARTTLS_NO;
		}
	}
	return STARTTLS_MORE;
}

/* Somewhere in it. */
static enum starttls_got
hear_text(const struct starttls_step *s, struct str in)
{
	if (memmem(in.p, in.n, s->want, strlen(s->want)) != NULL)
		return STARTTLS_OK;
	if (memmem(in.p, in.n, s->no, strlen(s->no)) != NULL ||
	    (in.n > 0 && in.p[0] != '<'))
		return STARTTLS_NO;
	return STARTTLS_MORE;
}

/* PostgreSQL's manual, "Message Flow", SSL: one byte. */
static enum starttls_got
hear_postgres(const struct starttls_step *s, struct str in)
{
	(void)s;
	if (in.n == 0)
		return STARTTLS_MORE;
	return in.p[0] == 'S' ? STARTTLS_OK : STARTTLS_NO;
}

/* MySQL's protocol, HandshakeV10: version, a text, thread, 8 bytes and one of
 * scramble, then the lower half of the capabilities. */
static enum starttls_got
hear_mysql(const struct starttls_step *s, struct str in)
{
	const uint8_t *p = (const uint8_t *)in.p, *end;
	size_t n;

	(void)s;
	if (in.n < 5)
		return STARTTLS_MORE;
	n = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
	if (p[3] != 0 || p[4] != 10 || n < 32 || n > 4096)
		return STARTTLS_NO;
	if (in.n < 4 + n)
		return STARTTLS_MORE;
	end = memchr(p + 5, 0, n - 1);
	if (end == NULL || (size_t)(p + 4 + n - end) < 1 + 4 + 8 + 1 + 2)
		return STARTTLS_NO;
	/* CLIENT_SSL is 0x800 */
	return end[1 + 4 + 8 + 1 + 1] & 0x08 ? STARTTLS_OK : STARTTLS_NO;
}

/* RFC 4511, 4.14: an ExtendedResponse whose result is success. */
static enum starttls_got
hear_ldap(const struct starttls_step *s, struct str in)
{
	const uint8_t *p = (const uint8_t *)in.p;
	struct rd r = rd_of(in.p, in.n), msg, res, code;
	size_t n;

	(void)s;
	if (in.n > 0 && p[0] != DER_SEQ)
		return STARTTLS_NO;
	if (in.n < 2)
		return STARTTLS_MORE;
	/* BER: the length may be written longer than it has to be */
	rd_skip(&r, 1);
	n = rd_u8(&r);
	if (n == 0x84)
		n = rd_be32(&r);
	else if (n >= 0x80)
		return STARTTLS_NO;
	if (r.bad || n > r.n)
		return n > 4096 ? STARTTLS_NO : STARTTLS_MORE;
	msg = rd_of(r.p, n);
	der_get(&msg, DER_INT);
	rd_skip(&msg, 1);
	if (rd_u8(&msg) == 0x84)
		rd_skip(&msg, 4);
	res = msg;
	code = der_get(&res, 0x0a);
	return !res.bad && code.n == 1 && code.p[0] == 0 ? STARTTLS_OK :
	    STARTTLS_NO;
}

/* [MS-RDPBCGR] 2.2.1.2: a TPKT with a Connection Confirm that has an RDP
 * Negotiation Response. */
static enum starttls_got
hear_rdp(const struct starttls_step *s, struct str in)
{
	const uint8_t *p = (const uint8_t *)in.p;
	size_t n;

	(void)s;
	if (in.n > 0 && p[0] != 3)
		return STARTTLS_NO;
	if (in.n < 4 || in.n < (n = (size_t)(p[2] << 8 | p[3])))
		return STARTTLS_MORE;
	return n >= 19 && p[5] >> 4 == 0xd && p[11] == 2 ? STARTTLS_OK :
	    STARTTLS_NO;
}

/* ---- the table ---- */

#define RAW(lit)	(lit), sizeof(lit) - 1
#define XMPP(kind)	"<?xml version='1.0'?><stream:stream to='%s' " \
	"xmlns='jabber:" kind "' " \
	"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>", 0
#define XMPP_STEPS(kind) { \
	{ XMPP(kind), hear_text, "<starttls", "</stream:features>" }, \
	{ "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", 0, \
	    hear_text, "<proceed", "<failure" } }

/* RFC 3207, 2033, 3501, 2595, 4217, 4642, 5804, 4511, 6120; what has a manual
 * instead is named where its answer is heard. */
static const struct starttls table[] = {
	{ "smtp", { 25, 587 }, "smtp", {
	    { NULL, 0, hear_reply, "220", NULL },
	    { "EHLO prt.invalid\r\n", 0, hear_reply, "250", NULL },
	    { "STARTTLS\r\n", 0, hear_reply, "220", NULL } } },
	{ "lmtp", { 24 }, "lmtp", {
	    { NULL, 0, hear_reply, "220", NULL },
	    { "LHLO prt.invalid\r\n", 0, hear_reply, "250", NULL },
	    { "STARTTLS\r\n", 0, hear_reply, "220", NULL } } },
	{ "imap", { 143 }, "imap", {
	    { NULL, 0, hear_line, "* OK", "* BYE|SSH-|HTTP/|220|+OK" },
	    { "a STARTTLS\r\n", 0, hear_line, "a OK", "a |* BYE" } } },
	{ "pop3", { 110 }, "pop3", {
	    { NULL, 0, hear_line, "+OK", "-|SSH-|HTTP/|220|*" },
	    { "STLS\r\n", 0, hear_line, "+OK", "-" } } },
	{ "ftp", { 21 }, "ftp", {
	    { NULL, 0, hear_reply, "220", NULL },
	    { "AUTH TLS\r\n", 0, hear_reply, "234", NULL } } },
	{ "nntp", { 119, 433 }, "nntp", {
	    { NULL, 0, hear_reply, "20", NULL },
	    { "STARTTLS\r\n", 0, hear_reply, "382", NULL } } },
	{ "sieve", { 4190 }, "sieve", {
	    { NULL, 0, hear_line, "OK", "BYE|NO|SSH-|HTTP/|220" },
	    { "STARTTLS\r\n", 0, hear_line, "OK", "BYE|NO" } } },
	{ "ldap", { 389, 3268 }, "ldap", {
	    { RAW("\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
	      "1.3.6.1.4.1.1466.20037"), hear_ldap, NULL, NULL } } },
	{ "xmpp-client", { 5222 }, "xmpp-client", XMPP_STEPS("client") },
	{ "xmpp-server", { 5269 }, "xmpp-server", XMPP_STEPS("server") },
	{ "postgres", { 5432 }, "postgresql", {
	    { RAW("\0\0\0\x08\x04\xd2\x16\x2f"), hear_postgres, NULL, NULL } } },
	/* SSLRequest: CLIENT_PROTOCOL_41, SSL, SECURE_CONNECTION */
	{ "mysql", { 3306 }, "mysql", {
	    { NULL, 0, hear_mysql, NULL, NULL },
	    { RAW("\x20\0\0\x01\0\x8a\0\0\0\0\0\x01\x21\0\0\0\0\0\0\0\0\0\0\0"
	      "\0\0\0\0\0\0\0\0\0\0\0\0"), NULL, NULL, NULL } } },
	/* TLS, or CredSSP, which begins with it */
	{ "rdp", { 3389 }, "ms-wbt-server", {
	    { RAW("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"),
	      hear_rdp, NULL, NULL } } },
};

#define COUNT	(sizeof(table) / sizeof(table[0]))

const struct starttls *
starttls_find(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const struct starttls *
starttls_of_port(uint16_t port)
{
	for (size_t i = 0; i < COUNT && port != 0; i++)
		for (int k = 0; k < STARTTLS_PORTS; k++)
			if (table[i].port[k] == port)
				return &table[i];
	return NULL;
}

const struct starttls *
starttls_of_service(struct str service)
{
	for (size_t i = 0; i < COUNT; i++)
		if (str_is(service, table[i].service))
			return &table[i];
	return NULL;
}

void
starttls_names(struct buf *b)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (i > 0)
			buf_putc(b, ' ');
		buf_puts(b, table[i].name);
	}
}

void
starttls_say(const struct starttls_step *s, struct str host, struct buf *b)
{
	const char *at = s->say == NULL || s->n > 0 ? NULL :
	    strstr(s->say, "%s");

	if (s->say == NULL)
		return;
	if (at == NULL) {
		buf_put(b, s->say, s->n > 0 ? s->n : strlen(s->say));
		return;
	}
	buf_put(b, s->say, (size_t)(at - s->say));
	/* nothing that would end the attribute it stands in */
	for (size_t i = 0; i < host.n; i++)
		if (strchr("<>&'\"", host.p[i]) == NULL)
			buf_putc(b, host.p[i]);
	buf_puts(b, at + 2);
}

bool
starttls_has(const struct starttls *s, unsigned step)
{
	return step < STARTTLS_STEPS &&
	    (s->step[step].say != NULL || s->step[step].hear != NULL);
}
