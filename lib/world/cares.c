#include "world/cares.h"

#include <ares.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pure/addr.h"
#include "world/late.h"

/* A reply carries many addresses, or names, at most so. */
#define MAX_ADDRS	256
#define MAX_NAMES	64
/* RFC 1035, 3.2. */
#define CLASS_IN	1
#define TYPE_PTR	12
/* 32 nibbles with their dots, "ip6.arpa" and a NUL. */
#define DOMAIN_Z	(64 + 9)

struct cares {
	ares_channel	 channel;
};

struct question {
	cares_addresses_fn	*addresses;
	cares_names_fn		*names;
	void			*arg;
	u128			 addr;
};

static bool library_ready;

static struct {
	__typeof__(ares_library_init)	*library_init;
	__typeof__(ares_init_options)	*init_options;
	__typeof__(ares_set_servers_ports_csv)	*set_servers_ports_csv;
	__typeof__(ares_set_socket_functions)	*set_socket_functions;
	__typeof__(ares_destroy)	*destroy;
	__typeof__(ares_freeaddrinfo)	*freeaddrinfo;
	__typeof__(ares_getsock)	*getsock;
	__typeof__(ares_timeout)	*timeout;
	__typeof__(ares_process_fd)	*process_fd;
	__typeof__(ares_getaddrinfo)	*getaddrinfo;
	__typeof__(ares_query)	*query;
	__typeof__(ares_parse_ptr_reply)	*parse_ptr_reply;
	__typeof__(ares_free_hostent)	*free_hostent;
} lib;

int
cares_load(void)
{
	static const struct late functions[] = {
		{ "ares_library_init", &lib.library_init },
		{ "ares_init_options", &lib.init_options },
		{ "ares_set_servers_ports_csv", &lib.set_servers_ports_csv },
		{ "ares_set_socket_functions", &lib.set_socket_functions },
		{ "ares_destroy", &lib.destroy },
		{ "ares_freeaddrinfo", &lib.freeaddrinfo },
		{ "ares_getsock", &lib.getsock },
		{ "ares_timeout", &lib.timeout },
		{ "ares_process_fd", &lib.process_fd },
		{ "ares_getaddrinfo", &lib.getaddrinfo },
		{ "ares_query", &lib.query },
		{ "ares_parse_ptr_reply", &lib.parse_ptr_reply },
		{ "ares_free_hostent", &lib.free_hostent },
	};

	if (library_ready)
		return 0;
	if (late_load(PRT_LIBCARES, functions, sizeof(functions) /
	    sizeof(functions[0])) == -1 ||
	    lib.library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -1;
	library_ready = true;
	return 0;
}

/* ---- sockets ---- */

/* c-ares would make them non-blocking by fcntl(2), which the sandbox has not. */
static ares_socket_t
open_socket(int family, int type, int proto, void *none)
{
	(void)none;
	return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, proto);
}

static int
close_socket(ares_socket_t s, void *none)
{
	(void)none;
	return close(s);
}

static int
connect_socket(ares_socket_t s, const struct sockaddr *sa, ares_socklen_t n,
    void *none)
{
	(void)none;
	return connect(s, sa, n);
}

static ares_ssize_t
receive(ares_socket_t s, void *p, size_t n, int flags, struct sockaddr *from,
    ares_socklen_t *len, void *none)
{
	(void)none;
	return recvfrom(s, p, n, flags, from, len);
}

static ares_ssize_t
send_some(ares_socket_t s, const struct iovec *v, int n, void *none)
{
	(void)none;
	return writev(s, v, n);
}

static const struct ares_socket_functions sockets = { open_socket,
	close_socket, connect_socket, receive, send_some };

/* ---- starting ---- */

struct cares *
cares_open(const struct cares_conf *conf, const char **why)
{
	struct ares_options opt = { .tries = conf->tries,
	    .timeout = conf->timeout_ms };
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
	struct cares *c = calloc(1, sizeof(*c));

	*why = "out of memory";
	if (c == NULL)
		return NULL;
	*why = "the resolver cannot start: is /etc/resolv.conf in order?";
	if (lib.init_options(&c->channel, &opt, mask) != ARES_SUCCESS) {
		free(c);
		return NULL;
	}
	lib.set_socket_functions(c->channel, &sockets, NULL);
	*why = "DNS servers are written ADDRESS or ADDRESS:PORT, commas "
	    "between, [ADDRESS]:PORT for IPv6";
	if (conf->servers != NULL && lib.set_servers_ports_csv(c->channel,
	    conf->servers) != ARES_SUCCESS) {
		cares_close(c);
		return NULL;
	}
	*why = NULL;
	return c;
}

void
cares_close(struct cares *c)
{
	if (c == NULL)
		return;
	lib.destroy(c->channel);
	free(c);
}

/* ---- names to addresses ---- */

static const char *
why_not(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		return "no such name";
	case ARES_ENODATA:
		return "the name has no address";
	case ARES_EBADNAME:
		return "no valid name";
	case ARES_ETIMEOUT:
		return "no DNS server answered";
	/* c-ares says so of servers that fail or refuse, too */
	case ARES_ECONNREFUSED:
	case ARES_ESERVFAIL:
		return "the DNS servers fail or cannot be reached";
	case ARES_EREFUSED:
		return "the DNS server refused to answer";
	case ARES_ENOMEM:
		return "out of memory";
	default:
		return "the DNS server gave no usable answer";
	}
}

static u128
address_of(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		return ADDR_V4(ntohl(in.sin_addr.s_addr));
	}
	memcpy(&in6, sa, sizeof(in6));
	return addr_from16(in6.sin6_addr.s6_addr);
}

static bool
has(const u128 *addr, size_t n, u128 a)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (addr[i] == a)
			return true;
	return false;
}

static void
got_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct question *q = arg;
	struct ares_addrinfo_node *node;
	u128 addr[MAX_ADDRS], a;
	size_t n = 0;

	(void)timeouts;
	if (status == ARES_SUCCESS) {
		for (node = ai->nodes; node != NULL && n < MAX_ADDRS;
		    node = node->ai_next) {
			a = address_of(node->ai_addr);
			if (!has(addr, n, a))
				addr[n++] = a;
		}
		if (n == 0)
			status = ARES_ENODATA;
	}
	q->addresses(q->arg, addr, n, n > 0 ? NULL : why_not(status));
	lib.freeaddrinfo(ai);
	free(q);
}

int
cares_addresses(struct cares *c, const char *name, int family,
    cares_addresses_fn *fn, void *arg)
{
	/* sorting would open a socket towards every single address */
	struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
	};
	struct question *q = malloc(sizeof(*q));

	if (q == NULL)
		return -1;
	*q = (struct question){ .addresses = fn, .arg = arg };
	lib.getaddrinfo(c->channel, name, NULL, &hints, got_addresses, q);
	return 0;
}

/* ---- addresses to names ---- */

static enum cares_end
end_of(int status)
{
	switch (status) {
	case ARES_ECANCELLED:
	case ARES_EDESTRUCTION:
		return CARES_DROPPED;
	case ARES_ETIMEOUT:
		return CARES_SILENT;
	/* c-ares says the first of servers that fail, too */
	case ARES_ECONNREFUSED:
	case ARES_ESERVFAIL:
	case ARES_EREFUSED:
	case ARES_ENOMEM:
		return CARES_REFUSED;
	default:
		return CARES_ANSWERED;
	}
}

/* The bytes of an address as DNS wants them: 4 or 16 of b. */
static const uint8_t *
bytes_of(uint8_t b[16], u128 addr, int *n, int *family)
{
	bool v4 = addr_is4(addr);

	addr_to16(b, addr);
	*n = v4 ? 4 : 16;
	*family = v4 ? AF_INET : AF_INET6;
	return v4 ? b + 12 : b;
}

/* The name that c-ares takes for the host's comes last: all are aliases to it. */
static size_t
collect(char *name[MAX_NAMES], const struct hostent *h)
{
	size_t n = 0;
	char **z;

	for (z = h->h_aliases; z != NULL && *z != NULL && n < MAX_NAMES - 1;
	    z++)
		name[n++] = *z;
	if (h->h_name != NULL)
		name[n++] = h->h_name;
	return n;
}

static void
got_names(void *arg, int status, int timeouts, unsigned char *said, int len)
{
	struct question *q = arg;
	struct hostent *h = NULL;
	char *name[MAX_NAMES];
	const uint8_t *bytes;
	uint8_t b[16];
	int nbytes, family;
	size_t n = 0;

	(void)timeouts;
	bytes = bytes_of(b, q->addr, &nbytes, &family);
	if (status == ARES_SUCCESS && lib.parse_ptr_reply(said, len, bytes,
	    nbytes, family, &h) == ARES_SUCCESS)
		n = collect(name, h);
	q->names(q->arg, name, n, end_of(status));
	if (h != NULL)
		lib.free_hostent(h);
	free(q);
}

/* "1.2.0.192.in-addr.arpa", and 32 nibbles below ip6.arpa. */
static void
put_domain(char dst[DOMAIN_Z], u128 addr)
{
	const char *hex = "0123456789abcdef";
	uint32_t v4 = addr_v4(addr);
	int i;

	if (addr_is4(addr)) {
		snprintf(dst, DOMAIN_Z, "%u.%u.%u.%u.in-addr.arpa", v4 & 255,
		    v4 >> 8 & 255, v4 >> 16 & 255, v4 >> 24);
		return;
	}
	for (i = 0; i < 32; i++) {
		*dst++ = hex[addr >> 4 * i & 15];
		*dst++ = '.';
	}
	memcpy(dst, "ip6.arpa", sizeof("ip6.arpa"));
}

int
cares_names(struct cares *c, u128 addr, cares_names_fn *fn, void *arg)
{
	struct question *q = malloc(sizeof(*q));
	char domain[DOMAIN_Z];

	if (q == NULL)
		return -1;
	*q = (struct question){ .names = fn, .arg = arg, .addr = addr };
	put_domain(domain, addr);
	lib.query(c->channel, domain, CLASS_IN, TYPE_PTR, got_names, q);
	return 0;
}

/* ---- waiting ---- */

_Static_assert(CARES_SOCKETS >= ARES_GETSOCK_MAXNUM, "room for every socket");

size_t
cares_watch(struct cares *c, struct pollfd fd[CARES_SOCKETS], int *ms)
{
	ares_socket_t sock[ARES_GETSOCK_MAXNUM];
	struct timeval tv, *left;
	size_t i, n = 0;
	short events;
	uint32_t bits;	/* ares_getsock(3); its macros shift into the sign */

	bits = (uint32_t)lib.getsock(c->channel, sock, ARES_GETSOCK_MAXNUM);
	for (i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		events = 0;
		if (bits >> i & 1)
			events |= POLLIN;
		if (bits >> (i + ARES_GETSOCK_MAXNUM) & 1)
			events |= POLLOUT;
		if (events != 0)
			fd[n++] = (struct pollfd){ .fd = sock[i],
			    .events = events };
	}
	left = lib.timeout(c->channel, NULL, &tv);
	*ms = left == NULL ? -1 :
	    (int)(left->tv_sec * 1000 + left->tv_usec / 1000 + 1);
	return n;
}

void
cares_serve(struct cares *c, const struct pollfd *fd, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (fd[i].revents != 0)
			lib.process_fd(c->channel, fd[i].revents &
			    (POLLIN | POLLERR | POLLHUP) ? fd[i].fd :
			    ARES_SOCKET_BAD, fd[i].revents & POLLOUT ?
			    fd[i].fd : ARES_SOCKET_BAD);
	lib.process_fd(c->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}
