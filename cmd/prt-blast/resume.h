/* --resume: goes on where an earlier run has come. */
#ifndef PRT_BLAST_RESUME_H
#define PRT_BLAST_RESUME_H

struct scan;

/* Reads the file, with privilege, and holds the options against it: 0, or -1 after
 * a message. save_options() goes before. */
int	resume_open(struct scan *);
/* Takes the order of the probes; a --seed must give the same one. 0 or -1. */
int	resume_order(struct scan *);
/* Reads the targets of that run, and announces what is left of them: 0, or -1 after
 * a message, and then nothing was sent. */
int	resume_start(struct scan *);

#endif
