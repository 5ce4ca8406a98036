/* What the records have said of hosts that are yet to be asked, in the order in
 * which they came. A program's own header, no layer. */
#ifndef PRT_OS_HOSTS_H
#define PRT_OS_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meaning/osevidence.h"
#include "meaning/ospassive.h"
#include "meaning/target.h"

/* So many are kept; then the oldest has to be asked, complete or not. */
#define HOSTS_MOST	65536

struct seen {
	u128		 addr;
	struct seen	*next;		/* in its list */
	uint16_t	 open, closed;	/* TCP; 0: none is known */
	uint16_t	 udp;		/* closed */
	bool		 there;		/* it has answered, or is a target */
	bool		 tcp;		/* a TCP port of it has answered */
	bool		 asked;		/* has been, or is being */
	struct osevidence said;		/* by its services */
	struct ospassive look;		/* of its answers to the scan */
	char		*names;		/* names.h */
};

struct hosts_list {
	struct seen	*first, **last;
};

struct hosts {
	struct seen	**slot;		/* open addressing */
	size_t		 cap, n;	/* cap is a power of two */
	size_t		 nwaiting;
	struct hosts_list waiting, due;
	struct target	 target;	/* private */
	uint64_t	 key[2];
};

/* 0, or -1 when out of memory or random numbers. */
int	hosts_init(struct hosts *);
void	hosts_release(struct hosts *);
/* Learns from a data record: 0; -1 when out of memory; or -2: *err says what is
 * wrong with the record, and the mend. */
int	hosts_learn(struct hosts *, const struct record *, const char **err);
/* A scan has ended: hosts that it found TCP ports of are due. */
void	hosts_scan_ended(struct hosts *);
/* Nothing more will be said: everybody who is there is due. */
void	hosts_input_ended(struct hosts *);
/* Too many are waiting: the oldest is due. */
void	hosts_make_room(struct hosts *);
bool	hosts_is_full(const struct hosts *);
/* The next that is due, NULL when none is. Valid until hosts_learn(). */
const struct seen *hosts_next(struct hosts *);
/* What is known of that host; NULL: nothing, or no longer. */
const struct seen *hosts_find(const struct hosts *, u128 addr);
bool	hosts_has_due(const struct hosts *);

#endif
