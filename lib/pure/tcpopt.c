#include "pure/tcpopt.h"

#include <string.h>

#include "base/num.h"
#include "pure/wire.h"

/* Kinds (RFC 9293, 3.2; RFC 2018; RFC 7323), and how long each is in all. */
enum { END, NOP, MSS, SCALE, SACK, TIMES = 8 };

static char
letter(uint8_t kind, size_t len)
{
	switch (kind) {
	case MSS:
		return len == 4 ? 'M' : 0;
	case SCALE:
		return len == 3 ? 'W' : 0;
	case SACK:
		return len == 2 ? 'S' : 0;
	case TIMES:
		return len == 10 ? 'T' : 0;
	default:
		return 0;
	}
}

/* Appends text, or "+" when it does not fit: is there room for more? */
static bool
append(struct tcpopt *o, size_t *at, const char *p, size_t n)
{
	if (*at + n + 1 >= sizeof(o->order)) {
		o->order[*at] = '+';
		return false;
	}
	memcpy(o->order + *at, p, n);
	*at += n;
	return true;
}

/* An option with a length: true when there may be more. */
static bool
read_one(struct tcpopt *o, size_t *at, uint8_t kind, struct rd *r)
{
	char text[1 + NUM_FMT_U64] = ".", known;
	size_t len = rd_u8(r);
	struct rd body = *r;

	if (len < 2)
		r->bad = true;
	rd_skip(r, len - 2);
	if (r->bad) {
		(void)append(o, at, "!", 1);
		return false;
	}
	if ((known = letter(kind, len)) == 0)
		return append(o, at, text, 1 + num_fmt_u64(text + 1, kind));
	if (known == 'M') {
		o->has_mss = true;
		o->mss = rd_be16(&body);
	} else if (known == 'W') {
		o->has_scale = true;
		o->scale = rd_u8(&body);
	}
	return append(o, at, &known, 1);
}

void
tcpopt_read(struct tcpopt *o, const uint8_t *p, size_t n)
{
	struct rd r = rd_of(p, n);
	bool more = true;
	size_t at = 0;
	uint8_t kind;

	memset(o, 0, sizeof(*o));
	while (more && r.n > 0) {
		kind = rd_u8(&r);
		if (kind == END) {
			(void)append(o, &at, "E", 1);
			return;
		}
		if (kind == NOP)
			more = append(o, &at, "N", 1);
		else
			more = read_one(o, &at, kind, &r);
	}
}
