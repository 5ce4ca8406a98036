/* A conversation on an open socket, over TCP, TLS or UDP: send a payload, gather
 * what comes, within a time and a number of bytes. Layer 3. */
#ifndef PRT_WORLD_TALK_H
#define PRT_WORLD_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "world/loop.h"
#include "world/sock.h"
#include "world/tls.h"

enum talk_end {
	TALK_CLOSED,	/* by the peer */
	TALK_RESET,	/* by the peer, or an ICMP error */
	TALK_REFUSED,	/* UDP: port unreachable, nobody is there */
	TALK_TIME,	/* the time is over */
	TALK_FULL,	/* as many bytes as were wanted have come */
	TALK_ALERT,	/* the peer speaks TLS, but not with us */
	TALK_NOTLS,	/* the peer does not speak TLS */
	TALK_FAILED,	/* out of memory, or an error of the kernel's own */
};

struct talk;

/* A call may close or free its conversation, and start others. */
struct talk_calls {
	/* The TLS handshake is done. NULL: nobody asks. */
	void	(*secured)(struct talk *);
	/* More has come; all of it is in t->in. */
	void	(*heard)(struct talk *);
	/* Nothing more comes: the caller closes it. Once. */
	void	(*ended)(struct talk *, enum talk_end);
};

/* Embedded in what it serves; zero-initialised is closed. */
struct talk {
	struct loop_fd	 f;		/* first: a watcher is its talk */
	struct loop_timer t;
	struct loop	*l;
	const struct talk_calls *call;
	struct tls	*tls;		/* NULL: in clear */
	struct buf	 in;		/* what has come; the caller may empty it */
	size_t		 got;		/* bytes that have come, in all */
	size_t		 most;		/* bytes wanted */
	/* private */
	struct str	 out;		/* what is still to be sent */
	const struct sock_peer *peer;	/* UDP */
	uint32_t	 events;	/* that are watched for */
	bool		 open, shaking, over;
	enum talk_end	 end;
};

/* Takes over a nonblocking socket, and `tls`, which may be NULL; it wants `most`
 * bytes, until `at` on the clock of base/clock.h. A stream is connected, and
 * `peer` NULL; a datagram socket is not, and `peer`, which must stay there, is
 * who it talks to: from any of its ports, as answers may come from another one
 * (RFC 1350, 4). 0, or -1 with errno: then fd and tls are closed. */
int	talk_open(struct talk *, struct loop *, int fd,
	    const struct sock_peer *peer, struct tls *,
	    const struct talk_calls *, size_t most, uint64_t at);
/* Sends, after the handshake if there is one; the bytes must stay there. What was
 * not sent yet of an earlier one is not sent any more. */
void	talk_say(struct talk *, struct str);
/* Goes on inside of TLS: secured() follows. The connection becomes the talk's. */
void	talk_secure(struct talk *, struct tls *);
/* Another end of its time. */
void	talk_until(struct talk *, uint64_t at);
/* Goes on, from within ended() and after TALK_TIME only. */
void	talk_resume(struct talk *, uint64_t at);
/* Ends it without a word, by a RST where it is TCP, and frees what has come. */
void	talk_close(struct talk *);
static inline bool
talk_is_open(const struct talk *t)
{
	return t->open;
}

#endif
