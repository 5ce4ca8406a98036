/* What prt-blast tells prt-listen on the pipe: the records of a scan. Layer 2.
 *
 *	#prt scan id= token= sport= sports= ttl= ...	how to judge answers
 *	192.0.2.0/24  22,80  tcp  -  -  scan=syn	a piece of the plan
 *	192.0.2.7  -  -  -  -  host=www.example.org	a note (notes.h)
 *	#prt plan batch= probes= offset=		the plan so far is whole
 *	#prt skip batch= range= why=			part of it is not probed
 *	#prt done batch=				nothing of it is sent any more
 *	#prt stat ... key=				the end
 *
 * prt-record(5) is the specification. */
#ifndef PRT_MEANING_SCANREC_H
#define PRT_MEANING_SCANREC_H

#include <stdbool.h>
#include <stdint.h>

#include "meaning/record.h"
#include "meaning/scan.h"
#include "pure/plan.h"

#define SCANREC_ID	64	/* room for an id or a token, with its NUL */

/* The scan record's content; params.key and .payloads are not in it. */
struct scanrec_head {
	char			id[SCANREC_ID];
	char			token[SCANREC_ID];
	struct scan_params	params;
};

/* The head as a record: texts are copied into the record's memory. */
void	scanrec_head_put(struct record *, const struct scanrec_head *);
/* And back: 0, or -1 with a static message. */
int	scanrec_head_get(struct scanrec_head *, const struct record *,
	    const char **err);

/* Appends the TSV records of a sealed plan. */
void	scanrec_plan_put(const struct plan *, const struct scan_params *,
	    struct buf *);
/* Is this data record a piece of a plan? */
bool	scanrec_is_piece(const struct record *);
/* Adds such a piece to a plan: 0, or -1 with a static message. The TCP flags of
 * a "flags:" piece go to params->flags, and to ->udp_of whose datagrams are; UDP
 * types that do not go together are an error. */
int	scanrec_piece(struct plan *, struct scan_params *,
	    const struct record *, const char **err);

/* The "#prt plan" record of a batch; the plan has `probes` probes, and its
 * part of the answer board is at `offset` (0: none). */
void	scanrec_seal_put(struct record *, uint64_t batch, uint64_t probes,
	    uint64_t offset);
/* Why a range of a plan is not probed, or not to the end. */
enum scanrec_why {
	SCANREC_ROUTE,		/* there is no way to it */
	SCANREC_NEIGHBOUR,	/* nobody answers for it on the link */
	SCANREC_TIMEOUT,	/* its hosts have taken too long */
};
/* The "#prt skip" record of a range, and back: 0 or -1. */
void	scanrec_skip_put(struct record *, uint64_t batch, u128 first,
	    u128 last, enum scanrec_why);
int	scanrec_skip_get(const struct record *, uint64_t *batch, u128 *first,
	    u128 *last, enum scanrec_why *);
void	scanrec_done_put(struct record *, uint64_t batch);
/* The shard of a plan that is sent and the key of its order, which tells what is
 * in it; only for more than one shard. */
void	scanrec_shard_put(struct record *, uint64_t shard, uint64_t shards,
	    const uint64_t order[2]);
/* And back: 1 of 1 when the record has none. 0, or -1 when it is damaged. */
int	scanrec_shard_get(const struct record *, uint64_t *shard,
	    uint64_t *shards, uint64_t order[2]);
/* A decimal field of a record: 0, or -1 when it is missing or no number. */
int	scanrec_u64(const struct record *, const char *key, uint64_t *v);

/* A key as a field's text (32 hexadecimal digits), and back: 0 or -1. */
void	scanrec_key_put(struct record *, const char *field,
	    const uint64_t key[2]);
int	scanrec_key_get(const struct record *, const char *field,
	    uint64_t key[2]);

#endif
