/* Receiving answers: a packet socket on every interface, filtered in the
 * kernel, with a ring when many are expected. Layer 3. */
#ifndef PRT_WORLD_RX_H
#define PRT_WORLD_RX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A captured packet, from the network header on; valid until the next call. */
struct rx_packet {
	const uint8_t	*p;
	size_t		 n;		/* captured */
	size_t		 len;		/* on the wire */
	unsigned	 ethertype;
	uint64_t	 time;		/* CLOCK_REALTIME, ns */
	int		 ifindex;
	uint8_t		 mac[6];	/* who sent the frame */
	bool		 has_mac;
};

/* What may be an answer: TCP and UDP to these destination ports, ICMP and
 * ICMPv6 answers and errors, ARP replies and neighbour advertisements. */
struct rx_filter {
	uint16_t	port;
	uint16_t	nports;
};

/* The network layers that are captured: one of them alone costs less. */
enum rx_layer { RX_IPV4, RX_IPV6, RX_ALL };

struct rx;

/* Opens the socket (CAP_NET_RAW), which receives nothing yet. NULL with
 * errno. */
struct rx *rx_open(void);
/* Sets filter and ring and starts: `expect` is how many answers may come,
 * `whole` asks for whole packets rather than the head that judging needs. 0,
 * or -1 with errno. */
int	 rx_start(struct rx *, const struct rx_filter *, enum rx_layer,
	    uint64_t expect, bool whole);
/* Captures every layer from now on, or -1 with errno. */
int	 rx_widen(struct rx *);
/* The next packet: true when there is one; never blocks. */
bool	 rx_next(struct rx *, struct rx_packet *);
/* The socket, to be watched for being readable by whoever has a loop of his own,
 * and what takes an error off it: an interface went down, the others go on. */
int	 rx_fd(const struct rx *);
void	 rx_calm(struct rx *);
/* Waits for packets, or for wake_fd to become readable: 1 when that is, else 0;
 * -1 with errno. */
int	 rx_wait(struct rx *, int wake_fd, int timeout_ms);
/* How many packets may wait without one being dropped, with some to spare. */
uint64_t rx_room(const struct rx *);
/* Packets that the kernel dropped since the last call, for want of room. */
uint64_t rx_drops(struct rx *);
void	 rx_close(struct rx *);

#endif
