/* The options of a TCP header: in what order, and what they say. Layer 1. */
#ifndef PRT_PURE_TCPOPT_H
#define PRT_PURE_TCPOPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the order of the options, and its NUL. */
#define TCPOPT_ORDER	20

struct tcpopt {
	bool		has_mss, has_scale;
	uint16_t	mss;
	uint8_t		scale;
	/* A letter each, as they stand in the header: M the maximum segment
	 * size, N no operation, W the window scale, S selective acknowledgement
	 * permitted, T timestamps, E the end of the list; another kind as "."
	 * and its number. "+" ends what is longer than fits, "!" what is not
	 * well-formed. */
	char		order[TCPOPT_ORDER];
};

/* Reads n bytes of options (RFC 9293, 3.1; RFC 2018, 2; RFC 7323, 2.2 and
 * 3.2). Of an option that stands there twice the last one counts. */
void	tcpopt_read(struct tcpopt *, const uint8_t *, size_t n);

#endif
