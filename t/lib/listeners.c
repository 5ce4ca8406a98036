/* Opens many ports at once: real TCP and UDP servers for the tests.
 *
 *	listeners [-s] tcp:22,80,8000-8010 udp:53 ...
 *
 * Each spec is opened on IPv4 and IPv6. A TCP connection is accepted and
 * closed; a datagram is answered with one byte, with -s (silent) never. Prints
 * "ready" when every port is open, and runs until it is killed. */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <err.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool silent;
static int ep;

static void
open_port(int family, int type, unsigned port)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *in4 = (void *)&ss;
	struct sockaddr_in6 *in6 = (void *)&ss;
	struct epoll_event ev = { .events = EPOLLIN };
	int fd, one = 1;

	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((in_port_t)port);
	} else {
		in4->sin_family = AF_INET;
		in4->sin_port = htons((in_port_t)port);
	}
	if (bind(fd, (struct sockaddr *)&ss, family == AF_INET6 ?
	    sizeof(*in6) : sizeof(*in4)) == -1)
		err(1, "bind port %u", port);
	if (type == SOCK_STREAM && listen(fd, 4096) == -1)
		err(1, "listen");
	/* The low bit tells what it is. */
	ev.data.u64 = (unsigned)fd * 2u + (type == SOCK_STREAM);
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == -1)
		err(1, "epoll_ctl");
}

static void
open_spec(const char *spec)
{
	int type = strncmp(spec, "udp:", 4) == 0 ? SOCK_DGRAM : SOCK_STREAM;
	char *end;
	unsigned long a, b;

	if (strncmp(spec, "udp:", 4) != 0 && strncmp(spec, "tcp:", 4) != 0)
		errx(2, "%s: want tcp:PORTS or udp:PORTS", spec);
	for (spec += 4;; spec = end + 1) {
		a = b = strtoul(spec, &end, 10);
		if (*end == '-')
			b = strtoul(end + 1, &end, 10);
		for (; a <= b && b < 65536; a++) {
			open_port(AF_INET, type, (unsigned)a);
			open_port(AF_INET6, type, (unsigned)a);
		}
		if (*end != ',')
			break;
	}
}

static void
serve(int fd, bool stream)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char byte;
	int c;

	if (stream) {
		while ((c = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) != -1)
			close(c);
		return;
	}
	while (recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&from,
	    &len) != -1) {
		if (!silent)
			sendto(fd, "!", 1, 0, (struct sockaddr *)&from, len);
		len = sizeof(from);
	}
}

int
main(int argc, char **argv)
{
	struct epoll_event ev[64];
	struct rlimit rl;
	int i, n;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
	if ((ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-s") == 0)
			silent = true;
		else
			open_spec(argv[i]);
	}
	puts("ready");
	fclose(stdout);
	for (;;) {
		n = epoll_wait(ep, ev, 64, -1);
		for (i = 0; i < n; i++)
			serve((int)(ev[i].data.u64 / 2), ev[i].data.u64 & 1);
	}
}
