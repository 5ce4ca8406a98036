/* From packets to results: which probe a packet answers, once, and what that
 * means. One thread uses it at a time. */
#ifndef PRT_LISTEN_JUDGE_H
#define PRT_LISTEN_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meaning/notes.h"
#include "meaning/scan.h"
#include "meaning/scanrec.h"
#include "pure/perm.h"
#include "pure/plan.h"
#include "pure/rangeset.h"
#include "pure/rtt.h"
#include "pure/tcpopt.h"
#include "world/board.h"

/* One batch of the sender's, as we listen for it. */
struct batch {
	uint64_t		 id;
	struct plan		 plan;
	struct notes		 notes;
	struct board_batch	 board;	/* bits == NULL: too many to remember */
	bool			 own;	/* the bits are ours, not shared */
	uint64_t		 shard, shards;
	struct perm		 perm;	/* only for shards > 1 */
	bool			 opened;	/* some port is open */
	bool			 mixed;	/* several port scan types */
	struct rangeset		 skip[SCANREC_TIMEOUT + 1]; /* not probed */
	struct batch		*next;
};

struct result {
	const struct batch *batch;
	u128		 addr;
	u128		 from;		/* who sent the answer */
	const char	*state, *reason;
	uint64_t	 time;		/* ns since the epoch */
	uint64_t	 rtt;		/* ns, 0: not known */
	uint16_t	 port;
	uint8_t		 type;
	uint8_t		 attempt;	/* SCAN_ATTEMPTS: not known */
	uint8_t		 ttl;		/* 0: not known */
	uint8_t		 flags;		/* of a TCP answer; 0: it is none */
	bool		 df;		/* of a TCP answer: IPv4 */
	uint16_t	 ip_id;
	uint16_t	 win;
	struct tcpopt	 options;
	bool		 has_mac;
	uint8_t		 mac[6];
};

/* A set of what was seen lately, for plans without bits. */
struct recent;

struct judge {
	struct scan_params	 params;
	struct batch		*batches;	/* newest first */
	uint32_t		 types;		/* bit t: some batch has it */
	struct board_head	*head;		/* NULL: offline */
	struct rtt		 rtt;
	struct recent		*recent;
	/* counters */
	uint64_t		 received, answered, duplicate, invalid, late;
};

/* What comes in, from the network header on. */
struct heard {
	const uint8_t	*p;
	size_t		 n;
	unsigned	 ethertype;
	uint64_t	 time;
	uint8_t		 mac[6];
	bool		 has_mac;
};

/* Judges one packet: true when it is the first answer to a probe; *r is then
 * the result. */
bool	judge_packet(struct judge *, const struct heard *, struct result *r);
void	judge_add(struct judge *, struct batch *);
/* Takes a batch out of the list; its owner frees it. */
void	judge_remove(struct judge *, struct batch *);
struct batch *judge_find(const struct judge *, uint64_t id);
void	judge_release(struct judge *);

void	batch_free(struct batch *, struct board *);

#endif
