/* Conversations on socket pairs: budgets, ends, TLS. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "world/talk.h"

#define MS(n)	((n) * (uint64_t)NS_PER_MS)

static struct loop loop;
static struct tls_client *client;

/* What a conversation did. */
struct log {
	struct talk	 talk;		/* first */
	struct buf	 heard;
	unsigned	 ends, secured;
	enum talk_end	 end;
	bool		 close_at_once;
	const char	*say;		/* once TLS is there */
};

static void
heard(struct talk *t)
{
	struct log *g = (struct log *)t;

	g->heard.n = 0;
	buf_put(&g->heard, t->in.p, t->in.n);
	if (g->close_at_once) {
		talk_close(t);
		loop_stop(&loop);
	}
}

static void
ended(struct talk *t, enum talk_end why)
{
	struct log *g = (struct log *)t;

	g->ends++;
	g->end = why;
	talk_close(t);
	loop_stop(&loop);
}

static void
secured(struct talk *t)
{
	struct log *g = (struct log *)t;

	g->secured++;
	if (g->say != NULL)
		talk_say(t, str_of(g->say));
}

static const struct talk_calls calls = { .secured = secured, .heard = heard,
	.ended = ended };

/* Opens g on one end of a pair: the other end. */
static int
start(struct log *g, struct tls *(*tls)(int), size_t most, uint64_t wait)
{
	int fd[2];

	loop.stop = false;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd),
	    0);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(talk_open(&g->talk, &loop, fd[0], NULL,
	    tls != NULL ? tls(fd[0]) : NULL, &calls, most,
	    clock_mono_ns() + wait), 0);
	return fd[1];
}

static void
finish(struct log *g, int fd)
{
	talk_close(&g->talk);
	close(fd);
	buf_release(&g->heard);
}

static void
question_and_answer(void **state)
{
	struct log g = { .ends = 0 };
	int fd = start(&g, NULL, 1000, MS(5000));
	char text[10] = "";

	(void)state;
	talk_say(&g.talk, STR("hello"));
	assert_int_equal(recv(fd, text, sizeof(text), 0), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(send(fd, "world", 5, 0), 5);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(g.ends, 1);
	assert_int_equal(g.end, TALK_CLOSED);
	assert_int_equal(g.heard.n, 5);
	assert_memory_equal(g.heard.p, "world", 5);
	assert_false(talk_is_open(&g.talk));
	finish(&g, fd);
}

static void
a_long_question_waits_for_room(void **state)
{
	static char big[1 << 20], got[1 << 20];
	struct log g = { .ends = 0 };
	int fd = start(&g, NULL, 1000, MS(5000));
	size_t n = 0;
	ssize_t r;

	(void)state;
	memset(big, 'q', sizeof(big));
	talk_say(&g.talk, (struct str){ big, sizeof(big) });
	while (n < sizeof(big)) {
		r = recv(fd, got, sizeof(got), MSG_DONTWAIT);
		if (r > 0)
			n += (size_t)r;
		assert_int_equal(loop_turn(&loop, MS(1)), 0);
	}
	assert_int_equal(n, sizeof(big));
	assert_int_equal(g.ends, 0);
	finish(&g, fd);
}

static void
bytes_are_bounded(void **state)
{
	static char flood[65536];
	struct log g = { .ends = 0 };
	int fd = start(&g, NULL, 10000, MS(5000));

	(void)state;
	memset(flood, 'x', sizeof(flood));
	assert_true(send(fd, flood, sizeof(flood), MSG_DONTWAIT) > 10000);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(g.ends, 1);
	assert_int_equal(g.end, TALK_FULL);
	assert_int_equal(g.heard.n, 10000);
	finish(&g, fd);
}

static void
time_is_bounded(void **state)
{
	struct log g = { .ends = 0 };
	int fd = start(&g, NULL, 100000, MS(100));
	uint64_t at = clock_mono_ns();

	(void)state;
	while (g.ends == 0) {
		send(fd, "x", 1, MSG_NOSIGNAL);
		assert_int_equal(poll(NULL, 0, 2), 0);
		assert_int_equal(loop_turn(&loop, MS(10)), 0);
		assert_true(clock_mono_ns() - at < MS(3000));
	}
	assert_true(clock_mono_ns() - at >= MS(100));
	assert_int_equal(g.end, TALK_TIME);
	assert_true(g.heard.n > 0);
	finish(&g, fd);
}

static void
a_call_may_close(void **state)
{
	struct log g = { .close_at_once = true };
	int fd = start(&g, NULL, 1000, MS(5000));

	(void)state;
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(g.ends, 0);
	assert_false(talk_is_open(&g.talk));
	talk_close(&g.talk);	/* again */
	finish(&g, fd);
}

static void
what_was_said_before_the_end_is_heard(void **state)
{
	struct log g = { .ends = 0 };
	int fd = start(&g, NULL, 1000, MS(5000));

	(void)state;
	assert_int_equal(send(fd, "bye", 3, 0), 3);
	close(fd);
	talk_say(&g.talk, STR("into the void"));
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(g.heard.n, 3);
	assert_int_equal(g.ends, 1);
	finish(&g, dup(0));
}

/* ---- TLS ---- */

static struct tls *
with_tls(int fd)
{
	return tls_new(client, fd, "server.example", false);
}

static SSL_CTX *
server_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();

	assert_non_null(ctx);
	assert_non_null(key);
	assert_non_null(x);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_int_not_equal(X509_sign(x, key, EVP_sha256()), 0);
	assert_int_equal(SSL_CTX_use_certificate(ctx, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
	return ctx;
}

/* Echoes one read, in upper case, with the name it was asked for behind; and
 * ends in good order. */
static void *
tls_server(void *arg)
{
	SSL_CTX *ctx = server_context();
	SSL *s = SSL_new(ctx);
	char text[300];
	const char *name;
	int n;

	SSL_set_fd(s, *(int *)arg);
	if (SSL_accept(s) == 1 && (n = SSL_read(s, text, 100)) > 0) {
		name = SSL_get_servername(s, TLSEXT_NAMETYPE_host_name);
		SSL_write(s, text, n);
		SSL_write(s, name, (int)strlen(name));
		SSL_shutdown(s);
	}
	SSL_free(s);
	SSL_CTX_free(ctx);
	return NULL;
}

static void
inside_tls(void **state)
{
	struct log g = { .say = "question " };
	int fd = start(&g, with_tls, 1000, MS(20000));
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, tls_server, &fd), 0);
	assert_int_equal(loop_run(&loop), 0);
	pthread_join(t, NULL);
	assert_int_equal(g.secured, 1);
	assert_int_equal(g.end, TALK_CLOSED);
	assert_int_equal(g.heard.n, 9 + 14);
	assert_memory_equal(g.heard.p, "question server.example", 9 + 14);
	finish(&g, fd);
}

/* What ends a handshake with what: `answer` to the hello, then the end. */
static enum talk_end
handshake_with(const void *answer, size_t n)
{
	struct log g = { .ends = 0 };
	int fd = start(&g, with_tls, 1000, MS(2000));

	assert_int_equal(send(fd, answer, n, 0), (ssize_t)n);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(g.secured, 0);
	finish(&g, fd);
	return g.end;
}

static void
other_than_tls(void **state)
{
	(void)state;
	assert_int_equal(handshake_with("SSH-2.0-x\r\n", 11), TALK_NOTLS);
	assert_int_equal(handshake_with("HTTP/1.1 400 Bad\r\n\r\n", 20),
	    TALK_NOTLS);
	assert_int_equal(handshake_with("\0\0\0\0\0\0\0\0", 8), TALK_NOTLS);
	assert_int_equal(handshake_with("", 0), TALK_CLOSED);
	/* RFC 8446, 6: handshake_failure, protocol_version */
	assert_int_equal(handshake_with("\x15\x03\x01\0\x02\x02\x28", 7),
	    TALK_ALERT);
	assert_int_equal(handshake_with("\x15\x03\x00\0\x02\x02\x46", 7),
	    TALK_ALERT);
}

static int
set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	client = tls_client_new();
	return client == NULL || loop_init(&loop) == -1;
}

static int
tear_down(void **state)
{
	(void)state;
	loop_release(&loop);
	tls_client_free(client);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(question_and_answer),
		cmocka_unit_test(a_long_question_waits_for_room),
		cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(time_is_bounded),
		cmocka_unit_test(a_call_may_close),
		cmocka_unit_test(what_was_said_before_the_end_is_heard),
		cmocka_unit_test(inside_tls),
		cmocka_unit_test(other_than_tls),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
