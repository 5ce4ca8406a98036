/* Streams of records on file descriptors. Layer 3. */
#ifndef PRT_WORLD_RECIO_H
#define PRT_WORLD_RECIO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "meaning/record.h"

/* ---- input ---- */

/* No line is longer than 4 MiB: a stream without newlines must not fill the
 * memory. */
#define RECIN_MAX	((size_t)4 << 20)

struct recout;

struct recin {
	int		 fd;
	const char	*name;	/* for messages: "stdin" or the file's name */
	unsigned long	 line;	/* number of the line last returned */
	bool		 eof;
	/* The line last returned was longer than RECIN_MAX, and is returned
	 * empty: say so. recin_next() calls it malformed. */
	bool		 toolong;
	/* When not NULL: recin_next() flushes it before it has to wait. */
	struct recout	*flush;
	/* When not NULL: a signal handler sets it, and recin_next() then stops
	 * waiting, and waits no more, as for any EINTR. */
	const atomic_bool	*stop;
	struct buf	 buf;	/* private, as all below */
	size_t		 at;	/* the first byte that was not returned */
	size_t		 seen;	/* no newline between at and here */
	bool		 cut;	/* the line at `at` has lost its beginning */
};

/* Does not own fd or name. */
void	recin_init(struct recin *, int fd, const char *name);
void	recin_release(struct recin *);
/* One read(2): how many bytes came, 0 at the end, -1 with errno (EAGAIN when
 * the descriptor does not block and nothing is there). */
long	recin_fill(struct recin *);
/* The next whole line without its newline (and without a CR before it), or, at
 * the end of input, a last one that lacks its newline. True when there is one;
 * it is valid until the next recin_fill(). Never reads. */
bool	recin_line(struct recin *, struct str *line);
/* recin_fill(), but it waits until something is there, with ->flush and ->stop:
 * as recin_fill(), and -1 with EINTR after a signal. */
long	recin_more(struct recin *);
/* What has been read and was not returned as lines; recin_drop() takes it away,
 * for input that is not read by lines. */
struct str recin_rest(const struct recin *);
void	recin_drop(struct recin *);
/* Blocks for the next record that is not REC_BLANK: 1, 0 at the end, -1 with
 * errno on a read error (EINTR after a signal: stop, or call it again), -2 on a
 * malformed line (*err says what is wrong; the next call goes on behind it).
 * The record is valid until the next call. */
int	recin_next(struct recin *, struct record *, const char **err);

/* ---- output ---- */

enum rec_format { REC_TSV, REC_NDJSON };

/* Writes are gathered to 64 KiB; on a terminal every record goes out at once. */
struct recout {
	int		 fd;
	enum rec_format	 format;
	bool		 tty;
	int		 error;	/* sticky errno of a failed write */
	struct buf	 buf;	/* private */
};

void	recout_init(struct recout *, int fd, enum rec_format);
/* 0, or -1 with ->error set (EPIPE: the reader is gone, a quiet end). The
 * process must ignore SIGPIPE. */
int	recout_put(struct recout *, const struct record *);
/* Appends bytes that already are whole records. */
int	recout_raw(struct recout *, struct str);
/* Writes out what is gathered: call it before waiting for anything. */
int	recout_flush(struct recout *);
/* Flushes, closes fd (so that a full disk shows) and releases: 0, or -1 with
 * errno. */
int	recout_close(struct recout *);

#endif
