#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "world/hostsfile.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct hostsfile h = { 0 };
	char path[32];
	struct str s;
	size_t i;
	int fd = memfd_create("hosts", 0);

	if (fd == -1)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, n) == (ssize_t)n &&
	    hostsfile_read(&h, path) == 0) {
		for (i = 0; i < h.n; i++) {
			s = hostsfile_find(&h, h.row[i].addr);
			assert(s.p >= h.text.p && s.n > 0 &&
			    s.p + s.n <= h.text.p + h.text.n);
			assert(i == 0 || h.row[i - 1].addr <= h.row[i].addr);
		}
		hostsfile_find(&h, 0);
	}
	hostsfile_release(&h);
	close(fd);
	return 0;
}
