/* The sender that makes its frames inside the kernel: see live.h. Linux,
 * Documentation/bpf/bpf_prog_run.rst. */
#include "world/live.h"
#include "world/tx.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "world/late.h"

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

/* libbpf, which is there once one of us was opened. */
static struct {
	__typeof__(libbpf_set_print)	*set_print;
	__typeof__(bpf_object__open_mem)	*open_mem;
	__typeof__(bpf_object__find_program_by_name)	*find_program;
	__typeof__(bpf_object__find_map_by_name)	*find_map;
	__typeof__(bpf_object__load)	*load;
	__typeof__(bpf_object__close)	*close;
	__typeof__(bpf_map__value_size)	*map_size;
	__typeof__(bpf_map__fd)	*map_fd;
	__typeof__(bpf_program__set_type)	*set_type;
	__typeof__(bpf_program__fd)	*program_fd;
	__typeof__(bpf_prog_test_run_opts)	*test_run;
} bpf;

static int
load_library(void)
{
	static const struct late functions[] = {
		{ "libbpf_set_print", &bpf.set_print },
		{ "bpf_object__open_mem", &bpf.open_mem },
		{ "bpf_object__find_program_by_name", &bpf.find_program },
		{ "bpf_object__find_map_by_name", &bpf.find_map },
		{ "bpf_object__load", &bpf.load },
		{ "bpf_object__close", &bpf.close },
		{ "bpf_map__value_size", &bpf.map_size },
		{ "bpf_map__fd", &bpf.map_fd },
		{ "bpf_program__set_type", &bpf.set_type },
		{ "bpf_program__fd", &bpf.program_fd },
		{ "bpf_prog_test_run_opts", &bpf.test_run },
	};

	return bpf.test_run != NULL ? 0 : late_load(PRT_LIBBPF, functions,
	    sizeof(functions) / sizeof(functions[0]));
}

static void
live_close(void *state)
{
	struct tx_live *l = state;

	if (l->memory != NULL)
		munmap(l->memory, sizeof(*l->memory));
	if (l->object != NULL)
		bpf.close(l->object);
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

	if (load_library() == -1)
		return -1;
	bpf.set_print(quiet);
	l->object = bpf.open_mem(prt_live_object,
	    (size_t)(prt_live_object_end - prt_live_object), NULL);
	if (l->object == NULL)
		return -1;
	p = bpf.find_program(l->object, "prt_live");
	m = bpf.find_map(l->object, ".bss.live");
	if (p == NULL || m == NULL ||
	    bpf.map_size(m) < sizeof(*l->memory)) {
		errno = ENOEXEC;
		return -1;
	}
	bpf.set_type(p, BPF_PROG_TYPE_XDP);
	if ((e = bpf.load(l->object)) != 0) {
		errno = -e;
		return -1;
	}
	l->prog = bpf.program_fd(p);
	at = mmap(NULL, sizeof(*l->memory), PROT_READ | PROT_WRITE,
	    MAP_SHARED, bpf.map_fd(m), 0);
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
		if (bpf.test_run(l->prog, &o) != 0 &&
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
