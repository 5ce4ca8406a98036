#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/num.h"
#include "base/str.h"

struct ask ask = { .intensity = UINT64_MAX, .retries = UINT64_MAX };

int
words_add(struct words *w, const char *text)
{
	size_t cap = w->cap != 0 ? w->cap * 2 : 8;
	const char **v;

	if (w->n == w->cap) {
		v = reallocarray(w->v, cap, sizeof(*v));
		if (v == NULL)
			return -1;
		w->v = v;
		w->cap = cap;
	}
	w->v[w->n++] = text;
	return 0;
}

void
ask_release(struct ask *a)
{
	struct words *const w[] = { &a->syn_ports, &a->ack_ports,
	    &a->udp_ports, &a->targets, &a->files, &a->excludes,
	    &a->exclude_files };
	size_t i;

	for (i = 0; i < sizeof(w) / sizeof(w[0]); i++)
		free(w[i]->v);
	for (i = 0; i < a->nout; i++)
		free(a->out[i].path);
	*a = (struct ask){ .intensity = UINT64_MAX, .retries = UINT64_MAX };
}

static int
out_of_memory(void)
{
	msg_warn("out of memory");
	return -1;
}

int
ask_word(void *dst, const char *text)
{
	return words_add(dst, text) == 0 ? 0 : out_of_memory();
}

/* ---- a template below ---- */

struct ask_choice
ask_set_aside(struct ask *a)
{
	struct ask_choice c = { a->scans, a->scanflags, a->ping_only, a->list,
	    a->ports, a->fast, a->top };

	a->scans = 0;
	a->scanflags = a->ports = NULL;
	a->ping_only = a->list = a->fast = false;
	a->top = 0;
	return c;
}

void
ask_unless(struct ask *a, const struct ask_choice *c)
{
	if (a->scans == 0 && a->scanflags == NULL && !a->ping_only &&
	    !a->list) {
		a->scans = c->scans;
		a->scanflags = c->scanflags;
		a->ping_only = c->ping_only;
		a->list = c->list;
	}
	if (a->ports == NULL && !a->fast && a->top == 0) {
		a->ports = c->ports;
		a->fast = c->fast;
		a->top = c->top;
	}
}

/* ---- -s ---- */

static const struct {
	char		 letter;
	unsigned	 scan;
} scan_letters[] = {
	{ 'S', ASK_SYN }, { 'T', ASK_CONNECT }, { 'U', ASK_UDP },
	{ 'A', ASK_ACK }, { 'W', ASK_WINDOW }, { 'M', ASK_MAIMON },
	{ 'F', ASK_FIN }, { 'N', ASK_NULL }, { 'X', ASK_XMAS },
};

static const struct {
	char		 letter;
	const char	*instead;
} no_scan[] = {
	{ 'C', "there are no scripts; --tls reads certificates, -sV services" },
	{ 'O', "there is no scan of IP protocols" },
	{ 'I', "there is no idle scan" },
	{ 'Y', "there is no SCTP: -sS and -sU are TCP and UDP" },
	{ 'Z', "there is no SCTP: -sS and -sU are TCP and UDP" },
	{ 'R', "-sV finds RPC services too" },
};

static unsigned
scan_of(char letter)
{
	size_t i;

	for (i = 0; i < sizeof(scan_letters) / sizeof(scan_letters[0]); i++)
		if (scan_letters[i].letter == letter)
			return scan_letters[i].scan;
	return 0;
}

static int
bad_scan(char letter)
{
	size_t i;

	for (i = 0; i < sizeof(no_scan) / sizeof(no_scan[0]); i++)
		if (no_scan[i].letter == letter) {
			msg_warn("-s%c is not there: %s", letter,
			    no_scan[i].instead);
			return -1;
		}
	msg_warn("-s%c: no such scan; 'prtip --help' lists them", letter);
	return -1;
}

int
ask_scans(void *dst, const char *letters)
{
	const char *s;

	(void)dst;
	for (s = letters; *s != '\0'; s++) {
		if (*s == 'V')
			ask.services = true;
		else if (*s == 'n' || *s == 'P')
			ask.ping_only = true;
		else if (*s == 'L')
			ask.list = true;
		else if (scan_of(*s) != 0)
			ask.scans |= scan_of(*s);
		else
			return bad_scan(*s);
	}
	return 0;
}

/* ---- -P ---- */

static int
ping_ports(struct words *w, unsigned bit, const char *text)
{
	ask.pings |= bit;
	return *text == '\0' ? 0 : ask_word(w, text);
}

static int
ping_plain(unsigned bit, char letter, const char *rest)
{
	if (*rest != '\0') {
		msg_warn("-P%c%s: -P%c takes no ports; -PS, -PA and "
		    "-PU do", letter, rest, letter);
		return -1;
	}
	ask.pings |= bit;
	return 0;
}

static int
bad_ping(const char *text)
{
	if (*text == 'Y')
		msg_warn("-PY is not there: there is no SCTP; -PS and -PA are "
		    "TCP, -PU is UDP");
	else if (*text == 'O')
		msg_warn("-PO is not there: -PE, -PP and -PM are ICMP, -PS and "
		    "-PA TCP, -PU is UDP");
	else
		msg_warn("-P%s: no such discovery; -Pn, -PS, -PA, -PU, "
		    "-PE, -PP, -PM and -PR are there", text);
	return -1;
}

int
ask_pings(void *dst, const char *text)
{
	char letter;

	(void)dst;
	/* -P alone once was -Pn */
	if (text == NULL)
		text = "n";
	letter = *text++;
	switch (letter) {
	case 'n':
	case '0':
	case 'N':
	case 'D':
		ask.no_ping = true;
		return 0;
	case 'S':
	case 'T':
		return ping_ports(letter == 'S' ? &ask.syn_ports :
		    &ask.ack_ports, letter == 'S' ? ASK_PING_SYN :
		    ASK_PING_ACK, text);
	case 'A':
		return ping_ports(&ask.ack_ports, ASK_PING_ACK, text);
	case 'U':
		return ping_ports(&ask.udp_ports, ASK_PING_UDP, text);
	case 'E':
	case 'I':
		return ping_plain(ASK_PING_ECHO, letter, text);
	case 'P':
		return ping_plain(ASK_PING_TIME, letter, text);
	case 'M':
		return ping_plain(ASK_PING_MASK, letter, text);
	case 'R':
		return ping_plain(ASK_PING_ARP, letter, text);
	default:
		return bad_ping(text - 1);
	}
}

/* ---- the others ---- */

int
ask_verbose(void *dst, const char *text)
{
	(void)dst;
	ask.verbose++;
	if (text == NULL)
		return 0;
	if (*text >= '0' && *text <= '9' && text[1] == '\0') {
		ask.verbose = (unsigned)(*text - '0');
		return 0;
	}
	for (; *text == 'v'; text++)
		ask.verbose++;
	if (*text == '\0')
		return 0;
	msg_warn("-v%s: wants a level, such as -v or -v2", text);
	return -1;
}

/* nmap takes "0.5" and "1000.9" too: what comes of it is whole. */
int
ask_rate(void *dst, const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (num_parse_count(text, dst) == 0 && *(uint64_t *)dst >= 1)
		return 0;
	if (end != text && *end == '\0' && v >= 1 && v <= 1e8) {
		*(uint64_t *)dst = (uint64_t)v;
		return 0;
	}
	msg_warn("'%s' packets a second: wants a number from 1, such as 100 or "
	    "10k; -T1 and -T0 are slower", text);
	return -1;
}

static int
add_out(enum ask_form form, const char *path, const char *suffix)
{
	struct ask_out *o = &ask.out[ask.nout];

	if (ask.nout == ASK_NOUT) {
		msg_warn("%d outputs are the most", ASK_NOUT);
		return -1;
	}
	if (asprintf(&o->path, "%s%s", path, suffix) == -1) {
		o->path = NULL;
		return out_of_memory();
	}
	o->form = form;
	ask.nout++;
	return 0;
}

int
ask_out_normal(void *dst, const char *path)
{
	(void)dst;
	return add_out(ASK_NORMAL, path, "");
}

int
ask_out_xml(void *dst, const char *path)
{
	(void)dst;
	return add_out(ASK_XML, path, "");
}

int
ask_out_gnmap(void *dst, const char *path)
{
	(void)dst;
	return add_out(ASK_GNMAP, path, "");
}

int
ask_out_ndjson(void *dst, const char *path)
{
	(void)dst;
	return add_out(ASK_NDJSON, path, "");
}

int
ask_out_all(void *dst, const char *base)
{
	(void)dst;
	if (strcmp(base, "-") == 0) {
		msg_warn("-oA -: wants the beginning of the files' names, such "
		    "as -oA scan; -oX - writes to standard output");
		return -1;
	}
	if (add_out(ASK_NORMAL, base, ".nmap") == -1 ||
	    add_out(ASK_XML, base, ".xml") == -1)
		return -1;
	return add_out(ASK_GNMAP, base, ".gnmap");
}
