/* The timing templates T0..T5, with the meaning that nmap's manual gives them.
 * Layer 1.
 *
 * T5's host timeout of 15 minutes has no row: probes go out in random order
 * over all hosts, so there is no time that one host takes. */
#ifndef PRT_PURE_TIMING_H
#define PRT_PURE_TIMING_H

#include <stdint.h>

#define TIMING_N	6
#define TIMING_DEFAULT	3

struct timing {
	const char	*name;
	uint64_t	 rto_initial;	/* ns: before anything answered */
	uint64_t	 rto_min;	/* ns */
	uint64_t	 rto_max;	/* ns */
	unsigned	 retries;	/* at most so many retransmissions */
	uint64_t	 delay;		/* ns between two probes; 0: none */
	unsigned	 parallel;	/* probes at once; 0: as many as fit */
	/* Probes a second to anything beyond loopback, when the user named no
	 * rate; 0: no bound. The ones with a delay follow from it. nmap has no
	 * such figure: it is this project's politeness. */
	double		 rate;
};

extern const struct timing timing_table[TIMING_N];

/* "0".."5", "T0".."T5" or a name such as "aggressive": the row, or NULL. */
const struct timing *timing_find(const char *);
/* The same into a `const struct timing *`, for an option table (OPT_READ). */
const char *timing_read(void *dst, const char *value);

/* So many ns between two probes, to whomever they go: more than 0. */
void	timing_delay(struct timing *, uint64_t ns);
/* No timeout is longer than `most` ns from here on. */
void	timing_bound(struct timing *, uint64_t most);

#endif
