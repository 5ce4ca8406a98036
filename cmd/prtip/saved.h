/* Scans that are kept in a directory as they go, so that they can go on after an
 * interrupt, a crash or a power cut. A program's own header, no layer.
 *
 * The parts of such a scan run one after the other, each from the file of the one
 * before it:
 *	command		the folder and the words of the command line
 *	targets		what prt-targets wrote
 *	hosts		who is up, with hosts.checkpoint
 *	ports		what was found, with ports.checkpoint
 * A part that has not ended is NAME.part. */
#ifndef PRTIP_SAVED_H
#define PRTIP_SAVED_H

#include "ask.h"
#include "run.h"
#include "template.h"

/* Makes the directory for a command line: 0, or -1 after a message. */
int	saved_begin(const char *dir, int argc, char **argv);
/* Reads the command line of one, and changes to the folder that it was given in;
 * *dir becomes a path that holds there, to be freed. 0, or -1 after a message. */
int	saved_open(const char *name, char **dir, struct template *);
/* Runs what is still to be done, or explains all of it: an exit status. */
int	saved_run(const struct ask *, const struct run_conf *);

#endif
