/* The sixteen probes that show which system an IP stack is of, what came back,
 * and the fingerprint that it makes. Layer 2.
 *
 * The method is that of nmap.org/book/osdetect-methods.html, which says what is
 * sent and what each attribute means; over IPv6 the probes that carry over. No
 * I/O and no clock: the caller sends, receives and tells the time. */
#ifndef PRT_MEANING_OSPROBE_H
#define PRT_MEANING_OSPROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "meaning/osfp.h"

enum osprobe {
	/* six SYNs to an open port, to be sent OSPROBE_SEQ_NS apart */
	OSPROBE_S1, OSPROBE_S2, OSPROBE_S3, OSPROBE_S4, OSPROBE_S5, OSPROBE_S6,
	OSPROBE_IE1, OSPROBE_IE2,	/* ICMP echo */
	OSPROBE_U1,			/* UDP to a closed port */
	OSPROBE_ECN, OSPROBE_T2, OSPROBE_T3, OSPROBE_T4, /* to an open port */
	OSPROBE_T5, OSPROBE_T6, OSPROBE_T7,		/* to a closed port */
	OSPROBE_N
};

#define OSPROBE_SEQ	6		/* of them are the SYNs */
#define OSPROBE_SEQ_NS	UINT64_C(100000000)
#define OSPROBE_TRIES	5		/* sendings that can be told apart */
/* Where they leave from: what a capture has to let through. */
#define OSPROBE_PORT	61000
#define OSPROBE_NPORTS	3840
/* The longest probe. */
#define OSPROBE_MAX	400

/* Whom to ask, and by what secret. A port that is 0 is not asked; a guessed one
 * is another with each try. */
struct osprobe_host {
	uint64_t	key[2];
	u128		src, dst;
	uint16_t	open;		/* TCP */
	uint16_t	closed;
	uint16_t	udp;		/* closed */
	bool		closed_guess, udp_guess;
	/* Nobody is in between: 0 for this machine, 1 for a neighbour; -1:
	 * not known. */
	int		distance;
};

/* The answer to one sending; `time` 0: there is none. */
struct osprobe_reply {
	uint64_t	sent, time;	/* ns; `sent` 0: was not sent */
	uint16_t	len;		/* of the whole packet */
	uint16_t	ip_id;
	uint8_t		ttl;
	bool		df;
	/* TCP */
	uint8_t		flags, reserved, noptions;
	uint16_t	win, urgent;
	uint32_t	seq, ack;
	uint32_t	data;		/* CRC-32 of what a RST carries, or 0 */
	uint8_t		option[40];
	/* ICMP */
	uint8_t		code;
	uint32_t	unused;
	uint8_t		qttl;		/* of the packet that is quoted */
	uint16_t	qlen, qid, qsum;
	bool		qvalid;		/* its header's checksum holds */
	bool		qzero;		/* ... or is not there */
	bool		qdata;		/* its data is what was sent */
	bool		qudp;		/* qsum is there */
};

struct osprobe_state {
	struct osprobe_host	host;
	struct osprobe_reply	seq[OSPROBE_TRIES][OSPROBE_SEQ];
	struct osprobe_reply	other[OSPROBE_N - OSPROBE_SEQ];
	uint8_t			tries[OSPROBE_N];	/* sendings so far */
	uint8_t			took[OSPROBE_N];	/* the one answered */
	bool			not_open;	/* a RST from the open port */
	uint8_t			not_closed;	/* bit of a try: SYN-ACK */
	uint8_t			refused;	/* errors of filters */
};

/* What the answers say beside the fingerprint. */
struct osprobe_facts {
	unsigned	asked;		/* probes */
	unsigned	answered;
	/* An open and a closed TCP port have answered: else the fingerprint
	 * is one of a filter as much as of the system behind it. */
	bool		reliable;
	int		distance;	/* hops, -1: not known */
	double		hz;		/* of the timestamp clock, 0: unknown */
	double		uptime;		/* s, since that clock began; 0 */
};

/* Writes the probe of a try (0..OSPROBE_TRIES-1) to dst (OSPROBE_MAX), from the
 * IP header on, and returns its length; 0 when it has no port to go to. */
size_t	osprobe_make(const struct osprobe_host *, enum osprobe, unsigned try,
	    uint8_t *dst);
/* The next try of a probe goes out at `now`: which that is, to be made. */
unsigned osprobe_sent(struct osprobe_state *, enum osprobe, uint64_t now);
bool	osprobe_answered(const struct osprobe_state *, enum osprobe);
/* The answers that the best of the rounds of SYNs has got, 0..6. */
unsigned osprobe_best_round(const struct osprobe_state *);

/* Takes n bytes of a received packet, from its IP header on, that came from the
 * host: the probe that it answers for the first time, and *try which sending of
 * it; else -1: it proves nothing. RFC 791, 9293, 792, 8200, 4443. */
int	osprobe_take(struct osprobe_state *, const void *, size_t n,
	    uint64_t now, unsigned *try);

/* Makes the fingerprint out of what has come; either may be NULL. */
void	osprobe_read(const struct osprobe_state *, struct osfp *,
	    struct osprobe_facts *);

#endif
