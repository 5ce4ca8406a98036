/* One run of prt-listen. */
#ifndef PRT_LISTEN_LISTEN_H
#define PRT_LISTEN_LISTEN_H

#include <stdbool.h>

#include "report.h"

struct config {
	enum report_what	 what;
	const char		*pcap;		/* --pcap: write what is heard */
	const char		*read;		/* -r: judge a capture instead */
	bool			 json;
	bool			 trace;
	bool			 strict;
};

/* Listens until the sender is done and returns the exit status. */
int	listen_run(const struct config *);

#endif
