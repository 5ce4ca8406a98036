/* The sender that makes its frames inside the kernel: see live.h. Linux,
 * Documentation/bpf/bpf_prog_run.rst. */
#include "world/live.h"
#include "world/tx.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

#ifdef PRT_LIVE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* linux/bpf.h may be older than the kernel that runs */
#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES	(1U << 1)
#endif
#define FRAMES_AT_ONCE	256

/* The program, as the compiler left it. */
__asm__(".section .rodata\n"
    ".balign 16\n"
    "prt_live_object: .incbin \"" PRT_LIVE "\"\n"
    "prt_live_object_end: .byte 0\n"
    ".previous\n");
extern const char prt_live_object[], prt_live_object_end[];

struct tx_live {
	struct bpf_object	*object;
	int			 prog;
	struct live		*memory;
	uint8_t			 frame[LIVE_FRAME];
};

static void
live_close(void *state)
{
	struct tx_live *l = state;

	if (l->memory != NULL)
		munmap(l->memory, sizeof(*l->memory));
	bpf_object__close(l->object);
	free(l);
}

static int
quiet(enum libbpf_print_level level, const char *text, va_list ap)
{
	(void)level;
	(void)text;
	(void)ap;
	return 0;
}

static int
load(struct tx_live *l)
{
	struct bpf_program *p;
	struct bpf_map *m;
	void *at;
	int e;

	libbpf_set_print(quiet);
	l->object = bpf_object__open_mem(prt_live_object,
	    (size_t)(prt_live_object_end - prt_live_object), NULL);
	if (l->object == NULL)
		return -1;
	p = bpf_object__find_program_by_name(l->object, "prt_live");
	m = bpf_object__find_map_by_name(l->object, ".bss.live");
	if (p == NULL || m == NULL ||
	    bpf_map__value_size(m) < sizeof(*l->memory)) {
		errno = ENOEXEC;
		return -1;
	}
	bpf_program__set_type(p, BPF_PROG_TYPE_XDP);
	if ((e = bpf_object__load(l->object)) != 0) {
		errno = -e;
		return -1;
	}
	l->prog = bpf_program__fd(p);
	at = mmap(NULL, sizeof(*l->memory), PROT_READ | PROT_WRITE,
	    MAP_SHARED, bpf_map__fd(m), 0);
	if (at == MAP_FAILED)
		return -1;
	l->memory = at;
	return 0;
}

static int
live_open(void **state, const struct tx_setup *s)
{
	struct tx_live *l = calloc(1, sizeof(*l));

	(void)s;
	if (l == NULL)
		return -1;
	if (load(l) == -1) {
		live_close(l);
		return -1;
	}
	*state = l;
	return 0;
}

struct live *
live_memory(void *state)
{
	return ((struct tx_live *)state)->memory;
}

/* Frames leave once so many are made: a tenth of a millisecond's worth. */
static uint32_t
at_once(uint64_t pps)
{
	return pps == 0 || pps / 10000 > FRAMES_AT_ONCE ? FRAMES_AT_ONCE :
	    (uint32_t)(pps / 10000) + 1;
}

int
live_run(void *state, const atomic_bool *stop)
{
	struct tx_live *l = state;
	const volatile uint64_t *at = &l->memory->at;
	uint64_t end = l->memory->end, was;
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = l->frame,
	    .data_size_in = sizeof(l->frame),
	    .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
	    .batch_size = at_once(l->memory->pps));

	l->memory->from = l->memory->at;
	l->memory->start = clock_mono_ns();
	while (*at < end && !atomic_load(stop)) {
		was = *at;
		o.repeat = end - was < INT_MAX ? (int)(end - was) : INT_MAX;
		if (bpf_prog_test_run_opts(l->prog, &o) != 0 &&
		    errno != EINTR && *at == was)
			return -1;
	}
	return 0;
}

#else

static int
live_open(void **state, const struct tx_setup *s)
{
	(void)state;
	(void)s;
	errno = ENOSYS;
	return -1;
}

static void
live_close(void *state)
{
	(void)state;
}

struct live *
live_memory(void *state)
{
	(void)state;
	return NULL;
}

int
live_run(void *state, const atomic_bool *stop)
{
	(void)state;
	(void)stop;
	errno = ENOSYS;
	return -1;
}

#endif

static bool
live_takes(void *state, const struct tx_path *p)
{
	(void)state;
	(void)p;
	return false;
}

const struct tx_backend tx_live = {
	.name = "xdp-live",
	.about = "a program in the kernel makes the frames: TCP and ICMP "
	    "types, over Ethernet",
#ifndef PRT_LIVE
	.missing = "clang and libbpf-dev",
#endif
	.open = live_open,
	.takes = live_takes,
	.close = live_close,
};

/* ---- the device ---- */

/* linux/netdev.h, from Linux 6.3 on */
#define NETDEV_DEV_GET		1
#define NETDEV_IFINDEX		1
#define NETDEV_XDP_FEATURES	3
#define NDO_XMIT		4

/* Asks a generic netlink family; `want` is the attribute that is handed to
 * *out: a number of 2 or 8 bytes. */
struct question {
	uint16_t	want;
	uint64_t	out;
	bool		there;
};

static int
on_answer(const struct nlmsghdr *h, void *arg)
{
	struct question *q = arg;
	struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(a) != q->want)
			continue;
		q->there = true;
		q->out = mnl_attr_get_payload_len(a) == 2 ?
		    mnl_attr_get_u16(a) : mnl_attr_get_u64(a);
	}
	return MNL_CB_OK;
}

static int
ask(struct mnl_socket *nl, struct nlmsghdr *h, struct question *q)
{
	char buf[8192];
	ssize_t n;

	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = 1;
	if (mnl_socket_sendto(nl, h, h->nlmsg_len) == -1)
		return -1;
	while ((n = mnl_socket_recvfrom(nl, buf, sizeof(buf))) > 0)
		if (mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl),
		    on_answer, q) <= 0)
			break;
	return q->there ? 0 : -1;
}

static struct nlmsghdr *
request(char *buf, uint16_t family, uint8_t cmd)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = family;
	g->cmd = cmd;
	g->version = 1;
	return h;
}

bool
live_device(int ifindex)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_GENERIC);
	struct question family = { .want = CTRL_ATTR_FAMILY_ID };
	struct question xdp = { .want = NETDEV_XDP_FEATURES };
	struct nlmsghdr *h;
	char buf[256];

	if (nl == NULL)
		return true;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == -1)
		goto out;
	h = request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, "netdev");
	if (ask(nl, h, &family) == -1)
		goto out;
	h = request(buf, (uint16_t)family.out, NETDEV_DEV_GET);
	mnl_attr_put_u32(h, NETDEV_IFINDEX, (uint32_t)ifindex);
	(void)ask(nl, h, &xdp);
out:
	mnl_socket_close(nl);
	return !xdp.there || (xdp.out & NDO_XMIT) != 0;
}
