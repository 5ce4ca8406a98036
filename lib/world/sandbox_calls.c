/* The part of the sandbox that needs libseccomp: a file of its own, so that who
 * does not use it does not load that. */
#include "world/sandbox.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <seccomp.h>

#include "world/sandbox_priv.h"

#ifdef WITHOUT_SANDBOX

static int
enter_seccomp(void)
{
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
sandbox_enter(void)
{
	int files = sandbox_files(), seccomp;

	if (files == -1 || (seccomp = enter_seccomp()) == -1)
		return -1;
	return files | seccomp;
}
