/* A program that enriches records: how it runs, whatever it asks of the ports.
 * Layer 4.
 *
 * It serves stdin to stdout, many records at once, without privilege and inside the
 * sandbox; it says on stderr what goes wrong, and ends with a record of the sums. */
#ifndef PRT_PROGRAM_ENRICH_H
#define PRT_PROGRAM_ENRICH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"
#include "pure/rangeset.h"
#include "world/work.h"

struct enrich;

struct enrich_conf {
	struct rangeset	 refused;	/* reserved space: nothing is asked there */
	unsigned	 parallel;	/* conversations at once */
	uint64_t	 host_timeout;	/* ns, 0: none */
	bool		 progress;
	bool		 strict;	/* stop at a bad line */
	enum rec_format	 format;
};

/* Each gets the enrich that is at the head of the program's own state. */
struct enrich_calls {
	size_t	size;			/* as struct work_calls has it */
	/* Before privilege is given up: 0, or -1 with errno, which is 0 when
	 * what is wrong has been said. */
	int	(*set_up)(struct enrich *);
	/* Also after set_up() has failed half way. */
	void	(*tear_down)(struct enrich *);
	int	(*take)(struct work *, struct work_item *,
		    const struct intake_port *);
	void	(*drop)(struct work *, struct work_item *);
	bool	(*begun)(struct work *, const struct work_item *);
	uint64_t (*sent)(struct enrich *);	/* connects and packets */
	uint64_t (*found)(struct enrich *);	/* what progress shows */
	/* Sets the program's own sums in the last record. */
	void	(*sum)(struct enrich *, struct record *);
};

struct enrich {
	struct work	 w;		/* first */
	const struct enrich_calls *call;
	const struct enrich_conf *conf;
	uint64_t	 probes;	/* ports that take() took on */
	/* private */
	struct work_calls work;
	uint64_t	 done, unreached;
	uint64_t	 timeouts;	/* hosts that took too long */
	uint64_t	 open, closed, filtered, open_filtered;
	bool		 failed, broken;
	bool		 told[2];
};

/* Runs it, and closes stdout: an exit status. Zero-initialised, and static: the
 * loop's event buffer is large. */
int	enrich_run(struct enrich *, const struct enrich_calls *,
	    const struct enrich_conf *);
/* Writes e->w.res, a port's record, and counts its state. */
void	enrich_put(struct enrich *);
/* Nothing could be sent to this address. It is said once a kind. */
void	enrich_unsent(struct enrich *, u128 addr, int error);

#endif
