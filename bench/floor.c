/* The floor under a scan of all ports of 127.0.0.1: one thread that sends SYNs
 * from a raw socket, 256 with a system call, and counts the answers in a packet
 * ring. It remembers nothing, proves nothing and sends nothing again.
 *
 *	floor [RUNS]
 *
 * A line of NDJSON a run; `wall` is from the first socket to the last answer.
 * It makes the network namespace that it sends in. */
#include <arpa/inet.h>
#include <err.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "pure/checksum.h"
#include "pure/wire.h"

enum {
	PORTS = 65535, BATCH = 256, LEN = 40, SPORT = 61000,
	FRAME = 128, FRAMES = 8192, BLOCK = 65536
};

#define PATIENCE	(2 * (uint64_t)NS_PER_S)

struct ring {
	int	 fd;
	uint8_t	*map;
	size_t	 at;
};

/* A fresh namespace: lo is made to work, and no packet can leave it, since
 * nothing else does. */
static void
enter_namespace(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct if_nameindex *i;
	int fd;

	if (unshare(CLONE_NEWNET | (geteuid() != 0 ? CLONE_NEWUSER : 0)) == -1)
		err(1, "cannot make a network namespace");
	if ((fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1 ||
	    ioctl(fd, SIOCSIFFLAGS, &ifr) == -1)
		err(1, "lo");
	if ((i = if_nameindex()) == NULL)
		err(1, "interfaces");
	for (; i->if_index != 0; i++) {
		snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", i->if_name);
		if (ioctl(fd, SIOCGIFFLAGS, &ifr) == -1 ||
		    ((ifr.ifr_flags & IFF_UP) && !(ifr.ifr_flags & IFF_LOOPBACK)))
			errx(1, "%s is up in what should be a fresh network "
			    "namespace", i->if_name);
	}
	close(fd);
}

static void
ring_open(struct ring *r)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 22),	/* TCP: to port */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SPORT, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 33),	/* with ACK */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, LEN + 20),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };
	struct tpacket_req req = { .tp_block_size = BLOCK,
	    .tp_block_nr = FRAMES * FRAME / BLOCK, .tp_frame_size = FRAME,
	    .tp_frame_nr = FRAMES };
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_IP) };
	int version = TPACKET_V2, one = 1;

	r->at = 0;
	r->fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	if (r->fd == -1 ||
	    setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version,
	    sizeof(version)) == -1 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
	    sizeof(one)) == -1 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &req,
	    sizeof(req)) == -1 ||
	    (r->map = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE,
	    MAP_SHARED, r->fd, 0)) == MAP_FAILED ||
	    bind(r->fd, (struct sockaddr *)&sll, sizeof(sll)) == -1)
		err(1, "packet ring");
}

/* The answers that are there now. */
static unsigned
drain(struct ring *r)
{
	struct tpacket2_hdr *h;
	unsigned n = 0;

	for (;;) {
		h = (void *)(r->map + r->at * FRAME);
		if ((__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
		    TP_STATUS_USER) == 0)
			return n;
		__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL,
		    __ATOMIC_RELEASE);
		r->at = (r->at + 1) % FRAMES;
		n++;
	}
}

/* A SYN to a port: RFC 791, 9293. */
static void
make_syn(uint8_t *p, uint16_t port)
{
	static const uint8_t head[LEN] = { 0x45, 0, 0, LEN, 0, 0, 0, 0, 64, 6,
	    0, 0, 127, 0, 0, 1, 127, 0, 0, 1, SPORT >> 8, SPORT & 255, 0, 0,
	    0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0x50, 0x02, 0x04, 0x00 };
	static const uint8_t pseudo[4] = { 0, 6, 0, 20 };
	uint16_t sum;

	memcpy(p, head, LEN);
	wr_be16(p + 22, port);
	sum = checksum_fold(checksum_add(checksum_add(0, pseudo, 4), p + 12,
	    LEN - 12));
	memcpy(p + 36, &sum, 2);
}

static unsigned
scan(int fd, struct ring *r)
{
	static uint8_t packet[BATCH][LEN];
	static struct iovec iov[BATCH];
	static struct mmsghdr msg[BATCH];
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint64_t until;
	unsigned port = 1, i, found = 0;
	int n;

	while (port <= PORTS) {
		for (i = 0; i < BATCH && port + i <= PORTS; i++) {
			make_syn(packet[i], (uint16_t)(port + i));
			iov[i] = (struct iovec){ packet[i], LEN };
			msg[i].msg_hdr = (struct msghdr){ .msg_name = &to,
			    .msg_namelen = sizeof(to), .msg_iov = &iov[i],
			    .msg_iovlen = 1 };
		}
		if ((n = sendmmsg(fd, msg, i, 0)) == -1)
			err(1, "sendmmsg");
		port += (unsigned)n;
		found += drain(r);
	}
	until = clock_mono_ns() + PATIENCE;
	while (found < PORTS && clock_mono_ns() < until)
		found += drain(r);
	return found;
}

int
main(int argc, char **argv)
{
	int round, runs = argc > 1 ? atoi(argv[1]) : 5, fd;
	struct ring r;
	unsigned found;
	uint64_t start;
	bool lost = false;

	enter_namespace();
	for (round = 1; round <= runs; round++) {
		start = clock_mono_ns();
		ring_open(&r);
		fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
		if (fd == -1)
			err(1, "raw socket");
		found = scan(fd, &r);
		printf("{\"case\":\"65535 ports, loopback\",\"who\":\"floor\","
		    "\"round\":%d,\"wall\":%.4f,\"found\":%u,"
		    "\"want\":%d}\n", round,
		    (double)(clock_mono_ns() - start) / 1e9, found, PORTS);
		lost |= found != PORTS;
		close(fd);
		munmap(r.map, FRAMES * FRAME);
		close(r.fd);
	}
	return lost;
}
