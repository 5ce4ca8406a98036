/* The service-probe database: what to ask of a port, and what an answer means.
 * Layer 2. prt-service-probes(5) is the specification of the text. */
#ifndef PRT_MEANING_SVCDB_H
#define PRT_MEANING_SVCDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "pure/portset.h"

enum svc_proto { SVC_TCP, SVC_UDP, SVC_NPROTO };

#define SVC_RARITY	5	/* of a probe that names none */
#define SVC_RARITY_MAX	9
#define SVC_CPES	4	/* cpe templates of one line, at most */

/* One match or softmatch line. */
struct svc_line {
	const char	*service;
	bool		 soft;
	unsigned long	 line;		/* where its text stands */
	const char	*file;
	/* The templates, as written; p == NULL when the line has none. */
	struct str	 product, version, info, hostname, os, device;
	struct str	 cpe[SVC_CPES];
	unsigned	 ncpe;
	struct svc_pattern *pattern;	/* private */
};

struct svc_probe {
	const char	*name;		/* "NULL", "GetRequest" */
	enum svc_proto	 proto;
	const uint8_t	*payload;	/* of n bytes; n is 0 for NULL */
	size_t		 n;
	struct portset	 ports;		/* where it is likely to be answered */
	struct portset	 sslports;	/* and where through TLS */
	uint64_t	 wait;		/* totalwaitms, in ns */
	uint64_t	 wrapped;	/* tcpwrappedms, in ns */
	unsigned	 rarity;	/* 1..SVC_RARITY_MAX */
	struct svc_line	*line;		/* in the order of the text */
	size_t		 nline;
	/* Whose lines an answer is held against, in this order: the probe
	 * itself, its fallbacks, and for TCP the NULL probe. */
	const struct svc_probe	**look;
	size_t		 nlook;
	unsigned long	 at;		/* where its text starts it */
};

/* Zero-initialised is the empty database. */
struct svcdb {
	struct svc_probe	*probe;	/* in the order of the text */
	size_t			 n;
	const struct svc_probe	*null;	/* the TCP one without payload, or NULL */
	struct portset		 exclude[SVC_NPROTO]; /* not to be probed */
	struct svcdb_mem	*mem;	/* private */
};

void	svcdb_release(struct svcdb *);
/* Reads a whole text and adds its probes to the database; a probe whose name
 * and protocol the database already has takes that one's place. 0, or -1 when
 * the text is malformed, or out of memory: the database is then as it was, and
 * *err has got "name:line: what is wrong, and the mend" appended, a line for
 * each error. The text need not outlive the call; pointers into the database
 * do not survive it. */
int	svcdb_parse(struct svcdb *, struct str text, const char *name,
	    struct buf *err);

#endif
