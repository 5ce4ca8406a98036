/* The state of one run, shared by the files that make it up. */
#ifndef PRT_LISTEN_RUN_H
#define PRT_LISTEN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "judge.h"
#include "listen.h"
#include "meaning/payload.h"
#include "meaning/scanrec.h"
#include "report.h"
#include "world/board.h"
#include "world/pcapfile.h"
#include "world/recio.h"
#include "world/rx.h"
#include "world/stop.h"

struct listen {
	const struct config	*cfg;
	struct recin		 in;
	struct record		 rec;
	struct recout		 out;
	struct report		 report;
	struct judge		 judge;
	struct capture		 cap;
	struct rx		*rx;
	struct pcapfile		*pcap;
	struct board		 board;
	bool			 have_board;
	bool			 listening;
	enum rx_layer		 layer;		/* what is captured */
	struct scanrec_head	 head;
	bool			 have_head;
	struct buf		 payload_text;	/* until a plan has UDP */
	char			*payload_path;
	struct payloads		 payloads;
	struct batch		*next;		/* being read */
	struct buf		 stat_text;	/* the sender's last record */
	bool			 have_stat;
	unsigned long		 bad;
	uint64_t		 started;
	uint64_t		 hosts;		/* in all plans */
	uint64_t		 types;		/* bit i: scan_types[i] */
	uint64_t		 ended;		/* batches */
	bool			 failed;
};

/* Says what failed, with errno, and sets ->failed: -1. */
int	run_fail(struct listen *, const char *what);
/* Writes the results that are ready. */
void	run_results(struct listen *);

/* One read of stdin, and all whole lines of it: 0, or -1 after a message (or a
 * bad line with --strict). */
int	stream_read(struct listen *);
/* The sender's last record, empty when it has not come; the caller releases
 * it. Its texts point into ->stat_text. */
struct record stream_stat(const struct listen *);

#endif
