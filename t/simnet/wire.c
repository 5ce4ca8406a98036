#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "world/tx.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif

/* A frame of the ring: its header and what Ethernet carries. TPACKET_V2 shows
 * each at once, where V3 would hold a block back for milliseconds. */
#define FRAME		2048
#define BLOCK		65536

struct wire {
	int		 fd;
	int		 ifindex;
	uint8_t		 mac[6];
	uint8_t		*ring;
	size_t		 nframes;
	size_t		 at;
	bool		 held;		/* frame `at` is in the caller's hands */
	uint64_t	 drops;
	struct tx	*tx;
};

/* What is for us or for all, and no RST (RFC 791, 8200: offsets from the
 * Ethernet header on). */
static int
attach(int fd)
{
	const uint32_t kind = (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE);
	struct sock_filter code[] = {
		/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kind),
		/* 1 */ BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, PACKET_MULTICAST,
		    13, 0),
		/* 2 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		/* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 5, 0),
		/* 4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 9),
		/* 5 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 9),
		/* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 7),
		/* 7 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
		/* 8 */ BPF_JUMP(BPF_JMP | BPF_JA, 3, 0, 0),
		/* 9 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 6),
		/* 10 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 3),
		/* 11 */ BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 40),
		/* 12 */ BPF_STMT(BPF_LD | BPF_B | BPF_IND, 14 + 13),
		/* 13 */ BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 1, 0),
		/* 14 */ BPF_STMT(BPF_RET | BPF_K, 0xffff),
		/* 15 */ BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog));
}

static int
find_device(struct wire *w, const char *device)
{
	struct ifreq ifr = { 0 };

	if (strlen(device) >= sizeof(ifr.ifr_name)) {
		errno = ENODEV;
		return -1;
	}
	strcpy(ifr.ifr_name, device);
	if (ioctl(w->fd, SIOCGIFINDEX, &ifr) == -1)
		return -1;
	w->ifindex = ifr.ifr_ifindex;
	if (ioctl(w->fd, SIOCGIFHWADDR, &ifr) == -1)
		return -1;
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
		errno = EPROTOTYPE;
		return -1;
	}
	memcpy(w->mac, ifr.ifr_hwaddr.sa_data, 6);
	return 0;
}

static int
make_ring(struct wire *w, unsigned frames)
{
	int version = TPACKET_V2, one = 1;
	struct tpacket_req req = { .tp_block_size = BLOCK,
	    .tp_frame_size = FRAME };
	void *p;

	req.tp_block_nr = (frames + BLOCK / FRAME - 1) / (BLOCK / FRAME);
	req.tp_frame_nr = req.tp_block_nr * (BLOCK / FRAME);
	if (setsockopt(w->fd, SOL_PACKET, PACKET_VERSION, &version,
	    sizeof(version)) == -1 ||
	    setsockopt(w->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
	    sizeof(one)) == -1 ||
	    setsockopt(w->fd, SOL_PACKET, PACKET_RX_RING, &req,
	    sizeof(req)) == -1)
		return -1;
	w->nframes = req.tp_frame_nr;
	p = mmap(NULL, w->nframes * FRAME, PROT_READ | PROT_WRITE, MAP_SHARED,
	    w->fd, 0);
	if (p == MAP_FAILED)
		return -1;
	w->ring = p;
	return 0;
}

static int
start(struct wire *w)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = w->ifindex };

	return bind(w->fd, (struct sockaddr *)&sll, sizeof(sll));
}

struct wire *
wire_open(const char *device, const char *tx, unsigned frames,
    const char **what)
{
	struct wire *w = calloc(1, sizeof(*w));
	struct tx_setup setup = { .name = tx };

	*what = "memory";
	if (w == NULL)
		return NULL;
	*what = "packet socket";
	if ((w->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) == -1)
		goto fail;
	*what = "Ethernet device";
	if (find_device(w, device) == -1)
		goto fail;
	*what = "sender";
	if ((w->tx = tx_open(&setup)) == NULL)
		goto fail;
	*what = "packet ring";
	if (attach(w->fd) == -1 || make_ring(w, frames) == -1 ||
	    start(w) == -1)
		goto fail;
	/* delays are to be exact: no 50 us of slack */
	(void)prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
	return w;
fail:
	wire_close(w);
	return NULL;
}

void
wire_close(struct wire *w)
{
	int saved = errno;

	if (w == NULL)
		return;
	if (w->ring != NULL)
		munmap(w->ring, w->nframes * FRAME);
	tx_close(w->tx);
	if (w->fd != -1)
		close(w->fd);
	free(w);
	errno = saved;
}

const uint8_t *
wire_mac(const struct wire *w)
{
	return w->mac;
}

static struct tpacket2_hdr *
frame_at(const struct wire *w)
{
	return (struct tpacket2_hdr *)(void *)(w->ring + w->at * FRAME);
}

bool
wire_next(struct wire *w, struct wire_frame *f)
{
	struct tpacket2_hdr *h = frame_at(w);
	uint32_t status;

	if (w->held) {
		__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL,
		    __ATOMIC_RELEASE);
		if (++w->at == w->nframes)
			w->at = 0;
		w->held = false;
		h = frame_at(w);
	}
	/* the kernel writes the status last, and reads it first */
	status = __atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE);
	if ((status & TP_STATUS_USER) == 0)
		return false;
	f->p = (const uint8_t *)h + h->tp_mac;
	f->n = h->tp_snaplen;
	f->time = (uint64_t)h->tp_sec * NS_PER_S + h->tp_nsec;
	f->unsummed = (status & TP_STATUS_CSUMNOTREADY) != 0;
	w->held = true;
	return true;
}

void
wire_wait(struct wire *w, uint64_t ns)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	struct timespec ts = { (time_t)(ns / NS_PER_S),
	    (long)(ns % NS_PER_S) };
	socklen_t len = sizeof(int);
	int e;

	if (ppoll(&p, 1, &ts, NULL) == 1 && p.revents & POLLERR)
		(void)getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &e, &len);
}

uint8_t *
wire_slot(struct wire *w)
{
	return tx_slot(w->tx);
}

int
wire_send(struct wire *w, size_t n, unsigned ethertype, const uint8_t mac[6])
{
	struct tx_path path = { .kind = TX_ETHERNET, .ifindex = w->ifindex,
	    .ethertype = (uint16_t)ethertype };

	memcpy(path.src, w->mac, 6);
	memcpy(path.dst, mac, 6);
	return tx_commit(w->tx, n, &path);
}

int
wire_flush(struct wire *w)
{
	return tx_flush(w->tx);
}

uint64_t
wire_drops(struct wire *w)
{
	struct tpacket_stats st;
	socklen_t len = sizeof(st);

	/* reading them resets them */
	if (getsockopt(w->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) == 0)
		w->drops += st.tp_drops;
	return w->drops;
}

uint64_t
wire_refused(struct wire *w)
{
	int e = 0;

	return tx_refused(w->tx, &e);
}
