#include "world/resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <idn2.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "pure/addr.h"
#include "world/late.h"

/* A server that is silent is asked so often, with growing patience. */
#define TRIES		3
#define TIMEOUT_MS	1500
/* A reply carries many addresses at most so. */
#define MAX_ADDRS	256
/* DNS names, RFC 1035, 2.3.4, and a NUL. */
#define NAME_MAX_Z	256

struct resolve {
	struct resolve_conf	 conf;
	ares_channel		 channel;
	size_t			 pending;
};

struct question {
	struct resolve	*owner;
	void		*arg;
};

static bool library_ready;

/* c-ares and libidn2, which are there once a name is asked for, and once one is
 * not ASCII. */
static struct {
	__typeof__(ares_library_init)	*library_init;
	__typeof__(ares_init_options)	*init_options;
	__typeof__(ares_set_servers_ports_csv)	*set_servers_ports_csv;
	__typeof__(ares_destroy)	*destroy;
	__typeof__(ares_freeaddrinfo)	*freeaddrinfo;
	__typeof__(ares_getsock)	*getsock;
	__typeof__(ares_timeout)	*timeout;
	__typeof__(ares_process_fd)	*process_fd;
	__typeof__(ares_getaddrinfo)	*getaddrinfo;
} cares;

static struct {
	__typeof__(idn2_to_ascii_8z)	*to_ascii_8z;
	__typeof__(idn2_free)	*free;
} idn;

static int
load_cares(void)
{
	static const struct late functions[] = {
		{ "ares_library_init", &cares.library_init },
		{ "ares_init_options", &cares.init_options },
		{ "ares_set_servers_ports_csv", &cares.set_servers_ports_csv },
		{ "ares_destroy", &cares.destroy },
		{ "ares_freeaddrinfo", &cares.freeaddrinfo },
		{ "ares_getsock", &cares.getsock },
		{ "ares_timeout", &cares.timeout },
		{ "ares_process_fd", &cares.process_fd },
		{ "ares_getaddrinfo", &cares.getaddrinfo },
	};

	return cares.library_init != NULL ? 0 : late_load(PRT_LIBCARES,
	    functions, sizeof(functions) / sizeof(functions[0]));
}

static int
load_idn(void)
{
	static const struct late functions[] = {
		{ "idn2_to_ascii_8z", &idn.to_ascii_8z },
		{ "idn2_free", &idn.free },
	};

	return idn.free != NULL ? 0 : late_load(PRT_LIBIDN2, functions,
	    sizeof(functions) / sizeof(functions[0]));
}

struct resolve *
resolve_new(const struct resolve_conf *conf, const char **why)
{
	struct ares_options opt = { .timeout = TIMEOUT_MS, .tries = TRIES };
	struct resolve *r = calloc(1, sizeof(*r));
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;

	*why = "out of memory";
	if (r == NULL)
		return NULL;
	r->conf = *conf;
	*why = "resolving names needs " PRT_LIBCARES ": install c-ares";
	if (load_cares() == -1)
		goto bad;
	*why = "out of memory";
	if (!library_ready) {
		if (cares.library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
			goto bad;
		library_ready = true;
	}
	*why = "the resolver cannot start: is /etc/resolv.conf in order?";
	if (cares.init_options(&r->channel, &opt, mask) != ARES_SUCCESS)
		goto bad;
	*why = "DNS servers are written ADDRESS or ADDRESS:PORT, commas "
	    "between, [ADDRESS]:PORT for IPv6";
	if (conf->servers != NULL && cares.set_servers_ports_csv(r->channel,
	    conf->servers) != ARES_SUCCESS) {
		cares.destroy(r->channel);
		goto bad;
	}
	return r;
bad:
	free(r);
	return NULL;
}

void
resolve_free(struct resolve *r)
{
	if (r == NULL)
		return;
	cares.destroy(r->channel);
	free(r);
}

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
answered(void *arg, int status, int timeouts, struct ares_addrinfo *ai)
{
	struct question *q = arg;
	struct ares_addrinfo_node *node;
	u128 addr[MAX_ADDRS], a;
	size_t n = 0;

	(void)timeouts;
	q->owner->pending--;
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
	q->owner->conf.answer(q->arg, addr, n,
	    n > 0 ? NULL : why_not(status));
	cares.freeaddrinfo(ai);
	free(q);
}

/* One wait for answers, or for the next retransmission. */
static int
turn(struct resolve *r)
{
	ares_socket_t sock[ARES_GETSOCK_MAXNUM];
	struct pollfd pfd[ARES_GETSOCK_MAXNUM];
	struct timeval tv, *left;
	int bits, i, n = 0, ms;

	bits = cares.getsock(r->channel, sock, ARES_GETSOCK_MAXNUM);
	for (i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = 0;

		if (ARES_GETSOCK_READABLE(bits, i))
			events |= POLLIN;
		if (ARES_GETSOCK_WRITABLE(bits, i))
			events |= POLLOUT;
		if (events == 0)
			break;
		pfd[n++] = (struct pollfd){ .fd = sock[i], .events = events };
	}
	left = cares.timeout(r->channel, NULL, &tv);
	ms = left == NULL ? TIMEOUT_MS :
	    (int)(left->tv_sec * 1000 + left->tv_usec / 1000 + 1);
	if (poll(pfd, (nfds_t)n, ms) == -1)
		return -1;
	for (i = 0; i < n; i++)
		cares.process_fd(r->channel,
		    (pfd[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0 ?
		    pfd[i].fd : ARES_SOCKET_BAD,
		    (pfd[i].revents & POLLOUT) != 0 ? pfd[i].fd :
		    ARES_SOCKET_BAD);
	cares.process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	return 0;
}

static bool
is_ascii(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* The name as DNS knows it: 0, or -1 when it cannot be one. */
static int
to_ascii(char dst[NAME_MAX_Z], struct str name)
{
	char z[4 * NAME_MAX_Z];
	char *out = NULL;
	int r;

	if (is_ascii(name))
		return str_copy(dst, NAME_MAX_Z, name) ? 0 : -1;
	if (!str_copy(z, sizeof(z), name) ||
	    idn.to_ascii_8z(z, &out, IDN2_NFC_INPUT |
	    IDN2_NONTRANSITIONAL) != IDN2_OK)
		return -1;
	r = str_copy(dst, NAME_MAX_Z, str_of(out)) ? 0 : -1;
	idn.free(out);
	return r;
}

int
resolve_ask(struct resolve *r, struct str name, void *arg)
{
	static const int family[] = {
		[RESOLVE_BOTH] = AF_UNSPEC, [RESOLVE_V4] = AF_INET,
		[RESOLVE_V6] = AF_INET6,
	};
	/* sorting would open a socket towards every single address */
	struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = family[r->conf.family],
		.ai_socktype = SOCK_STREAM,
	};
	struct question *q;
	char z[NAME_MAX_Z];

	while (r->pending > 0 && r->pending >= r->conf.max_pending)
		if (turn(r) == -1)
			return -1;
	if (!is_ascii(name) && load_idn() == -1) {
		r->conf.answer(arg, NULL, 0, "a name that is not ASCII needs "
		    PRT_LIBIDN2 ": install libidn2");
		return 0;
	}
	if (to_ascii(z, name) == -1) {
		r->conf.answer(arg, NULL, 0, "no valid name (IDNA 2008)");
		return 0;
	}
	if ((q = malloc(sizeof(*q))) == NULL)
		return -1;
	*q = (struct question){ r, arg };
	r->pending++;
	cares.getaddrinfo(r->channel, z, NULL, &hints, answered, q);
	return 0;
}

int
resolve_finish(struct resolve *r)
{
	while (r->pending > 0)
		if (turn(r) == -1)
			return -1;
	return 0;
}
