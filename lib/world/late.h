/* Libraries that few runs need, loaded when they are wanted. Layer 3.
 *
 * Loading is most of what a small scan waits for: libpcap alone brings ten
 * others along. What every run needs is linked as usual. */
#ifndef PRT_WORLD_LATE_H
#define PRT_WORLD_LATE_H

#include <stddef.h>

/* A function of the library and the pointer that is to become it. */
struct late {
	const char	*name;
	void		*pointer;	/* to a pointer to a function */
};

/* Loads a library, by its soname, for good: 0, or -1 with errno ELIBACC when it
 * or one of the functions is not there. Call it before privilege and files are
 * given up. */
int	late_load(const char *soname, const struct late *, size_t n);

#endif
