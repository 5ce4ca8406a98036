/* One run of prt-blast: what the options say, and the scan itself. */
#ifndef PRT_BLAST_BLAST_H
#define PRT_BLAST_BLAST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"
#include "meaning/scan.h"
#include "pure/timing.h"

struct config {
	const char		*types;		/* -s */
	const char		*ping;		/* --ping, NULL: the default */
	const char		*ports;		/* -p, NULL: the default */
	const struct timing	*timing;
	uint64_t		 rate;		/* 0: not given */
	uint64_t		 min_rate;	/* 0: not given */
	uint64_t		 host_timeout;	/* ns, 0: none */
	uint64_t		 retries;	/* UINT64_MAX: not given */
	uint64_t		 shard, shards;
	const char		*seed;
	const char		*ifname;
	u128			 src4, src6;
	uint64_t		 sport;		/* 0: not given */
	uint64_t		 ttl;
	enum scan_offer		 offer;
	const char		*pcap;
	const char		*checkpoint;	/* NULL: none is kept */
	const char		*resume;
	const char		*tx;		/* NULL: choose */
	uint64_t		 threads;	/* 0: choose */
	bool			 dry_run;
	bool			 stateless;
	bool			 in_order;
	bool			 trace;
	bool			 neighbours;
	bool			 allow_reserved;
	bool			 strict;
	bool			 progress;
	bool			 json;
};

/* Runs the scan and returns the exit status. */
int	blast_run(const struct config *);

#endif
