#include "privilege.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

static bool
in_this_process(void)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct have[_LINUX_CAPABILITY_U32S_3] = {
	    { 0 } };

	return syscall(SYS_capget, &head, have) == 0 &&
	    (have[0].effective >> CAP_NET_RAW & 1) != 0 && geteuid() == 0;
}

/* prt-blast opens its sockets before it reads: without targets it does nothing
 * else, and says by its status whether it could. */
static bool
by_file(void)
{
	char *const argv[] = { program_path("prt-blast"), NULL };
	int null, status;
	pid_t pid;
	bool yes = false;

	if (argv[0] == NULL || (pid = fork()) == -1)
		goto out;
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
		    dup2(null, 2) == -1)
			_exit(1);
		execv(argv[0], argv);
		_exit(1);
	}
	yes = waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0;
out:
	free(argv[0]);
	return yes;
}

bool
privilege_is_there(void)
{
	return in_this_process() || by_file();
}
