#include "world/priv.h"

#include <grp.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

/* Permitted, effective and inheritable; the ambient set goes with them. The
 * bounding set only limits what execve(2) could give, which with no_new_privs is
 * nothing. See capabilities(7). */
static int
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {
	    { 0 } };

	return syscall(SYS_capset, &head, none) == -1 ? -1 : 0;
}

int
priv_drop(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	drop_ids();
	return drop_capabilities();
}

int
priv_keep_files(void)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct has[_LINUX_CAPABILITY_U32S_3] = {
	    { 0 } };
	uint32_t files = 1u << CAP_DAC_OVERRIDE;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    syscall(SYS_capget, &head, has) == -1)
		return -1;
	has[0] = (struct __user_cap_data_struct){
	    .permitted = has[0].permitted & files,
	    .effective = has[0].effective & files };
	has[1] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &head, has) == -1 ? -1 : 0;
}
