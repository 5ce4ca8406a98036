/* A file that is replaced as a whole again and again, by a process of its own:
 * who has given up the right to write it, or has no time to wait for a disk, can
 * still keep it. Layer 3. */
#ifndef PRT_WORLD_KEEPER_H
#define PRT_WORLD_KEEPER_H

#include <stddef.h>

struct keeper;

/* Starts the process, which can do nothing but write files and ends with this
 * one: call it while there is one thread. NULL with errno, also when the file's folder does not
 * take one. A file of that name is left alone until the first put. */
struct keeper *keeper_open(const char *path);
/* Hands over new content, which takes the file's place as soon as it is on the
 * disk: written beside it to PATH.new, fsync(2), rename(2). Not before the last
 * one is done. 0, or -1 with errno. */
int	keeper_put(struct keeper *, const void *, size_t);
/* 1: what was put last is in place; 0: not yet (`wait`: waits until it is, or
 * has failed); -1 with errno. */
int	keeper_done(struct keeper *, int wait);
/* Ends the process, when it is done. */
void	keeper_close(struct keeper *);

#endif
