#include "world/sandbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include <seccomp.h>

/* The leak checker at the end of a sanitized program starts a thread that
 * traces its parent and looks it up in /proc, and a coverage build writes
 * files: neither could be let through without letting everything through. */
#if defined(__SANITIZE_ADDRESS__) || defined(PRT_COVERAGE)
#define WITHOUT_SANDBOX
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#define WITHOUT_SANDBOX
#endif
#endif

#ifdef WITHOUT_SANDBOX

static int
enter_landlock(void)
{
	return 0;
}

static int
enter_seccomp(void)
{
	return 0;
}

#else

/* ---- landlock ---- */

/* Every right of a file and, from version 4 on, of TCP; the header of Debian 12
 * knows version 2, the kernel may know more. */
#define FS_V1		((UINT64_C(1) << 13) - 1)
#define FS_REFER	(UINT64_C(1) << 13)	/* version 2 */
#define FS_TRUNCATE	(UINT64_C(1) << 14)	/* version 3 */
#define FS_IOCTL_DEV	(UINT64_C(1) << 15)	/* version 5 */
#define NET_TCP		UINT64_C(3)		/* version 4: bind, connect */

struct ruleset {
	uint64_t	fs;
	uint64_t	net;
};

static long
landlock_create(const struct ruleset *r, size_t n, uint32_t flags)
{
	return syscall(SYS_landlock_create_ruleset, r, n, flags);
}

static struct ruleset
rights(long version)
{
	struct ruleset r = { .fs = FS_V1 };

	if (version >= 2)
		r.fs |= FS_REFER;
	if (version >= 3)
		r.fs |= FS_TRUNCATE;
	if (version >= 4)
		r.net = NET_TCP;
	if (version >= 5)
		r.fs |= FS_IOCTL_DEV;
	return r;
}

/* A ruleset that handles every right and has no rule refuses all of them. */
static int
enter_landlock(void)
{
	long version = landlock_create(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r = rights(version);
	long fd, done;
	int error;

	if (version < 1)
		return 0;	/* the kernel has none, or has it turned off */
	fd = landlock_create(&r, version >= 4 ? sizeof(r) : sizeof(r.fs), 0);
	if (fd == -1)
		return -1;
	done = syscall(SYS_landlock_restrict_self, (int)fd, 0);
	error = errno;
	close((int)fd);
	errno = error;
	return done == -1 ? -1 : SANDBOX_LANDLOCK;
}

/* ---- seccomp ---- */

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
fill(scmp_filter_ctx ctx)
{
	size_t i;
	int r;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
		if (r != 0)
			return r;
	}
	if ((r = allow_plain_memory(ctx, SCMP_SYS(mmap))) != 0 ||
	    (r = allow_plain_memory(ctx, SCMP_SYS(mprotect))) != 0)
		return r;
	return allow_abort(ctx);
}

static int
enter_seccomp(void)
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
	if ((r = fill(ctx)) == 0)
		r = seccomp_load(ctx);
	seccomp_release(ctx);
	if (r == 0)
		return SANDBOX_SECCOMP;
	errno = -r;
	return -1;
}

#endif

int
sandbox_files(void)
{
	int landlock;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    (landlock = enter_landlock()) == -1)
		return -1;
	return SANDBOX_NO_NEW_PRIVS | landlock;
}

int
sandbox_enter(void)
{
	int files = sandbox_files(), seccomp;

	if (files == -1 || (seccomp = enter_seccomp()) == -1)
		return -1;
	return files | seccomp;
}
