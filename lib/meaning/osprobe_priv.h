/* What the files of the probes share: how a probe is told from all others.
 * Layer 2. */
#ifndef PRT_MEANING_OSPROBE_PRIV_H
#define PRT_MEANING_OSPROBE_PRIV_H

#include "meaning/osprobe.h"

/* The length of the UDP probe's data, and of its IPv4 packet. */
#define OSPROBE_U1_DATA	300
#define OSPROBE_U1_LEN	(20 + 8 + OSPROBE_U1_DATA)
#define OSPROBE_U1_ID	0x1042
#define OSPROBE_TTL	64
#define OSPROBE_ECHO	295	/* sequence number of the first one */

/* What an answer to one sending has to repeat. */
struct osprobe_secret {
	uint16_t	sport;		/* TCP, UDP */
	uint16_t	dport;		/* 0: nowhere to go */
	uint32_t	seq, ack;
	uint16_t	ip_id;
	uint16_t	echo_id;
};

void	osprobe_secret(struct osprobe_secret *, const struct osprobe_host *,
	    enum osprobe, unsigned try);
/* Which probe and try leave from that port: 0, or -1 when none does. */
int	osprobe_of_port(const struct osprobe_host *, uint16_t sport, bool udp,
	    enum osprobe *, unsigned *try);
struct osprobe_reply *osprobe_reply(struct osprobe_state *, enum osprobe,
	    unsigned try);
/* The answer to a probe, of the SYNs the first round's that has one; NULL: none. */
const struct osprobe_reply *osprobe_answer(const struct osprobe_state *,
	    enum osprobe);
/* The SEQ line, and what the timestamps tell. */
void	osprobe_put_sequences(struct osfp *, const struct osprobe_state *,
	    struct osprobe_facts *);
/* The UDP probe's checksum, as it was sent. */
uint16_t osprobe_udp_sum(const struct osprobe_host *, unsigned try);

static inline bool
osprobe_is_tcp(enum osprobe p)
{
	return p <= OSPROBE_S6 || p >= OSPROBE_ECN;
}

#endif
