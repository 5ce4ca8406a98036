#include "world/priv.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOBODY	65534

/* Root without capabilities still owns root's files. In a user namespace that
 * does not map the id this fails with EINVAL, and then nothing is lost: the
 * process already is an ordinary user outside. */
static void
drop_ids(void)
{
	int r;

	if (geteuid() != 0)
		return;
	r = setgroups(0, NULL);
	r |= setresgid(NOBODY, NOBODY, NOBODY);
	r |= setresuid(NOBODY, NOBODY, NOBODY);
	(void)r;
}

int
priv_drop(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	capng_clear(CAPNG_SELECT_ALL);
	/* needs CAP_SETPCAP, which file capabilities do not give */
	(void)capng_apply(CAPNG_SELECT_BOUNDS);
	drop_ids();
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}
