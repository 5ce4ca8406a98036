/* Packets that answer nothing: backscatter of other people's attacks, and
 * answers that somebody forges who sees what is asked but not its secrets. */
#ifndef SIMNET_NOISE_H
#define SIMNET_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "answer.h"
#include "pure/rate.h"
#include "request.h"
#include "world.h"

/* Questions that the forger keeps in mind. */
#define NOISE_HEARD	1024u

struct noise_heard {
	enum request_kind	kind;
	u128			scanner, host;
	uint16_t		port;
	uint8_t			type;	/* ICMP */
	uint8_t			mac[6];
};

struct noise {
	const struct world	*world;
	const struct answers	*answers;
	struct rate		 backscatter, forged;
	uint16_t		 sport_lo, sport_hi;	/* of the scanner */
	uint64_t		 state;
	struct noise_heard	 heard[NOISE_HEARD];
	uint32_t		 nheard;	/* ever */
	struct noise_heard	 last[2];	/* of each family, of any answer */
	uint64_t		 nbackscatter, nforged;
};

/* Rates are packets a second, 0: none. */
void	noise_init(struct noise *, const struct world *,
	    const struct answers *, double backscatter, double forged,
	    uint64_t now);
/* A question came that was answered so. Lies are told of what is not open. */
void	noise_hear(struct noise *, const struct request *, enum answer_kind);
/* The next packet that is due: its length, and where it goes; 0: none is. */
size_t	noise_make(struct noise *, uint64_t now, uint8_t *dst,
	    unsigned *ethertype, uint8_t mac[6]);
/* Nanoseconds until one is due; UINT64_MAX: none ever is. */
uint64_t noise_wait(const struct noise *, uint64_t now);

#endif
