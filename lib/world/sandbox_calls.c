/* The part of the sandbox that needs libseccomp: a file of its own, so that who
 * does not use it does not load that. */
#include "world/sandbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "world/sandbox_priv.h"

enum kind { PLAIN, SOCKETS, PACKETS };

#ifdef WITHOUT_SANDBOX

static int
enter_seccomp(enum kind kind)
{
	(void)kind;
	return 0;
}

#else

static const int allowed[] = {
	/* what is open */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(lseek),
	SCMP_SYS(_llseek), SCMP_SYS(close), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(fstat), SCMP_SYS(fstat64),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(_newselect),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* time */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time),
	/* signals, and the end */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* the C library: locks, its own identity for abort(), random numbers
	 * for the allocator */
	SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getrandom), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
};

static const int on_sockets[] = {
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(send), SCMP_SYS(sendto),
	SCMP_SYS(sendmsg), SCMP_SYS(recv), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
};

/* On sockets that are open; those of packets are bound, too. */
static const int on_packets[] = {
	SCMP_SYS(send), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg), SCMP_SYS(recv), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
};

/* Memory, but none that can be run. */
static int
allow_plain_memory(scmp_filter_ctx ctx, int call)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

static int
allow_abort(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

static int
allow(scmp_filter_ctx ctx, const int *call, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call[i], 0);
	return r;
}

static int
allow_socket(scmp_filter_ctx ctx, int family, int type)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0),
	    SCMP_A1(SCMP_CMP_MASKED_EQ,
	    ~(scmp_datum_t)(SOCK_NONBLOCK | SOCK_CLOEXEC) & UINT32_MAX,
	    (scmp_datum_t)type));
}

static int
allow_sockets(scmp_filter_ctx ctx)
{
	int r;

	if ((r = allow_socket(ctx, AF_INET, SOCK_STREAM)) != 0 ||
	    (r = allow_socket(ctx, AF_INET, SOCK_DGRAM)) != 0 ||
	    (r = allow_socket(ctx, AF_INET6, SOCK_STREAM)) != 0 ||
	    (r = allow_socket(ctx, AF_INET6, SOCK_DGRAM)) != 0)
		return r;
	return allow(ctx, on_sockets, sizeof(on_sockets) /
	    sizeof(on_sockets[0]));
}

static int
allow_packets(scmp_filter_ctx ctx)
{
	return allow(ctx, on_packets, sizeof(on_packets) /
	    sizeof(on_packets[0]));
}

static int
fill(scmp_filter_ctx ctx, enum kind kind)
{
	int r;

	if ((r = allow(ctx, allowed, sizeof(allowed) /
	    sizeof(allowed[0]))) != 0 ||
	    (r = allow_plain_memory(ctx, SCMP_SYS(mmap))) != 0 ||
	    (r = allow_plain_memory(ctx, SCMP_SYS(mprotect))) != 0 ||
	    (kind == SOCKETS && (r = allow_sockets(ctx)) != 0) ||
	    (kind == PACKETS && (r = allow_packets(ctx)) != 0))
		return r;
	return allow_abort(ctx);
}

static int
enter_seccomp(enum kind kind)
{
	scmp_filter_ctx ctx;
	int r;

	/* asks for the present mode: EINVAL is a kernel without it */
	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == -1)
		return 0;
	if ((ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if ((r = fill(ctx, kind)) == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	if (r == 0)
		return SANDBOX_SECCOMP;
	errno = -r;
	return -1;
}

#endif

static int
enter(enum kind kind)
{
	int files = sandbox_begin(kind == SOCKETS), seccomp;

	if (files == -1 || (seccomp = enter_seccomp(kind)) == -1)
		return -1;
	return files | seccomp;
}

int
sandbox_enter(void)
{
	return enter(PLAIN);
}

int
sandbox_sockets(void)
{
	return enter(SOCKETS);
}

int
sandbox_packets(void)
{
	return enter(PACKETS);
}
