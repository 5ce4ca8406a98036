/* Sockets to an address: what the connect engine and the conversations on top of
 * it both ask of the kernel. Layer 3. */
#ifndef PRT_WORLD_SOCK_H
#define PRT_WORLD_SOCK_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/num.h"

/* The local end. */
struct sock_local {
	u128		 source4, source6;	/* 0: the kernel's choice */
	const char	*ifname;		/* NULL: the kernel's choice */
	unsigned	 ifindex;		/* for link-local addresses */
};

/* The other end. */
struct sock_peer {
	u128		addr;
	uint16_t	port;
	unsigned	scope;		/* for link-local addresses */
};

/* An ICMP or ICMPv6 error. */
struct sock_icmp {
	uint8_t	type, code;
	u128	from;		/* 0 when unknown */
};

bool	sock_is_loopback(u128);
/* Fills in the address; `scope` counts for link-local ones only. Its length. */
socklen_t sock_addr(struct sockaddr_storage *, u128, uint16_t port,
	    unsigned scope);
/* The address in p, which may be unaligned; 0 when it is of another family. */
u128	sock_addr_of(const void *p, sa_family_t family, uint16_t *port);
/* As send(2) and recv(2) on a datagram socket that is not connected; what comes
 * from other hosts is passed over, with EAGAIN. */
ssize_t	sock_send(int fd, const struct sock_peer *, const void *, size_t);
ssize_t	sock_recv(int fd, const struct sock_peer *, void *, size_t);
/* Could something be sent to the peer? 0, or -1 with errno. */
int	sock_check_route(int fd, const struct sock_peer *);
/* A nonblocking socket of type SOCK_STREAM or SOCK_DGRAM, towards `to`, that
 * tells ICMP errors: the descriptor, or -1 with errno. With avoid != 0 its local
 * port is chosen here, and not that one. */
int	sock_open(int type, u128 to, const struct sock_local *, uint16_t avoid);
/* Ends a connection with a RST: without TIME_WAIT a scan cannot use up the
 * ports, and the scanned host frees its side at once as well. */
void	sock_close_hard(int fd);
/* The ICMP error that ended something on this socket, if one did: the kernel
 * queues it. */
bool	sock_icmp(int fd, struct sock_icmp *);
/* Says the error that nobody listens on the port? */
bool	sock_icmp_refuses(const struct sock_icmp *, bool is4);
/* Reads an address into source4 or source6 of a struct sock_local, for an option
 * table (OPT_READ). */
const char *sock_read_source(void *dst, const char *value);
/* Fills in ifindex, and tries whether the kernel lets us have that local end: 0,
 * or -1 with errno (EPERM: a privilege is missing), and "what: what is wrong, and
 * the mend" appended to *err. */
int	sock_check_local(struct sock_local *, struct buf *err);

#endif
