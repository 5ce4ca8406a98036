/* The pipeline that does what a command line asks for: programs and arguments,
 * in order. A program's own header, no layer. */
#ifndef PRTIP_PLAN_H
#define PRTIP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "ask.h"
#include "world/progress.h"

/* One program. Its input is the one before it. */
struct stage {
	char		**argv;		/* ended by NULL once it is complete */
	size_t		  argc, cap;
	const char	 *input;	/* of the first one; NULL: as ours */
	const char	 *file;		/* where its output goes; NULL: on */
	bool		  append;	/* ... behind what is there */
	/* A copy of the stream goes through it, by tee(1), and the stream goes
	 * on to the next one: then it has a file. */
	bool		  branch;
	const char	 *what;		/* what its progress is of; NULL: none */
	pid_t		  pid, tee;	/* while it runs */
	int		  control;	/* our end of its socket, -1: none */
	struct progress_event event;	/* the last one it sent */
	bool		  heard;
};

enum { NSTAGE = 32 };

struct pipeline {
	struct stage	stage[NSTAGE];
	size_t		n;
	bool		oom;
	/* Where prt-blast keeps how far it is, NULL: nowhere; and whether it is
	 * to go on from there. To be set before plan(). */
	const char	*checkpoint;
	bool		resume;
	const char	*merge;		/* what PLAN_REST begins with, an awk
					 * program; NULL: nothing */
};

/* The parts of a scan, in order. */
enum {
	PLAN_TARGETS = 1 << 0, PLAN_HOSTS = 1 << 1, PLAN_PORTS = 1 << 2,
	PLAN_REST = 1 << 3,	/* what is there, and the outputs */
	PLAN_ALL = 15
};

/* Adds these parts, as far as they are asked for: 0, or an exit status after a
 * message. */
int	plan(const struct ask *, unsigned parts, struct pipeline *);
/* Prints it as a command for sh(1) that does the same, and `behind` it: an exit
 * status. */
int	pipeline_explain(const struct pipeline *, const char *behind, FILE *);
void	pipeline_release(struct pipeline *);

#endif
