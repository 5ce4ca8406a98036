/* One target as people and other scanners write it. Layer 2. prt-targets(7) is
 * the manual of the syntax. */
#ifndef PRT_MEANING_TARGETSPEC_H
#define PRT_MEANING_TARGETSPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "base/str.h"

enum targetspec_kind {
	TARGETSPEC_RANGE,	/* first..last */
	TARGETSPEC_OCTETS,	/* 10.0-3.1,5.* */
	TARGETSPEC_NAME,	/* ->host is to be resolved */
};

enum targetspec_proto {
	TARGETSPEC_ANY,		/* the text names no protocol */
	TARGETSPEC_TCP,
	TARGETSPEC_UDP,
};

/* Texts point into what was parsed. */
struct targetspec {
	enum targetspec_kind	 kind;
	u128			 first, last;	/* one family */
	uint64_t		 octet[4][4];	/* 256 bits for each octet */
	struct str		 host;		/* may stand beside a range */
	struct str		 tag;		/* p == NULL: none */
	bool			 has_port;
	uint16_t		 port;
	enum targetspec_proto	 proto;		/* of the port */
};

/* More ranges than this, from one text, are refused. */
#define TARGETSPEC_MAX_RANGES	((uint64_t)1 << 20)

/* Parses the whole of a text without blanks at its ends: an address, a/len,
 * a-b, octet ranges, a name; one of these with :port ([v6]:port); a URL; or
 * "ip,host,tag,port". 0, or -1 with *why, a static message that says what is
 * wrong and the mend. */
int	targetspec_parse(struct targetspec *, struct str, const char **why);
/* A line of masscan -oL ("open tcp 80 192.0.2.1 1764000000"): 1 when it is
 * one, 0 when it is something else, -1 with *why when it is one and broken. */
int	targetspec_masscan(struct targetspec *, struct str, const char **why);
/* How many ranges targetspec_each() will give; not for TARGETSPEC_NAME. */
uint64_t targetspec_nranges(const struct targetspec *);
/* Calls add() for each range, ascending, until it returns other than 0, and
 * returns that, else 0. Not for TARGETSPEC_NAME. */
int	targetspec_each(const struct targetspec *,
	    int (*add)(void *arg, u128 first, u128 last), void *arg);

#endif
