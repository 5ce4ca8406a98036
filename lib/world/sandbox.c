#include "world/sandbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "world/sandbox_priv.h"

#ifdef WITHOUT_SANDBOX

static int
enter_landlock(bool tcp)
{
	(void)tcp;
	return 0;
}

#else

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
rights(long version, bool tcp)
{
	struct ruleset r = { .fs = FS_V1 };

	if (version >= 2)
		r.fs |= FS_REFER;
	if (version >= 3)
		r.fs |= FS_TRUNCATE;
	if (version >= 4 && !tcp)
		r.net = NET_TCP;
	if (version >= 5)
		r.fs |= FS_IOCTL_DEV;
	return r;
}

/* A ruleset that handles a right and has no rule for it refuses it. */
static int
enter_landlock(bool tcp)
{
	long version = landlock_create(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r = rights(version, tcp);
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

#endif

int
sandbox_begin(bool tcp)
{
	int landlock;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    (landlock = enter_landlock(tcp)) == -1)
		return -1;
	return SANDBOX_NO_NEW_PRIVS | landlock;
}

int
sandbox_files(void)
{
	return sandbox_begin(false);
}
