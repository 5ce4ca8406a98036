#include "world/late.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int
late_load(const char *soname, const struct late *f, size_t n)
{
	void *lib = dlopen(soname, RTLD_NOW | RTLD_LOCAL), *at;
	size_t i;

	for (i = 0; lib != NULL && i < n; i++) {
		if ((at = dlsym(lib, f[i].name)) == NULL) {
			dlclose(lib);
			lib = NULL;
			break;
		}
		/* POSIX, dlsym: both kinds of pointer look the same */
		memcpy(f[i].pointer, &at, sizeof(at));
	}
	if (lib != NULL)
		return 0;
	errno = ELIBACC;
	return -1;
}
