/* The packets that hosts, filters and routers of the simulated internet answer
 * with. */
#ifndef SIMNET_ANSWER_H
#define SIMNET_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limit.h"
#include "request.h"
#include "world.h"

struct answers;

enum answer_kind {
	ANSWER_SILENCE,
	ANSWER_RATIONED,	/* an ICMP error that was one too many */
	ANSWER_NO,		/* closed, rejected, nobody there */
	ANSWER_YES,		/* open, or up */
};

struct answer {
	enum answer_kind kind;
	size_t		 n;	/* bytes, from the network header on */
	unsigned	 ethertype;
	struct host	 host;	/* whose it is */
	bool		 tarpit; /* it comes late */
};

/* `mac` is our own address; `each` rations the ICMP errors of one sender,
 * `total` those of all. The world must outlive it. NULL with errno. */
struct answers *answers_new(const struct world *, const uint8_t mac[6],
	    struct limit_rate each, struct limit_rate total);
void	answers_free(struct answers *);
/* Writes the answer to a request to dst (FRAME_MAX of pure/frame.h). `now` is
 * the time of day, ns. */
void	answers_make(struct answers *, const struct request *, uint64_t now,
	    uint8_t *dst, struct answer *);

/* ---- what forgers use as well ---- */

enum answer_tcp { ANSWER_SYN_ACK, ANSWER_RST, ANSWER_NTCP };

/* A segment with these numbers; an error by `from` that quotes n bytes of a
 * packet: their lengths. */
size_t	answers_tcp(const struct answers *, enum answer_tcp, uint8_t *dst,
	    u128 from, u128 to, uint16_t sport, uint16_t dport, uint32_t seq,
	    uint32_t ack);
size_t	answers_udp(const struct answers *, uint8_t *dst, u128 from, u128 to,
	    uint16_t sport, uint16_t dport, const void *, size_t n);
/* An IP header in front of n bytes; returns the pseudo header's sum. */
uint64_t answers_ip(uint8_t *dst, u128 from, u128 to, uint8_t ttl,
	    uint8_t proto, size_t n);
size_t	answers_icmp(uint8_t *dst, u128 from, u128 to, uint8_t ttl,
	    uint8_t type, uint8_t code, const void *body, size_t n);

#endif
