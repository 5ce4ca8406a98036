/* A host of the lab whose IP stack is libslirp, which virtual machines and
 * containers without privilege have for a gateway.
 *
 *	slirp TAP NETWORK4 HOST4 PREFIX6 HOST6
 *
 * Attaches to a TAP device, which must be there. What connects to the host
 * (with the networks' lengths of 24 and 64) reaches this machine's loopback. */
#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FDS	256

static struct pollfd	 fds[FDS];
static int		 nfds, tap;

/* ---- what the library calls ---- */

static ssize_t
send_packet(const void *p, size_t n, void *arg)
{
	(void)arg;
	return write(tap, p, n);
}

static void
say(const char *text, void *arg)
{
	(void)arg;
	fprintf(stderr, "slirp: %s\n", text);
}

static int64_t
now(void *arg)
{
	struct timespec t;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The only timer is for router advertisements, which the lab does without. */
static void *
timer_new(SlirpTimerCb cb, void *cb_arg, void *arg)
{
	(void)cb, (void)cb_arg, (void)arg;
	return &fds;
}

static void
timer_free(void *timer, void *arg)
{
	(void)timer, (void)arg;
}

static void
timer_mod(void *timer, int64_t ms, void *arg)
{
	(void)timer, (void)ms, (void)arg;
}

static void
fd_seen(int fd, void *arg)
{
	(void)fd, (void)arg;
}

static void
notify(void *arg)
{
	(void)arg;
}

/* ---- events, in the library's numbers and poll(2)'s ---- */

static const struct { int theirs; short ours; } events[] = {
	{ SLIRP_POLL_IN, POLLIN }, { SLIRP_POLL_OUT, POLLOUT },
	{ SLIRP_POLL_PRI, POLLPRI }, { SLIRP_POLL_ERR, POLLERR },
	{ SLIRP_POLL_HUP, POLLHUP },
};
#define NEVENTS	(sizeof(events) / sizeof(events[0]))

static int
add_poll(int fd, int theirs, void *arg)
{
	size_t i;

	(void)arg;
	if (nfds == FDS)
		return -1;
	fds[nfds] = (struct pollfd){ .fd = fd };
	for (i = 0; i < NEVENTS; i++)
		if (theirs & events[i].theirs)
			fds[nfds].events |= events[i].ours;
	return nfds++;
}

static int
get_events(int n, void *arg)
{
	int theirs = 0;
	size_t i;

	(void)arg;
	for (i = 0; n >= 0 && i < NEVENTS; i++)
		if (fds[n].revents & events[i].ours)
			theirs |= events[i].theirs;
	return theirs;
}

/* ---- the host ---- */

static int
open_tap(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (fd == -1 || ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "%s", name);
	return fd;
}

static void
serve(Slirp *s)
{
	uint8_t frame[65536];
	uint32_t ms;
	ssize_t n;
	int r;

	for (;;) {
		nfds = 0;
		add_poll(tap, SLIRP_POLL_IN, NULL);
		ms = 1000;
		slirp_pollfds_fill(s, &ms, add_poll, NULL);
		r = poll(fds, (nfds_t)nfds, (int)ms);
		slirp_pollfds_poll(s, r < 0, get_events, NULL);
		if (r > 0 && fds[0].revents & POLLIN &&
		    (n = read(tap, frame, sizeof(frame))) > 0)
			slirp_input(s, frame, (int)n);
	}
}

int
main(int argc, char **argv)
{
	static const SlirpCb cb = { .send_packet = send_packet,
	    .guest_error = say, .clock_get_ns = now, .timer_new = timer_new,
	    .timer_free = timer_free, .timer_mod = timer_mod,
	    .register_poll_fd = fd_seen, .unregister_poll_fd = fd_seen,
	    .notify = notify };
	SlirpConfig cfg = { .version = 3, .in_enabled = true,
	    .in6_enabled = true, .vprefix_len = 64, .disable_dns = true };
	Slirp *s;

	if (argc != 6)
		errx(2, "usage: slirp TAP NETWORK4 HOST4 PREFIX6 HOST6");
	cfg.vnetmask.s_addr = htonl(0xffffff00);
	if (inet_pton(AF_INET, argv[2], &cfg.vnetwork) != 1 ||
	    inet_pton(AF_INET, argv[3], &cfg.vhost) != 1 ||
	    inet_pton(AF_INET6, argv[4], &cfg.vprefix_addr6) != 1 ||
	    inet_pton(AF_INET6, argv[5], &cfg.vhost6) != 1)
		errx(2, "these are no addresses");
	/* they have to be there, and nobody asks them */
	cfg.vdhcp_start.s_addr = cfg.vhost.s_addr + htonl(10);
	cfg.vnameserver.s_addr = cfg.vhost.s_addr + htonl(1);
	cfg.vnameserver6 = cfg.vhost6;
	cfg.vnameserver6.s6_addr[15]++;
	tap = open_tap(argv[1]);
	if ((s = slirp_new(&cfg, &cb, NULL)) == NULL)
		errx(1, "slirp_new");
	puts("ready");
	fflush(stdout);
	serve(s);
}
