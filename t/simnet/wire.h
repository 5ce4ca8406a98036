/* The network device: frames in by a ring that is shared with the kernel, out
 * by the sender of the library that is fastest here. packet(7). */
#ifndef SIMNET_WIRE_H
#define SIMNET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_frame {
	const uint8_t	*p;		/* from the Ethernet header on */
	size_t		 n;
	uint64_t	 time;		/* when it came: time of day, ns */
	bool		 unsummed;	/* its checksums were left to a card */
};

struct wire;

/* Opens an Ethernet device, by the sender of that name (NULL: choose). NULL
 * with errno, and *what is what could not be done. */
struct wire *wire_open(const char *device, const char *tx, unsigned frames,
	    const char **what);
void	wire_close(struct wire *);
const uint8_t *wire_mac(const struct wire *);
/* The next frame that came, valid until the next call; never blocks. Segments
 * with RST are left out by a filter: nobody answers them. */
bool	wire_next(struct wire *, struct wire_frame *);
/* Until a frame has come or ns are over. */
void	wire_wait(struct wire *, uint64_t ns);
/* Where the next packet is to be written, from the network header on; then
 * wire_send() queues it. 0, or -1 with errno when nothing can be sent. */
uint8_t	*wire_slot(struct wire *);
int	wire_send(struct wire *, size_t n, unsigned ethertype,
	    const uint8_t mac[6]);
int	wire_flush(struct wire *);
/* Frames that the kernel dropped, all in all: the ring was full. */
uint64_t wire_drops(struct wire *);
/* Packets that the kernel did not take. */
uint64_t wire_refused(struct wire *);

#endif
