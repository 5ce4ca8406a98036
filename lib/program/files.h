/* Options that name a file each time they are given. Layer 4. */
#ifndef PRT_PROGRAM_FILES_H
#define PRT_PROGRAM_FILES_H

#include <stddef.h>

#define FILES_MOST	16

struct files {
	const char	*name[FILES_MOST];
	size_t		 n;
};

/* For OPT_CALL, whose dst is a struct files. */
int	files_add(void *files, const char *name);

#endif
