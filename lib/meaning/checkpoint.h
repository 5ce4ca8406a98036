/* Where a scan of prt-blast has come, as a text that the scan can be gone on with
 * from. Layer 2.
 *
 *	#prt checkpoint version= lines= input= order= scan= ports= ...
 *	#prt batch first= last= base= probes= plan= pos=
 *	#prt answered at= bits= open=		of the batch above
 *	#prt rest first= last= base= probes= plan=
 *	#prt end sum=
 *
 * prt-blast(1) says what they mean. */
#ifndef PRT_MEANING_CHECKPOINT_H
#define PRT_MEANING_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/scan.h"

#define CHECKPOINT_VERSION	1
/* What answered is kept of batches of at most so many probes. */
#define CHECKPOINT_PROBES	((uint64_t)1 << 24)
/* A scan does not have more batches at once. */
#define CHECKPOINT_BATCHES	64

/* The options that say what is scanned. */
enum checkpoint_opt {
	CHECKPOINT_SCAN, CHECKPOINT_PORTS, CHECKPOINT_SHARD,
	CHECKPOINT_RESERVED, CHECKPOINT_STATELESS, CHECKPOINT_ORDER,
	CHECKPOINT_NOPTS
};

struct checkpoint_batch {
	uint64_t	 first, last;	/* its lines of the input, from 1 */
	uint64_t	 base;		/* of its probes in these lines' plan */
	uint64_t	 n;		/* probes */
	uint64_t	 digest;	/* plan_digest() */
	/* attempt a is over with, or heard of, for the positions below */
	uint64_t	 pos[SCAN_ATTEMPTS];
	uint64_t	*answered;	/* a bit a probe, NULL: none */
	uint64_t	*open;		/* so, of those that were open */
};

/* What is left of a plan that is scanned in parts, from probe `base` on. */
struct checkpoint_rest {
	uint64_t	first, last, base, n, digest;
};

/* Zero-initialised is empty. */
struct checkpoint {
	bool			 finished;	/* nothing is left to do */
	bool			 whole;		/* there are no more lines */
	uint64_t		 lines;		/* of input in batches */
	uint64_t		 input[2];	/* their hash */
	uint64_t		 order[2];	/* key of the permutation */
	char			*opt[CHECKPOINT_NOPTS];	/* in text form */
	struct checkpoint_batch	 batch[CHECKPOINT_BATCHES]; /* not ended */
	size_t			 nbatch;
	struct checkpoint_rest	 rest;		/* n == 0: none */
};

/* Frees what was allocated and leaves it empty. */
void	checkpoint_release(struct checkpoint *);
/* Appends the text to an empty buffer. */
void	checkpoint_put(const struct checkpoint *, struct buf *);
/* Appends the line by which it is known to be whole; checkpoint_put() does it. */
void	checkpoint_seal(struct buf *);
/* The words of a bitmap of n probes. */
static inline size_t
checkpoint_words(uint64_t n)
{
	return (size_t)(n / 64 + (n % 64 != 0));
}
/* And back, into an empty one: 0, or -1 with a static message; it is to be
 * released either way. */
int	checkpoint_parse(struct checkpoint *, struct str text,
	    const char **err);

/* The next line of input in a hash that starts as zero. */
void	checkpoint_hash(uint64_t hash[2], struct str line);

#endif
