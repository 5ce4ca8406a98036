/* A wire without Ethernet: a tun device here, one in another network
 * namespace, and every packet carried across.
 *
 *	tunwire DEV NETNS-FILE DEV */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
tun_open(const char *dev)
{
	struct ifreq ifr = { 0 };
	int fd;

	if ((fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC)) == -1)
		err(1, "/dev/net/tun");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", dev);
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &ifr) == -1)
		err(1, "TUNSETIFF %s", dev);
	return fd;
}

static void
carry(int from, int to)
{
	static char pkt[65536];
	ssize_t n;

	/* A device that is down refuses the packet: that is a lost packet. */
	if ((n = read(from, pkt, sizeof(pkt))) > 0 &&
	    write(to, pkt, (size_t)n) == -1)
		return;
}

int
main(int argc, char **argv)
{
	struct pollfd p[2];
	int ns;

	if (argc != 4)
		errx(2, "usage: tunwire dev netns-file dev");
	p[0] = (struct pollfd){ tun_open(argv[1]), POLLIN, 0 };
	if ((ns = open(argv[2], O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", argv[2]);
	if (setns(ns, CLONE_NEWNET) == -1)
		err(1, "setns %s", argv[2]);
	p[1] = (struct pollfd){ tun_open(argv[3]), POLLIN, 0 };
	for (;;) {
		if (poll(p, 2, -1) == -1)
			err(1, "poll");
		if (p[0].revents)
			carry(p[0].fd, p[1].fd);
		if (p[1].revents)
			carry(p[1].fd, p[0].fd);
	}
}
