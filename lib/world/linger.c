#include "world/linger.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MOST	64

static int held[MOST];		/* ascending */
static unsigned nheld;

void
linger_close(int fd)
{
	unsigned i;

	if (fd == -1)
		return;
	if (nheld == MOST) {
		close(fd);
		return;
	}
	for (i = nheld++; i > 0 && held[i - 1] > fd; i--)
		held[i] = held[i - 1];
	held[i] = fd;
}

/* Nobody is to wait for a pipe that this process has open by inheritance. */
static void
close_others(void)
{
	unsigned i, from = 0;

	for (i = 0; i < nheld; i++) {
		if (from < (unsigned)held[i])
			close_range(from, (unsigned)held[i] - 1, 0);
		from = (unsigned)held[i] + 1;
	}
	close_range(from, ~0u, 0);
}

/* A process that ends closes its descriptors before the signal of its death
 * goes out (prctl(2)): our references are the last ones then. */
static void
hold(pid_t parent)
{
	close_others();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		pause();
	_exit(0);
}

void
linger(void)
{
	pid_t self = getpid();

	if (nheld > 0 && fork() == 0)
		hold(self);
}
