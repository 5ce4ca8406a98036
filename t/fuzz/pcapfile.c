#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pure/packet.h"
#include "world/pcapfile.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char path[32], err[256];
	struct pcapfile_packet p;
	struct pcapfile *pf;
	struct packet out;
	int fd = memfd_create("capture", 0), got;

	if (fd == -1)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, n) == (ssize_t)n) {
		err[0] = '\0';
		pf = pcapfile_open(path, err, sizeof(err));
		if (pf == NULL)
			assert(err[0] != '\0');
		else {
			while ((got = pcapfile_next(pf, &p, err,
			    sizeof(err))) == 1) {
				assert(p.ethertype != 0 && p.n <= n);
				packet_dissect(&out, p.ethertype, p.p, p.n);
			}
			assert(got == 0 || err[0] != '\0');
			pcapfile_close(pf);
		}
	}
	close(fd);
	return 0;
}
