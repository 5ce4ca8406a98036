/* What servers on UDP ports answer. */
#ifndef SIMNET_SERVER_H
#define SIMNET_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "world.h"

/* The longest answer. */
#define SERVER_MAX	1452

/* Writes the answer of that kind of server to a datagram of n bytes to dst
 * (SERVER_MAX) and returns its length, or -1 when it does not understand the
 * datagram and says nothing. `now` is the time of day, ns. */
int	server_answer(enum world_server, const uint8_t *p, size_t n,
	    uint64_t now, uint8_t *dst);

#endif
