#include "keys.h"

#include <termios.h>
#include <unistd.h>

static struct termios was, ours;
static bool on;

bool
keys_open(void)
{
	if (isatty(STDIN_FILENO) != 1 ||
	    tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &was) == -1)
		return false;
	ours = was;
	ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	ours.c_cc[VMIN] = 1;
	ours.c_cc[VTIME] = 0;
	on = tcsetattr(STDIN_FILENO, TCSANOW, &ours) == 0;
	return on;
}

void
keys_again(void)
{
	if (on && tcgetpgrp(STDIN_FILENO) == getpgrp())
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &ours);
}

void
keys_close(void)
{
	if (on && tcgetpgrp(STDIN_FILENO) == getpgrp())
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &was);
	on = false;
}
