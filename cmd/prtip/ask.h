/* What a command line asks for, and the spellings of nmap's that a row of the
 * option table cannot read by itself. A program's own header, no layer. */
#ifndef PRTIP_ASK_H
#define PRTIP_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pure/timing.h"

/* Scan types, as bits; their order is that of the names in ask.c. */
enum {
	ASK_SYN = 1 << 0, ASK_CONNECT = 1 << 1, ASK_UDP = 1 << 2,
	ASK_ACK = 1 << 3, ASK_WINDOW = 1 << 4, ASK_MAIMON = 1 << 5,
	ASK_FIN = 1 << 6, ASK_NULL = 1 << 7, ASK_XMAS = 1 << 8,
	ASK_NSCAN = 9
};

/* Ways of discovery, as bits. */
enum {
	ASK_PING_SYN = 1 << 0, ASK_PING_ACK = 1 << 1,
	ASK_PING_ECHO = 1 << 2, ASK_PING_TIME = 1 << 3,
	ASK_PING_MASK = 1 << 4, ASK_PING_ARP = 1 << 5,
	ASK_PING_UDP = 1 << 6,
};

enum ask_form { ASK_NORMAL, ASK_XML, ASK_GNMAP, ASK_NDJSON, ASK_NFORM };

/* A growing list of texts that are not owned. */
struct words {
	const char	**v;
	size_t		  n, cap;
};

struct ask_out {
	enum ask_form	 form;
	char		*path;		/* "-": standard output; owned */
};

enum { ASK_NOUT = 16 };

struct ask {
	/* what is looked for */
	unsigned	 scans;		/* 0: the default */
	bool		 list, ping_only, no_ping;
	unsigned	 pings;		/* 0: the default */
	struct words	 syn_ports, ack_ports, udp_ports; /* of pings */
	const char	*scanflags;
	bool		 services, tls, os, guess, all;
	uint64_t	 intensity;	/* UINT64_MAX: not given */
	bool		 all_ports;
	/* where */
	struct words	 targets, files, excludes, exclude_files;
	bool		 v4, v6, resolve_all, allow_reserved;
	const char	*dns;
	bool		 no_names, all_names;	/* of addresses */
	const char	*ports, *exclude_ports;
	bool		 fast;
	uint64_t	 top;		/* 0: not given */
	bool		 in_order;
	/* how */
	const struct timing *timing;	/* NULL: not given */
	uint64_t	 rate, min_rate;	/* 0: not given */
	uint64_t	 retries;		/* UINT64_MAX: not given */
	uint64_t	 delay, max_rtt, host_timeout;	/* ns, 0: not given */
	const char	*ifname, *source;
	uint64_t	 sport, ttl;		/* 0: not given */
	bool		 privileged, unprivileged;
	/* what comes out */
	const char	*command;	/* the command line, for those who tell it;
					 * the caller's */
	struct ask_out	 out[ASK_NOUT];
	size_t		 nout;
	bool		 open, quiet, trace;
	unsigned	 verbose;
	uint64_t	 every;		/* ns between lines of progress */
	bool		 explain, yes;
	const char	*save;		/* where a scan is kept, NULL: nowhere */
	bool		 as_it_is;	/* what an option asks for is so anyway */
};

extern struct ask ask;

/* ---- for the option table (base/opt.h) ---- */

int	ask_scans(void *, const char *letters);		/* -sSU */
int	ask_pings(void *, const char *text);		/* -PS22,80 */
int	ask_verbose(void *, const char *text);		/* -v, -vv, -v2 */
int	ask_rate(void *dst, const char *text);		/* uint64_t: "100" */
int	ask_word(void *dst, const char *text);		/* struct words */
int	ask_out_normal(void *, const char *path);
int	ask_out_xml(void *, const char *path);
int	ask_out_gnmap(void *, const char *path);
int	ask_out_ndjson(void *, const char *path);
int	ask_out_all(void *, const char *base);		/* -oA */

/* What a template says of scans and ports: the command line says it instead of
 * it, and not besides. */
struct ask_choice {
	unsigned	 scans;
	const char	*scanflags;
	bool		 ping_only, list;
	const char	*ports;
	bool		 fast;
	uint64_t	 top;
};

struct ask_choice ask_set_aside(struct ask *);
/* Puts it back where nothing took its place. */
void	ask_unless(struct ask *, const struct ask_choice *);
/* 0, or -1 out of memory. */
int	words_add(struct words *, const char *);
/* Frees all, and leaves it as it was at first. */
void	ask_release(struct ask *);

#endif
