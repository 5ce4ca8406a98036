/* How far the whole pipeline is: one line for all of its programs. A program's
 * own header, no layer. */
#ifndef PRTIP_STATUS_H
#define PRTIP_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

struct status {
	bool		 line;		/* a line that overwrites itself */
	bool		 shown;		/* it stands there */
	uint64_t	 start;		/* ns */
	uint64_t	 every;		/* ns between lasting lines, 0: none */
	uint64_t	 due;		/* of the next lasting line */
	bool		 paused;
	double		 speed;
};

/* `line` is for a terminal; one that is not shown still hears events. */
void	status_init(struct status *, bool line, uint64_t every, uint64_t now);
/* Takes what a program says; closes the socket when that has ended. */
void	status_hear(struct stage *);
/* What the line says; at most cap bytes with the NUL. */
void	status_text(const struct status *, const struct pipeline *,
	    uint64_t now, char *dst, size_t cap);
/* Shows it: as the line that overwrites itself, and when it is time, for good. */
void	status_show(struct status *, const struct pipeline *, uint64_t now);
/* Shows it for good. */
void	status_print(struct status *, const struct pipeline *, uint64_t now);
/* A line of its own. */
void	status_say(struct status *, const char *text);
void	status_clear(struct status *);
/* Commands to all programs: by the state of ->paused and ->speed. */
void	status_steer(const struct status *, const struct pipeline *);

#endif
