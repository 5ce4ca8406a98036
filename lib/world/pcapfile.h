/* Capture files, written and read. Layer 3.
 *
 * Written as Linux cooked captures (LINKTYPE_LINUX_SLL, nanoseconds), which hold
 * IPv4, IPv6 and ARP of any interface in one file. */
#ifndef PRT_WORLD_PCAPFILE_H
#define PRT_WORLD_PCAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcapfile;

/* A packet from its network header on. */
struct pcapfile_packet {
	const uint8_t	*p;
	size_t		 n;		/* bytes there are */
	size_t		 len;		/* bytes there were on the wire */
	unsigned	 ethertype;
	uint64_t	 time;		/* ns since the epoch */
	bool		 outgoing;
	uint8_t		 mac[6];	/* the sender's */
	bool		 has_mac;
};

/* Creates or truncates a file: NULL, with errno. */
struct pcapfile *pcapfile_create(const char *path);
/* 0, or -1 with errno when it cannot be written. */
int	pcapfile_put(struct pcapfile *, const struct pcapfile_packet *);
/* Opens a file for reading; "-" is stdin. NULL, with what is wrong in err. */
struct pcapfile *pcapfile_open(const char *path, char *err, size_t cap);
/* The next packet that has a network layer: 1, 0 at the end, -1 when the file
 * is damaged there (err says how). Link types: Ethernet (with VLAN tags),
 * Linux cooked v1 and v2, raw IP, BSD loopback. */
int	pcapfile_next(struct pcapfile *, struct pcapfile_packet *, char *err,
	    size_t cap);
/* Flushes and closes: 0, or -1 with errno when what was written did not all
 * reach the file. */
int	pcapfile_close(struct pcapfile *);

#endif
